package redact

import (
	"unicode/utf8"

	"tracker/internal/jsonscan"
)

// Char is a char of a view, and where in the source it stands.
type Char struct {
	C      byte
	Hidden uint8
	At     int
}

// ViewOf gives a text as it reads, or the inside of a JSON string.
func ViewOf(text string, quoted bool) (chars []Char) {
	var v view
	if quoted {
		v.decoded([]byte(text))
	} else {
		v.plain([]byte(text))
	}
	v.undo()
	at := offsets{view: &v}
	for i, c := range v.chars {
		chars = append(chars, Char{c, v.hidden[i], at.of(i)})
	}
	return append(chars, Char{At: at.of(len(v.chars))})
}

// WideViewOf is ViewOf by the plain way, which takes many times as much memory.
func WideViewOf(text string, quoted bool) []Char {
	chars := make([]Char, 0, len(text))
	add := func(char rune, hidden uint8, at int) {
		for _, c := range utf8.AppendRune(nil, char) {
			chars = append(chars, Char{c, hidden, at})
		}
	}
	for i := 0; i < len(text); {
		if !quoted || text[i] != '\\' || i+1 == len(text) {
			chars = append(chars, Char{C: text[i], At: i})
			i++
			continue
		}
		char, size := jsonscan.Unescape([]byte(text[i:]))
		add(char, 0, i)
		i += size
	}
	chars = append(chars, Char{At: len(text)})
	for range maxLayers {
		layer := chars
		text := make([]byte, len(layer)-1)
		for i := range text {
			text[i] = layer[i].C
		}
		chars = nil
		for i := 0; i < len(text); {
			size := 1
			switch text[i] {
			case '\\':
				var char rune
				var hidden uint8
				char, hidden, size = readBackslashes(text[i:])
				add(char, hidden+mostHidden(layer[i:i+size]), layer[i].At)
			case '%':
				var c byte
				var hidden uint8
				c, hidden, size = readPercent(text[i:])
				chars = append(chars, Char{c, hidden + mostHidden(layer[i:i+size]), layer[i].At})
			default:
				chars = append(chars, layer[i])
			}
			i += size
		}
		chars = append(chars, layer[len(text)])
	}
	return chars
}

func mostHidden(chars []Char) (most uint8) {
	for _, c := range chars {
		most = max(most, c.Hidden)
	}
	return most
}
