package redact

import "bytes"

// broken finds in the chars of a view what may be broken over lines, as base64
// and long keys are: it joins the lines, without the blanks that begin them.
type broken struct {
	chars  []byte // of the view
	joined []byte // without what parts the lines; the view's own where nothing does
	i, at  int    // char i of the view is the at of joined
	begins bool   // a line begins at i
}

func newBroken(chars []byte) broken {
	if bytes.IndexByte(chars, '\n') < 0 && !bytes.Contains(chars, []byte(`\n`)) {
		return broken{chars: chars, joined: chars}
	}
	b := broken{chars: chars, joined: make([]byte, 0, len(chars))}
	for b.next() {
		b.joined = append(b.joined, chars[b.i])
		b.i++
	}
	b.i, b.begins = 0, false
	return b
}

// next goes to the next char at i or behind it that parts no lines: a line feed
// and the blanks behind it do, and so does a carriage return, also where they
// are told by a letter.
func (b *broken) next() (found bool) {
	for ; b.i < len(b.chars); b.i++ {
		c := b.chars[b.i]
		if c == '\\' && b.i+1 < len(b.chars) && (b.chars[b.i+1] == 'n' || b.chars[b.i+1] == 'r') {
			b.i++
			c = '\n'
		}
		if b.begins = c == '\n' || c == '\r' || b.begins && (c == ' ' || c == '\t'); !b.begins {
			return true
		}
	}
	return false
}

// of gives where in the view a char of joined stands. It is asked in order.
func (b *broken) of(at int) int {
	if len(b.joined) == len(b.chars) {
		return at
	}
	for b.next() && b.at < at {
		b.i++
		b.at++
	}
	return b.i
}
