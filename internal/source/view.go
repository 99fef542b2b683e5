package source

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxLayers bounds how many layers of escapes are undone.
const maxLayers = 8

// view is a text as it reads once its escapes are undone, whoever wrote them:
// a URL may stand in a JSON document quoted in a string ("https:\/\/",
// "\u0026") or percent-encoded in another URL. Each char knows where in the
// source it stands, so that what is found in the view can be replaced there.
type view struct {
	chars  []byte
	hidden []uint8 // by how many layers of percent-encoding; 0 for a plain char
	at     []int32 // offsets in the source, with one more for its end
}

// add appends a char that stands at an offset of the source.
func (v *view) add(c byte, hidden uint8, at int32) {
	v.chars = append(v.chars, c)
	v.hidden = append(v.hidden, hidden)
	v.at = append(v.at, at)
}

func (v *view) addRune(char rune, hidden uint8, at int32) {
	if char < utf8.RuneSelf {
		v.add(byte(char), hidden, at)
		return
	}
	for _, c := range utf8.AppendRune(nil, char) {
		v.add(c, hidden, at)
	}
}

func (v *view) reset() { v.chars, v.hidden, v.at = v.chars[:0], v.hidden[:0], v.at[:0] }

// plain makes v the text itself.
func (v *view) plain(text []byte) {
	v.reset()
	for i, c := range text {
		v.add(c, 0, int32(i))
	}
	v.at = append(v.at, int32(len(text)))
}

// decoded makes v what the inside of a JSON string literal stands for.
func (v *view) decoded(inside []byte) {
	v.reset()
	for i := 0; i < len(inside); {
		if inside[i] != '\\' || i+1 == len(inside) {
			v.add(inside[i], 0, int32(i))
			i++
			continue
		}
		char, size := unescape(inside[i:])
		v.addRune(char, 0, int32(i))
		i += size
	}
	v.at = append(v.at, int32(len(inside)))
}

// unescape reads the escape of a JSON string that text begins with.
func unescape(text []byte) (char rune, size int) {
	switch text[1] {
	case 'u':
		if code, ok := hex(text, 2, 4); ok {
			return code, 6
		}
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	return rune(text[1]), 2
}

// undo undoes the escapes in v, layer by layer, with spare as its workspace.
func (v *view) undo(spare *view) {
	for range maxLayers {
		if bytes.IndexByte(v.chars, '%') < 0 && bytes.IndexByte(v.chars, '\\') < 0 {
			return
		}
		if !spare.peel(v) {
			return
		}
		*v, *spare = *spare, *v
	}
}

// peel makes v the text without its outermost layer of escapes, and reports
// whether it had one.
func (v *view) peel(text *view) (changed bool) {
	v.reset()
	for i := 0; i < len(text.chars); {
		switch c, at := text.chars[i], text.at[i]; c {
		case '\\':
			char, hidden, size := readBackslashes(text.chars[i:])
			v.addRune(char, hidden+slices.Max(text.hidden[i:i+size]), at)
			i, changed = i+size, changed || size > 1
		case '%':
			char, hidden, size := readPercent(text.chars[i:])
			v.add(char, hidden+slices.Max(text.hidden[i:i+size]), at)
			i, changed = i+size, changed || size > 1
		default:
			v.add(c, text.hidden[i], at)
			i++
		}
	}
	v.at = append(v.at, text.at[len(text.chars)])
	return changed
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
	code, ok := hex(text, run+1, digits)
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
	if code, ok := hex(text, 1, 2); ok {
		return byte(code), 1, 3
	}
	return '%', 0, 1
}

// hex reads a number of so many hexadecimal digits at i; of none is not ok.
func hex(text []byte, i, digits int) (code rune, ok bool) {
	if digits == 0 || i+digits > len(text) {
		return 0, false
	}
	number, err := strconv.ParseUint(string(text[i:i+digits]), 16, 32)
	return rune(number), err == nil
}
