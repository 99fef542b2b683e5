package jsonscan

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
)

// SkipComma gives the index of what follows the comma at i, where there is one, without the space around it.
func SkipComma(text []byte, i int) int {
	i = SkipSpace(text, i)
	if text[i] == ',' {
		return SkipSpace(text, i+1)
	}
	return i
}

// SkipSpace gives the index of what follows the space at i.
func SkipSpace(text []byte, i int) int {
	for text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r' {
		i++
	}
	return i
}

// SkipString gives the index after the string literal that begins at i, or
// the length of text where the literal does not end.
func SkipString(text []byte, i int) int {
	for i++; ; i++ {
		next := bytes.IndexByte(text[i:], '"')
		if next < 0 {
			return len(text)
		}
		i += next
		if !escaped(text, i) {
			return i + 1
		}
	}
}

// escaped reports whether an odd number of backslashes stands before i.
func escaped(text []byte, i int) bool {
	start := i
	for start > 0 && text[start-1] == '\\' {
		start--
	}
	return (i-start)%2 == 1
}

// SkipValue gives the index after the value that begins at i.
func SkipValue(text []byte, i int) int {
	for depth := 0; ; {
		switch text[i] {
		case '"':
			i = SkipString(text, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default:
			i = SkipWord(text, i)
		}
		if depth == 0 {
			return i
		}
	}
}

// SkipWord gives the index after the number, boolean or null that begins at i.
func SkipWord(text []byte, i int) int {
	for i < len(text) {
		switch text[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}

// Unquote gives what a string literal stands for. Lone surrogates become
// U+FFFD, and where there is an escape invalid bytes do too.
func Unquote(literal []byte) []byte {
	if bytes.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1]
	}
	var text string
	_ = json.Unmarshal(literal, &text) // a valid literal is always read
	return []byte(text)
}

// Unescape reads the escape of a JSON string that text begins with.
func Unescape(text []byte) (char rune, size int) {
	switch text[1] {
	case 'u':
		if code, ok := Hex(text, 2, 4); ok {
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

// Hex reads a number of so many hexadecimal digits, 2 or 4, at i; of none is not ok.
func Hex(text []byte, i, digits int) (code rune, ok bool) {
	if digits == 0 || i+digits > len(text) {
		return 0, false
	}
	var number [2]byte
	if _, err := hex.Decode(number[2-digits/2:], text[i:i+digits]); err != nil {
		return 0, false
	}
	return rune(binary.BigEndian.Uint16(number[:])), true
}
