package redact

// mark stands for whatever redaction took away.
const mark = "REDACTED"

// redactor redacts one text after the other.
type redactor struct {
	needles []needle
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
