package redact

import (
	"bytes"
	"regexp"
)

const (
	// leastSegment is how long a token in a path is at least.
	leastSegment = 8
	// longestExtension is how long the end of a file's name may be.
	longestExtension = 6
	// leastPart is from where on a part of a signed link's path has to be words
	// or a number to stay.
	leastPart = 12
)

// segment takes the token that the segment of a path is which begins with the
// slash at i, and gives its end; i+1: it is none. The end of a file's name stays.
func (u *urls) segment(i int) int {
	end := i + 1
	for end < u.end && !isSlash(u.chars[end]) && u.chars[end] != '?' && u.chars[end] != '#' && u.chars[end] != ';' {
		end++
	}
	name := u.chars[i+1 : end]
	if dot := bytes.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= longestExtension {
		name = name[:dot]
	}
	word := u.before
	u.before = name
	if !u.isToken(name, word) {
		return i + 1
	}
	return u.replace(i+1, i+1+len(name))
}

// isToken reports whether a segment lets in whoever has it. Those of a link that
// is signed by its query may be what signs it.
func (u *urls) isToken(name, before []byte) bool {
	if len(name) < leastSegment || bytes.Equal(name, []byte(mark)) {
		return false
	}
	word, rest := name, []byte(nil)
	if end := bytes.IndexAny(name, "_-=~:."); end > 0 {
		word, rest = name[:end], name[end+1:]
	}
	switch {
	case namesToken(word) && isTokenValue(rest), namesToken(before) && isTokenValue(name):
		return true
	case u.leniency == keepValues || isUUID(name):
		return false
	}
	return guess(name).random() || u.leniency == keepNone && !isPlain(name)
}

// isTokenValue reports whether what such a word tells of can be a token.
func isTokenValue(text guess) bool {
	return text.secret(leastSegment) && (text.shuffled() || isUUID(text))
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// isUUID reports whether a name is that of something rather than a token.
func isUUID(name []byte) bool {
	return len(name) == len("832eb97f-266c-4387-991d-52e77366dc99") && uuidForm.Match(name)
}

// isPlain reports whether a name is of words, numbers, dates and what numbers
// things.
func isPlain(name []byte) bool {
	for len(name) > 0 {
		size := bytes.IndexAny(name, "-_.~ ")
		if size < 0 {
			size = len(name)
		}
		if part := name[:size]; size >= leastPart && !isDigits(part) && !isLower(part) {
			return false
		}
		name = name[min(size+1, len(name)):]
	}
	return true
}

func isLower(chars []byte) bool {
	for _, c := range chars {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}
