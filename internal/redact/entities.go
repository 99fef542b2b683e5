package redact

import (
	"bytes"
	"unicode/utf8"
)

// maxEntity is how long an escape of HTML may be, such as &#x10FFFF;.
const maxEntity = 10

// entities are the escapes of HTML and XML that have a name in both, and those
// of signs that keys are made of.
var entities = map[string]rune{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\'', "sol": '/', "plus": '+', "equals": '=', "colon": ':', "commat": '@'}

// readEntity reads what begins with an ampersand, such as &amp; or &#x2F;. What
// it stands for never ends a URL.
func readEntity(text []byte) (char rune, hidden uint8, size int) {
	end := bytes.IndexByte(text[:min(len(text), maxEntity)], ';')
	if end < 0 || bytes.IndexByte(text[1:end], '&') >= 0 {
		return readOpenEntity(text)
	}
	name := text[1:end]
	char, found := entities[string(name)]
	if !found {
		char, found = readCharNumber(name)
	}
	if !found {
		return '&', 0, 1
	}
	return char, hiddenBy(char), end + 1
}

// readOpenEntity reads a char by number that no semicolon ends, such as &#47 in
// front of a letter, as browsers do.
func readOpenEntity(text []byte) (char rune, hidden uint8, size int) {
	const least = len("&#")
	size = least
	for size < len(text) && size < maxEntity && isDigit(text[size]) {
		size++
	}
	char, found := readCharNumber(text[1:min(size, len(text))])
	if !found {
		return '&', 0, 1
	}
	return char, hiddenBy(char), size
}

// hiddenBy tells how deep a char is hidden that an escape stands for.
func hiddenBy(char rune) uint8 {
	if char < utf8.RuneSelf && endsURL(byte(char)) {
		return 1
	}
	return 0
}

// readCharNumber reads the name of a char by number, such as #47 or #x2f.
func readCharNumber(name []byte) (char rune, ok bool) {
	digits, isNumber := bytes.CutPrefix(name, []byte("#"))
	if !isNumber || len(digits) == 0 {
		return 0, false
	}
	base := rune(10)
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	for _, c := range digits {
		var digit rune
		switch letter := c | 0x20; {
		case '0' <= c && c <= '9':
			digit = rune(c - '0')
		case base == 16 && 'a' <= letter && letter <= 'f':
			digit = rune(letter-'a') + 10
		default:
			return 0, false
		}
		char = char*base + digit
	}
	return char, utf8.ValidRune(char) && char > 0
}
