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
	return string(r.redact([]byte(text), (*view).plain, l))
}

func (p Provider) redact(raw []byte, secret Secret) []byte {
	r := redactor{needles: secret.reveal().needles}
	secretSeen := slices.ContainsFunc(r.needles, func(needle []byte) bool { return bytes.Contains(raw, needle) })
	var out []byte
	kept := 0
	for l := range literals(raw) {
		inside := raw[l.start+1 : l.end-1]
		if !secretSeen && harmless(inside) {
			continue
		}
		redacted := r.redact(inside, (*view).decoded, p.leniency(l))
		if bytes.Equal(redacted, inside) {
			continue
		}
		out = append(append(out, raw[kept:l.start+1]...), redacted...)
		kept = l.end - 1
	}
	if kept == 0 {
		return raw
	}
	return append(out, raw[kept:]...)
}

func (p Provider) leniency(l literal) leniency {
	switch {
	case l.name:
		return keepNames
	case slices.Contains(p.Links, string(l.path)):
		return keepValues
	case slices.Contains(p.Signed, string(l.path)):
		return keepNone
	default:
		return keepNames
	}
}

// harmless reports whether a string has neither an escape nor anything of what
// begins an authority or a value: most have not, and are not looked at closer.
func harmless(inside []byte) bool {
	for i, c := range inside {
		switch c {
		case '\\', '%', '=':
			return false
		case '/':
			if i > 0 && (inside[i-1] == '/' || inside[i-1] == ':') {
				return false
			}
		}
	}
	return true
}

// redactor redacts one text after the other.
type redactor struct {
	needles     [][]byte
	view, spare view // of the text at hand
	urls        urls
}

// redact gives a text that is read by load without the secret and without
// what its URLs hide; the text itself if there is neither.
func (r *redactor) redact(text []byte, load func(*view, []byte), l leniency) []byte {
	r.load(text, load)
	if spans := findSecret(&r.view, r.needles); len(spans) > 0 {
		text = r.replace(text, spans)
		r.load(text, load)
	}
	r.urls.view, r.urls.leniency = &r.view, l
	if spans := r.urls.find(); len(spans) > 0 {
		text = r.replace(text, spans)
	}
	return text
}

func (r *redactor) load(text []byte, load func(*view, []byte)) {
	load(&r.view, text)
	r.view.undo(&r.spare)
}

// replace gives text with each span of its view replaced.
func (r *redactor) replace(text []byte, spans []span) []byte {
	out := make([]byte, 0, len(text))
	kept := int32(0)
	for _, s := range spans {
		out = append(append(out, text[kept:r.view.at[s.start]]...), s.by...)
		kept = r.view.at[s.end]
	}
	return append(out, text[kept:]...)
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
