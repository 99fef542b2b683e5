package source

import (
	"bytes"
	"strings"
)

const (
	// leastStrong and leastWeak are how long a secret is at least where its name
	// leaves no doubt, and where it does.
	leastStrong = 4
	leastWeak   = 6

	// longestWord and longestShout are how long a word may be, in small letters
	// and in capitals. What is longer is none.
	longestWord  = 20
	longestShout = 11

	// guessed is how much of a text is looked at.
	guessed = 40
)

// guess is what a text looks like.
type guess []byte

// secret reports whether a text looks like a secret rather than like words or
// numbers. It has to have so many chars at least.
// What has the mark in it was looked at before.
func (g guess) secret(least int) bool {
	text := bytes.TrimRight(g, ".,;:!?)")
	if len(text) < least || bytes.Contains(text, []byte(mark)) {
		return false
	}
	var lower, upper, digits, others, turns int
	before := byte(0)
	for _, c := range text[:min(len(text), guessed)] {
		kind := charKinds[c]
		switch kind {
		case 'a':
			lower++
		case 'A':
			upper++
		case '0':
			digits++
		case '?':
			others++
		}
		if kind != before && before != 0 {
			turns++
		}
		before = kind
	}
	switch letters := lower + upper; {
	case letters == 0:
		return false // numbers, times and signs
	case others > 0 || digits > 0:
		return true
	case lower == 0:
		return letters > longestShout
	case upper > 1: // CamelCase has long words
		return turns*3 >= len(text)
	default:
		return letters > longestWord
	}
}

// charKinds tells letters, digits and what parts words from other signs.
var charKinds = func() (kinds [256]byte) {
	for i := range kinds {
		switch c := byte(i); {
		case 'a' <= c && c <= 'z':
			kinds[i] = 'a'
		case 'A' <= c && c <= 'Z':
			kinds[i] = 'A'
		case isDigit(c):
			kinds[i] = '0'
		case strings.IndexByte("-_./:,'()", c) >= 0:
			kinds[i] = '-'
		default:
			kinds[i] = '?'
		}
	}
	return kinds
}()

// random reports whether letters and digits follow each other without a sense,
// as in base64 but not in the names of files.
func (g guess) random() bool {
	const least = 16
	if len(g) < least {
		return false
	}
	var lower, upper, digits, turns int
	for i, c := range g {
		switch charKinds[c] {
		case 'a':
			lower++
		case 'A':
			upper++
		case '0':
			digits++
		}
		if i > 0 && charKinds[c] != charKinds[g[i-1]] {
			turns++
		}
	}
	return lower > 0 && upper > 0 && digits > 0 && turns*5 >= len(g)*2
}
