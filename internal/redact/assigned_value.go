package redact

import (
	"bytes"
	"strings"
)

// schemes are how the value of a header may begin, before the secret.
var schemes = wordSet(`bearer basic token digest apikey key negotiate hmac sharedkey`)

// plainValues are what is said of a secret instead of it.
var plainValues = wordSet(`true false null none nil undefined yes no missing required empty unset invalid expired redacted hidden masked
	not is must incorrect optional unknown wrong changed set ok omitted string token authentication auth credentials header
	this too can't cannot should blank short weak`)

// algorithms are how the names of those begin that sign and encrypt.
var algorithms = wordSet(`oauth oauth1 oauth2 oidc sha sha1 sha2 sha224 sha256 sha384 sha512 md5 hmac hmacsha1 hmacsha256 hs256 hs384 hs512
	rs256 rs384 rs512 es256 es384 es512 ps256 ps384 ps512 ed25519 rsa aes128 aes256 aws4 bcrypt argon2 argon2id pbkdf2 base64 saml2`)

// assignedValue is what stands behind a name, as far as it is looked at.
type assignedValue struct {
	start, end int
	hidden     uint8 // of the sign before it
	kind       credentialName
	closed     bool // quotes enclose it
	sure       bool // it is a value, and not something that is said
}

func (s *secrets) value(i int, hidden uint8, kind credentialName, sure bool) assignedValue {
	v := assignedValue{start: i, hidden: hidden, kind: kind, sure: sure}
	if isQuote(s.charAt(i)) {
		v.start++
		v.end, v.closed = s.closing(v.start, v.start+maxAssigned)
		v.sure = v.sure || v.closed
	}
	if kind == nameOfHeader {
		if at := s.behindScheme(v.start, hidden); at > v.start {
			v.start, v.kind, v.sure = at, nameOfStrong, true
		}
	}
	if !v.closed {
		v.end = s.valueEnd(v.start, v.start+maxAssigned, hidden)
	}
	return v
}

// hideValue takes a value if it is a secret and gives its end; else i.
func (s *secrets) hideValue(i int, v assignedValue) int {
	if v.start >= v.end || !s.isSecret(v.start, min(v.end, v.start+maxAssigned), v.kind, v.sure) {
		return i
	}
	if v.closed || v.end < v.start+maxAssigned {
		return s.hide(v.start, v.end)
	}
	if isQuote(s.chars[v.start-1]) {
		if end, closed := s.closing(v.start, len(s.chars)); closed {
			return s.hide(v.start, end)
		}
	}
	return s.hide(v.start, s.valueEnd(v.start, len(s.chars), v.hidden))
}

// cookies takes all that a header sends or sets, up to the end of the line.
func (s *secrets) cookies(i, start int) int {
	if isQuote(s.charAt(start)) {
		start++
	}
	if !s.isCookie(start) {
		return i
	}
	end := start
	for end < len(s.chars) && s.chars[end] != '\n' && s.chars[end] != '\r' && !isQuote(s.chars[end]) {
		end++
	}
	if end == start {
		return i
	}
	return s.hide(start, end)
}

// isCookie reports whether what begins at i has a name and a value.
func (s *secrets) isCookie(i int) bool {
	return bytes.IndexByte(s.chars[min(i, len(s.chars)):min(i+maxAssigned, len(s.chars))], '=') > 0
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
	for j, blanks := i+1, 0; j < len(s.chars) && j-i <= maxAssigned; j++ {
		switch c := s.chars[j]; {
		case c == '>' || c == '=' || c == ':':
			return j > i+1 && (c == '>') == (s.chars[i] == '<')
		case c == ' ' && s.chars[i] == ';' && blanks == 0: // as in User Id=
			blanks++
		case !isNameChar(c):
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
	if s.isSaid(value) || bytes.HasPrefix(value, []byte(mark)) {
		return false
	}
	switch {
	case kind == nameOfStrong && sure:
		return true
	case kind == nameOfCode && len(value) >= leastStrong && isDigits(value):
		return true
	case kind == nameOfStrong && guess(value).term(), kind == nameOfStrong && s.inSentence(end) && guess(value).slug():
		return false
	case kind == nameOfVague && guess(value).numbered(), kind < nameOfStrong && (isTime(value) || s.isAlgorithm(value)):
		return false
	case kind == nameOfStrong || kind == nameOfHeader:
		return guess(value).secret(leastStrong)
	case bytes.IndexByte(value, ' ') >= 0: // a sentence
		return false
	case value[0] == '/' && !guess(value).random(): // a path, as of PWD
		return false
	case sure:
		return guess(value).secret(leastWeak)
	default:
		return guess(value).secret(leastWeak + 2)
	}
}

// isSaid reports whether a text is said of a secret, as by a validation: the first
// or the last word of it is.
func (s *secrets) isSaid(text []byte) bool {
	first, _, _ := bytes.Cut(text, []byte(" "))
	last := text[bytes.LastIndexByte(text, ' ')+1:]
	return s.isPlainValue(first) || len(last) < len(text) && s.isPlainValue(last)
}

func (s *secrets) isPlainValue(word []byte) bool {
	return plainValues[string(s.lower(bytes.TrimRight(word, ".,;:!?")))]
}

// inSentence reports whether a word follows behind the blank at i.
func (s *secrets) inSentence(i int) bool {
	next := s.charAt(i + 1)
	return s.charAt(i) == ' ' && 'a' <= next && next <= 'z'
}

// isAlgorithm reports whether a value tells how something was signed.
func (s *secrets) isAlgorithm(value []byte) bool {
	name := s.lower(value)
	if end := bytes.IndexAny(name, "-_"); end >= 0 {
		name = name[:end]
	}
	name, _, _ = bytes.Cut(name, []byte("with"))
	return algorithms[string(name)]
}
