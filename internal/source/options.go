package source

import "bytes"

// option takes the value behind the blank at i where the name before it is that
// of an option, such as --password.
func (s *secrets) option(i int) int {
	start := i
	for start > 0 && i-start < maxAssigned && isNameChar(s.chars[start-1]) {
		start--
	}
	if !bytes.HasPrefix(s.chars[start:i], []byte("--")) || s.charAt(i+1) == '-' {
		return i
	}
	kind := judgeName(s.words(s.chars[start:i]))
	if kind == nameOfNone || kind == nameOfCookie {
		return i
	}
	return s.hideValue(i, s.value(i+1, s.hidden[i], kind, false))
}

// element takes what stands between the tags of XML of which the first ends
// at i.
func (s *secrets) element(i int) int {
	start := i
	for start > 0 && i-start < maxAssigned && isNameChar(s.chars[start-1]) {
		start--
	}
	if start == 0 || s.chars[start-1] != '<' {
		return i
	}
	kind := judgeName(s.words(s.chars[start:i]))
	size := bytes.IndexByte(s.chars[i+1:], '<')
	if kind == nameOfNone || kind == nameOfCookie || size <= 0 || s.charAt(i+1+size+1) != '/' {
		return i
	}
	return s.hideValue(i, assignedValue{start: i + 1, end: i + 1 + size, kind: kind, closed: true, sure: true})
}
