package source

import (
	"bytes"
	"unicode/utf8"
)

// maxEntity is how long an escape of HTML may be, such as &#x10FFFF;.
const maxEntity = 10

// entities are the escapes of HTML and XML that have a name in both.
var entities = map[string]rune{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// readEntity reads what begins with an ampersand, such as &amp; or &#x2F;. What
// it stands for never ends a URL.
func readEntity(text []byte) (char rune, hidden uint8, size int) {
	end := bytes.IndexByte(text[:min(len(text), maxEntity)], ';')
	if end < 0 {
		return '&', 0, 1
	}
	name := text[1:end]
	char, found := entities[string(name)]
	if !found {
		char, found = readCharNumber(name)
	}
	if !found {
		return '&', 0, 1
	}
	if char < utf8.RuneSelf && endsURL(byte(char)) {
		hidden = 1
	}
	return char, hidden, end + 1
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
