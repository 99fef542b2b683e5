package source

import (
	"bytes"
	"strings"
)

const (
	// maxAssigned is how long a name is looked at, from its end.
	maxAssigned = 64
	// valueQuotes may stand around names and values.
	valueQuotes = "\"'`"
	// valueStops may end a value that stands in no quotes.
	valueStops = ";,&|\"'`<>)]}"
)

// schemes are how the value of a header may begin, before the secret.
var schemes = wordSet(`bearer basic token digest apikey key negotiate hmac sharedkey`)

// plainValues are what is said of a secret instead of it.
var plainValues = wordSet(`true false null none nil undefined yes no missing required empty unset invalid expired redacted hidden masked
	not is must incorrect optional unknown wrong changed set ok omitted string`)

// assigned takes the value behind the sign at i, an = or a colon, if the name
// before it is that of a secret.
func (s *secrets) assigned(i int) int {
	sign := s.chars[i]
	kind, apart := s.nameBefore(i)
	if kind == nameOfNone {
		return i
	}
	start := i + 1
	switch s.charAt(start) {
	case '>': // =>
		start, apart = start+1, true
	case '=', '/', '\\':
		if sign == ':' || s.charAt(start) == '=' { // :=, a URL's scheme, a comparison
			return i
		}
	case ':':
		return i
	}
	for (apart || sign == ':') && (s.charAt(start) == ' ' || s.charAt(start) == '\t') {
		start++
	}
	start, end, closed := s.value(start, s.hidden[i], kind)
	if start < end && s.isSecret(start, min(end, start+maxAssigned), kind, closed || sign == '=') {
		return s.hide(start, s.wholeValue(start, end, s.hidden[i], closed))
	}
	return i
}

// value finds the value that begins at i, as far as it is looked at, and
// whether quotes enclose it.
func (s *secrets) value(i int, hidden uint8, kind credentialName) (start, end int, closed bool) {
	if isQuote(s.charAt(i)) {
		i++
		end, closed = s.closing(i, i+maxAssigned)
	}
	if kind == nameOfHeader {
		i = s.behindScheme(i, hidden)
	}
	if !closed {
		end = s.valueEnd(i, i+maxAssigned, hidden)
	}
	return i, end, closed
}

// wholeValue finds the end of a value of which some was looked at.
func (s *secrets) wholeValue(start, end int, hidden uint8, closed bool) int {
	if closed || end < start+maxAssigned {
		return end
	}
	if start > 0 && isQuote(s.chars[start-1]) {
		if end, closed := s.closing(start, len(s.chars)); closed {
			return end
		}
	}
	return s.valueEnd(start, len(s.chars), hidden)
}

// charAt gives the char at i; 0 behind the end.
func (s *secrets) charAt(i int) byte {
	if i < len(s.chars) {
		return s.chars[i]
	}
	return 0
}

// nameBefore judges the name that stands before the sign at i, and tells
// whether they stand apart.
func (s *secrets) nameBefore(i int) (kind credentialName, apart bool) {
	end := i
	if end > 0 && s.chars[i] == '=' && s.chars[end-1] == ':' {
		end--
	}
	for end > 0 && i-end < 2 && s.chars[end-1] == ' ' {
		end, apart = end-1, true
	}
	if end > 0 && isQuote(s.chars[end-1]) {
		end--
	}
	start := end
	for start > 0 && end-start < maxAssigned && isNameChar(s.chars[start-1]) {
		start--
	}
	if start == end || start > 0 && s.chars[start-1] == ':' && s.chars[i] == ':' { // a path with colons
		return nameOfNone, apart
	}
	if s.inURL && start > 0 && (s.chars[start-1] == '?' || s.chars[start-1] == '&') { // it is looked at as a URL
		return nameOfNone, apart
	}
	name := s.words(s.chars[start:end])
	if string(name) == "key" && start > 1 && s.chars[start-1] == ' ' { // as in API key
		end = start - 1
		for start = end; start > 0 && end-start < maxAssigned/2 && isNameChar(s.chars[start-1]); {
			start--
		}
		name = s.words(s.chars[start : end+len(" key")])
	}
	return judgeName(name), apart
}

func isNameChar(c byte) bool { return isAlphanumeric(c) || c == '_' || c == '-' || c == '.' }

// words gives a name in lower case with underscores between its words.
func (s *secrets) words(name []byte) []byte {
	words := s.name[:0]
	for i, c := range name {
		switch {
		case !isAlphanumeric(c):
			c = '_'
		case i > 0 && 'A' <= c && c <= 'Z' && 'a' <= name[i-1] && name[i-1] <= 'z':
			words = append(words, '_')
		}
		words = append(words, toLower(c))
	}
	return bytes.Trim(words, "_")
}

// behindScheme gives where the secret of a header begins.
func (s *secrets) behindScheme(start int, hidden uint8) int {
	end := s.valueEnd(start, start+maxAssigned, hidden)
	if s.charAt(end) == ' ' && end+1 < len(s.chars) && schemes[string(s.lower(s.chars[start:end]))] {
		return end + 1
	}
	return start
}

// closing finds the end of a value that the quote before start begins, before a
// limit. That there is none up to the end is asked only once.
func (s *secrets) closing(start, limit int) (end int, found bool) {
	quote := s.chars[start-1]
	known := &s.unclosed[strings.IndexByte(valueQuotes, quote)]
	limit = min(limit, len(s.chars))
	if *known {
		return 0, false
	}
	for i := start; i < limit; i++ {
		if s.chars[i] == quote && (i+1 == len(s.chars) || s.chars[i+1] <= ' ' || s.chars[i+1] == ':' || isStop(s.chars[i+1])) {
			return i, true
		}
	}
	*known = limit == len(s.chars)
	return 0, false
}

func isQuote(c byte) bool { return strings.IndexByte(valueQuotes, c) >= 0 }

func isStop(c byte) bool { return strings.IndexByte(valueStops, c) >= 0 }

// valueEnd finds the end of a value that stands in no quotes, before a limit. A
// sign that may end it does so where nothing of a value can follow.
func (s *secrets) valueEnd(start, limit int, hidden uint8) int {
	i := start
	for limit = min(limit, len(s.chars)); i < limit; i++ {
		c := s.chars[i]
		if s.hidden[i] <= hidden && (c <= ' ' || isStop(c) && s.stops(i)) {
			break
		}
	}
	return i
}

// stops reports whether the sign at i ends a value: behind it is nothing,
// another sign, or the next name.
func (s *secrets) stops(i int) bool {
	next := s.charAt(i + 1)
	if next <= ' ' || isStop(next) || bytes.HasPrefix(s.chars[i+1:], []byte(mark)) || s.chars[i] == '<' && next == '/' {
		return true
	}
	if strings.IndexByte(";,&|<", s.chars[i]) < 0 {
		return false
	}
	for j := i + 1; j < len(s.chars) && j-i <= maxAssigned; j++ {
		switch c := s.chars[j]; {
		case c == '=' || c == ':' || c == '>' && s.chars[i] == '<':
			return j > i+1
		case !isNameChar(c) && c != ' ':
			return false
		}
	}
	return false
}

// isSecret reports whether the value of such a name is a secret, and not
// something that is said of it. Quotes or an = leave less doubt than a colon.
func (s *secrets) isSecret(start, end int, kind credentialName, sure bool) bool {
	value := s.chars[start:end]
	switch value[0] {
	case '{', '[', '<':
		return false
	case '*':
		return len(bytes.Trim(value, "*")) > 0
	case '$', '%':
		if len(value) > 1 && (value[1] < '0' || value[1] > '9') { // a variable
			return false
		}
	}
	if plainValues[string(s.lower(value))] {
		return false
	}
	switch {
	case kind == nameOfStrong && sure:
		return true
	case kind == nameOfStrong || kind == nameOfHeader:
		return guess(value).secret(leastStrong)
	case value[0] == '/' && !guess(value).random(): // a path, as of PWD
		return false
	case sure:
		return guess(value).secret(leastWeak)
	default:
		return guess(value).secret(leastWeak + 2)
	}
}
