package redact

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
	kind := judge(s.chars[start:i])
	if kind == nameOfNone || kind == nameOfCookie {
		return i
	}
	return s.hideValue(i, s.value(i+1, s.hidden[i], kind, false))
}

// isLoginOption reports whether an option of curl stands before the blank at i
// that user and password follow.
func (s *secrets) isLoginOption(i int) bool {
	before := s.chars[max(0, i-len(" --user")):i]
	return bytes.HasSuffix(before, []byte(" -u")) || string(before) == " --user"
}

// login takes the user and password behind the blank at i.
func (s *secrets) login(i int) int {
	start := i + 1
	if isQuote(s.charAt(start)) {
		start++
	}
	end := s.valueEnd(start, start+maxAssigned, s.hidden[i])
	if colon := bytes.IndexByte(s.chars[min(start, end):end], ':'); colon <= 0 || start+colon+1 == end {
		return i
	}
	return s.hide(start, end)
}

// element takes what stands between the tags of XML of which the first ends
// at i.
func (s *secrets) element(i int) int {
	open := max(0, i-2*maxAssigned)
	tag := bytes.LastIndexByte(s.chars[open:i], '<')
	if tag < 0 {
		return i
	}
	name := s.chars[open+tag+1 : i]
	end := 0
	for end < len(name) && end < maxAssigned && isNameChar(name[end]) {
		end++
	}
	if end < len(name) && name[end] > ' ' { // behind a blank are attributes
		return i
	}
	kind := judge(name[:end])
	size := bytes.IndexByte(s.chars[i+1:], '<')
	if kind == nameOfNone || kind == nameOfCookie || size <= 0 || s.charAt(i+1+size+1) != '/' {
		return i
	}
	return s.hideValue(i, assignedValue{start: i + 1, end: i + 1 + size, kind: kind, closed: true, sure: true})
}
