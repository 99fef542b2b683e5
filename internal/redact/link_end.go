package redact

import "bytes"

const (
	// farthestAt is how far behind the end of a URL its @ is looked for.
	farthestAt = 64
	// longestRest is how long what follows a blank in a URL may be.
	longestRest = 256
)

// goesOn reports whether the URL in the stretch that begins at start goes on
// behind the quote, bracket or blank at its end, which somebody did not encode.
// It does so where what follows can be nothing but the rest of a value.
func (u *urls) goesOn(start int) bool {
	opened := byte(0)
	if start > 0 {
		opened = u.chars[start-1]
	}
	rest := u.chars[u.end+1:]
	follows := len(rest) > 0 && isAlphanumeric(rest[0])
	switch u.chars[u.end] {
	case '"':
		return follows && opened != '"'
	case '<':
		return follows && opened != '<' && opened != '>' && bytes.IndexByte(rest[:min(len(rest), farthestAt)], '>') < 0
	case '\r', '\n':
		rest = bytes.TrimPrefix(rest, []byte("\n"))
		return (isRest(rest) || isWholeLine(rest)) && u.endsInSecret(start)
	case ' ':
		return isRest(rest) && u.endsInSecret(start)
	default:
		return false
	}
}

// endsInSecret reports whether the value at the end of the stretch that begins at
// start can be a part of a secret: of others, no more belongs to it.
func (u *urls) endsInSecret(start int) bool {
	query := u.chars[max(start, u.end-longestRest):u.end]
	query = query[bytes.LastIndexAny(query, "?&;#")+1:]
	name, value, found := bytes.Cut(query, []byte("="))
	if !found {
		name, value = nil, query
	}
	return mayNameCredential(name) || guess(value).random()
}

// isRest reports whether a text begins with the rest of a query: more
// parameters, or letters and digits without a sense.
func isRest(text []byte) bool {
	end := bytes.IndexAny(text[:min(len(text), longestRest)], " \t\r\n\"<>")
	if end < 0 {
		end = min(len(text), longestRest)
	}
	text = text[:end]
	if next := bytes.IndexByte(text, '&'); next >= 0 {
		name, _, found := bytes.Cut(text[next+1:], []byte("="))
		return found && len(name) > 0 && span64(text) == next && bytes.IndexByte(bytes.TrimRight(text[:next], "="), '=') < 0 && bytes.IndexFunc(name, func(r rune) bool { return r > 0x7f || !isNameChar(byte(r)) }) < 0
	}
	return span64(text) == len(text) && (guess(text).isChunk() || len(text) >= leastSegment && bytes.HasSuffix(text, []byte("=")))
}

// isWholeLine reports whether a line is the rest of a value that was too long
// for the one before.
func isWholeLine(text []byte) bool {
	size := span64(text[:min(len(text), longestRest)])
	ends := size == len(text) || text[size] == '\n' || text[size] == '\r'
	return ends && guess(text[:size]).secret(leastWeak)
}

// farAt finds the @ behind a user and password that end with the stretch, as
// where there is a blank or a quote in the password; -1: there is none. What
// follows the colon is no port.
func (u *urls) farAt(start, colon int) int {
	if u.chars[start] == '[' || colon == start || isDigits(u.chars[colon+1:u.end]) {
		return -1
	}
	for i := u.end; i < len(u.chars) && i-u.end <= farthestAt; i++ {
		switch {
		case u.chars[i] == '@':
			if i+1 < len(u.chars) && isAlphanumeric(u.chars[i+1]) {
				return i
			}
		case isSlash(u.chars[i]) && isSlash(u.chars[i-1]):
			return -1
		}
	}
	return -1
}
