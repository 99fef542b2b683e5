package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// mark stands for whatever redaction took away.
const mark = "REDACTED"

// Redact gives a body as it may be kept, and its comparison key. It replaces,
// in all strings and names, the secret and what a URL may hide: user-info,
// query values and fragment. Everything else stays byte for byte. A body that
// is not JSON gives ErrNotJSON. The result may share memory with raw.
func (p Provider) Redact(raw []byte, secret Secret) (body []byte, key [KeySize]byte, err error) {
	if !json.Valid(raw) {
		return nil, key, notJSON(raw)
	}
	body = p.redact(raw, secret)
	return body, p.key(body), nil
}

// RedactText does to a plain text what Redact does to the strings of a body.
func RedactText(text string, secret Secret) string { return redactText(text, secret, keepNames) }

func redactText(text string, secret Secret, l leniency) string {
	r := redactor{needles: secret.reveal().needles}
	e := edit{text: []byte(text)}
	r.redact(&e, 0, len(text), (*view).plain, l)
	return string(e.result())
}

func (p Provider) redact(raw []byte, secret Secret) []byte {
	r := redactor{needles: secret.reveal().needles}
	secretSeen := slices.ContainsFunc(r.needles, func(needle []byte) bool { return bytes.Contains(raw, needle) })
	e := edit{text: raw}
	for l := range literals(raw) {
		start, end := l.start+1, l.end-1
		switch {
		case !l.name && r.takeNamed(&e, l):
		case secretSeen || !harmless(raw[start:end]):
			r.redact(&e, start, end, (*view).decoded, p.leniency(l))
		}
	}
	return e.result()
}

func (p Provider) leniency(l literal) leniency {
	switch {
	case l.name:
		return keepNames
	case isAt(p.Links, l.path):
		return keepValues
	case isAt(p.Signed, l.path):
		return keepNone
	default:
		return keepNames
	}
}

// isAt reports whether a path, which may be as long as a body, is one of some.
func isAt(places []string, path []byte) bool {
	return slices.ContainsFunc(places, func(place string) bool { return place == string(path) })
}

// redactor redacts one text after the other.
type redactor struct {
	needles [][]byte
	view    view // of the text at hand
	secrets secrets
	urls    urls
	clean   edit // of what is not written yet
	label   label
}

// redact takes from a stretch of e, which is read by load, the secret of the
// source, then those of others, then what its URLs hide: each from what the one
// before has left.
func (r *redactor) redact(e *edit, start, end int, load func(*view, []byte), l leniency) {
	r.clean = edit{text: e.text[start:end]}
	r.load(r.clean.text, load)
	at := offsets{view: &r.view}
	for s := range findSecret(&r.view, r.needles) {
		r.clean.replace(at.of(s.start), at.of(s.end), s.by)
	}
	changed := r.again(load)
	r.secrets.view, r.secrets.taker = &r.view, taker{edit: &r.clean, at: offsets{view: &r.view}}
	r.secrets.find()
	changed = r.again(load) || changed
	if !changed {
		r.redactURLs(e, start, l)
		return
	}
	e.upTo(start)
	within := edit{text: r.clean.text, out: e.out, base: len(e.out)}
	r.redactURLs(&within, 0, l)
	within.upTo(len(within.text))
	e.out, e.kept = within.out, end
}

// again takes what was made of a text for the text, and reports whether it is
// another.
func (r *redactor) again(load func(*view, []byte)) (changed bool) {
	if r.clean.out == nil {
		return false
	}
	r.clean = edit{text: r.clean.result()}
	r.load(r.clean.text, load)
	return true
}

// redactURLs takes from e what the URLs of the view hide, which is of what
// begins at start.
func (r *redactor) redactURLs(e *edit, start int, l leniency) {
	r.urls.view, r.urls.leniency = &r.view, l
	r.urls.taker = taker{edit: e, start: start, at: offsets{view: &r.view}}
	r.urls.find()
}

// taker replaces what was found in the view of a text that begins at start.
type taker struct {
	edit  *edit
	start int
	at    offsets
}

func (t *taker) take(s span) {
	t.edit.replace(t.start+t.at.of(s.start), t.start+t.at.of(s.end), s.by)
}

func (r *redactor) load(text []byte, load func(*view, []byte)) {
	load(&r.view, text)
	r.view.undo()
}

// notJSON says where a body ceases to be JSON, and quotes none of it.
func notJSON(raw []byte) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return fmt.Errorf("the body is empty: %w", ErrNotJSON)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(raw, new(json.RawMessage))); ok {
		return fmt.Errorf("the body is %w, from byte %d of %d", ErrNotJSON, syntax.Offset, len(raw))
	}
	return fmt.Errorf("the body is %w", ErrNotJSON)
}
