package redact

// edit copies a text with stretches of it replaced, in order.
type edit struct {
	text []byte
	kept int    // up to where it is copied
	out  []byte // nil: it is still the same
	base int    // what stood in out before
}

// replace puts by in place of a stretch.
func (e *edit) replace(start, end int, by string) {
	if string(e.text[start:end]) == by {
		return
	}
	e.grow(start, start-e.kept+len(by))
	e.out = append(append(e.out, e.text[e.kept:start]...), by...)
	e.kept = end
}

// grow makes room for so many bytes more, and for what has to follow if the
// text goes on as it did up to start: a text that grows by what is put into it
// is not copied time and again.
func (e *edit) grow(start, more int) {
	if len(e.out)+more <= cap(e.out) {
		return
	}
	written := len(e.out) - e.base + more
	whole := written + len(e.text) - start
	if e.kept > 0 {
		whole = max(whole, int(int64(written)*int64(len(e.text))/int64(start)))
	}
	whole += whole / 16
	out := make([]byte, len(e.out), e.base+whole)
	copy(out, e.out)
	e.out = out
}

// upTo copies what is left before end.
func (e *edit) upTo(end int) {
	e.grow(end, end-e.kept)
	e.out = append(e.out, e.text[e.kept:end]...)
	e.kept = end
}

// result gives the whole text: itself, where nothing was replaced.
func (e *edit) result() []byte {
	if e.out == nil {
		return e.text
	}
	return append(e.out, e.text[e.kept:]...)
}
