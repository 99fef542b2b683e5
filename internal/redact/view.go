package redact

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"tracker/internal/jsonscan"
)

// maxLayers bounds how many layers of escapes are undone.
const maxLayers = 8

// tooWide is the width from which on a char's width stands apart.
const tooWide = 255

// view is a text as it reads once its escapes are undone, whoever wrote them:
// a URL may stand in a JSON document quoted in a string ("https:\/\/",
// "\u0026") or percent-encoded in another URL. Each char knows how much of the
// source it stands for, so that what is found in the view can be replaced
// there; three bytes a char, since a text may be as long as a body.
type view struct {
	chars  []byte
	hidden []uint8     // by how many layers of percent-encoding; 0 for a plain char
	widths []uint8     // bytes of the source; the last char of a rune has those of all
	wide   map[int]int // the widths from tooWide on, by where in the source they begin
}

// add appends a char that stands for width bytes of the source at an offset.
func (v *view) add(c byte, hidden uint8, at, width int) {
	if width >= tooWide {
		if v.wide == nil {
			v.wide = map[int]int{}
		}
		v.wide[at] = width
		width = tooWide
	}
	v.chars = append(v.chars, c)
	v.hidden = append(v.hidden, hidden)
	v.widths = append(v.widths, uint8(width))
}

func (v *view) addRune(char rune, hidden uint8, at, width int) {
	if char < utf8.RuneSelf {
		v.add(byte(char), hidden, at, width)
		return
	}
	var encoded [utf8.UTFMax]byte
	last := utf8.EncodeRune(encoded[:], char) - 1
	for _, c := range encoded[:last] {
		v.add(c, hidden, at, 0)
	}
	v.add(encoded[last], hidden, at, width)
}

// width gives how many bytes of the source a char stands for that stands there
// at an offset.
func (v *view) width(i, at int) int {
	if width := int(v.widths[i]); width < tooWide {
		return width
	}
	return v.wide[at]
}

// offsets finds where in the source the chars of a view stand, one after the
// other.
type offsets struct {
	*view
	i, at int
}

// of gives the offset of char i, or the end of the source for that of the view.
func (o *offsets) of(i int) int {
	for ; o.i < i; o.i++ {
		o.at += o.width(o.i, o.at)
	}
	return o.at
}

// reset empties v and makes room for a text.
func (v *view) reset(size int) {
	v.chars, v.hidden, v.widths = room(v.chars, size), room(v.hidden, size), room(v.widths, size)
	clear(v.wide)
}

// room gives an empty slice with so much of it, and no more if it is new.
func room(of []byte, size int) []byte {
	if cap(of) < size {
		return make([]byte, 0, size)
	}
	return of[:0]
}

// plain makes v the text itself.
func (v *view) plain(text []byte) {
	v.reset(len(text))
	for i, c := range text {
		v.add(c, 0, i, 1)
	}
}

// decoded makes v what the inside of a JSON string literal stands for.
func (v *view) decoded(inside []byte) {
	v.reset(len(inside))
	for i := 0; i < len(inside); {
		if inside[i] != '\\' || i+1 == len(inside) {
			v.add(inside[i], 0, i, 1)
			i++
			continue
		}
		char, size := jsonscan.Unescape(inside[i:])
		v.addRune(char, 0, i, size)
		i += size
	}
}

// undo undoes the escapes in v, layer by layer.
func (v *view) undo() {
	for range maxLayers {
		if !bytes.ContainsAny(v.chars, `%\&`) || !v.peel() {
			return
		}
	}
}

// peel takes the outermost layer of escapes from v, and reports whether it had
// one. It writes over what it has read: an escape is never shorter than what it
// stands for.
func (v *view) peel() (changed bool) {
	text := *v
	v.chars, v.hidden, v.widths = v.chars[:0], v.hidden[:0], v.widths[:0]
	for i, at := 0, 0; i < len(text.chars); {
		size, width := 1, 0
		switch c := text.chars[i]; c {
		case '\\':
			var char rune
			var hidden uint8
			char, hidden, size = readBackslashes(text.chars[i:])
			hidden += slices.Max(text.hidden[i : i+size])
			width = text.widthOf(i, size, at)
			v.addRune(char, hidden, at, width)
		case '&':
			var char rune
			var hidden uint8
			char, hidden, size = readEntity(text.chars[i:])
			hidden += slices.Max(text.hidden[i : i+size])
			width = text.widthOf(i, size, at)
			v.addRune(char, hidden, at, width)
		case '%':
			var char byte
			var hidden uint8
			char, hidden, size = readPercent(text.chars[i:])
			hidden += slices.Max(text.hidden[i : i+size])
			width = text.widthOf(i, size, at)
			v.add(char, hidden, at, width)
		default:
			width = text.width(i, at)
			v.add(c, text.hidden[i], at, width)
		}
		i, at, changed = i+size, at+width, changed || size > 1
	}
	return changed
}

// widthOf gives the width of so many chars together.
func (v *view) widthOf(i, size, at int) int {
	o := offsets{v, i, at}
	return o.of(i+size) - at
}

// readBackslashes reads what begins with a run of backslashes: an escape of
// JSON or JavaScript, however often it was quoted, or just the run. What an
// escape by number stands for never ends a URL; a quote behind backslashes does.
func readBackslashes(text []byte) (char rune, hidden uint8, size int) {
	run := 1
	for run < len(text) && text[run] == '\\' {
		run++
	}
	if run == len(text) {
		return '\\', 0, run
	}
	digits := 0
	switch text[run] {
	case '/', '"':
		return rune(text[run]), 0, run + 1
	case 'u':
		digits = 4
	case 'x':
		digits = 2
	}
	code, ok := jsonscan.Hex(text, run+1, digits)
	if !ok {
		return '\\', 0, run
	}
	if code < utf8.RuneSelf && endsURL(byte(code)) {
		hidden = 1
	}
	return code, hidden, run + 1 + digits
}

// readPercent reads what begins with a percent sign, such as %3F.
func readPercent(text []byte) (char byte, hidden uint8, size int) {
	if code, ok := jsonscan.Hex(text, 1, 2); ok {
		return byte(code), 1, 3
	}
	return '%', 0, 1
}
