package redact

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
	var k kinds
	for i := range min(len(text), guessed) {
		k.count(text, i)
	}
	switch letters := k.lower + k.upper; {
	case letters == 0:
		return false // numbers, times and signs
	case k.others > 0 || k.digits > 0:
		return true
	case k.lower == 0:
		return letters > longestShout
	case k.upper > 1: // CamelCase has long words
		return k.turns*3 >= len(text)
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

// shuffled reports whether what looks like a secret is more than a word and a
// number: its letters and digits take turns, or it is too long for a word.
func (g guess) shuffled() bool {
	turns, digits := 0, false
	for i, c := range g {
		digits = digits || isDigit(c)
		if i > 0 && charKinds[c] != '-' && charKinds[g[i-1]] != '-' && charKinds[c] != charKinds[g[i-1]] {
			turns++
		}
	}
	return !digits || turns*4 >= len(g)
}

// numbered reports whether a text is a word with a number behind it.
func (g guess) numbered() bool {
	word := bytes.TrimRight(g, "0123456789")
	return len(word) < len(g) && isLower(word)
}

// slug reports whether a text is of words in small letters and numbers.
func (g guess) slug() bool {
	for part := range bytes.SplitSeq(g, []byte("-")) {
		if !isLower(part) && !isDigits(part) {
			return false
		}
	}
	return bytes.IndexByte(g, '-') > 0
}

// term reports whether a text is the name of a rule with its number, as minLength8.
func (g guess) term() bool {
	rest, found := bytes.CutPrefix(g, []byte("m"))
	return found && len(rest) > 2 && (rest[0] == 'i' && rest[1] == 'n' || rest[0] == 'a' && rest[1] == 'x') && 'A' <= rest[2] && rest[2] <= 'Z'
}

// isTime reports whether a text begins with a date.
func isTime(text []byte) bool {
	const day = "2006-01-02"
	if len(text) < len(day) {
		return false
	}
	for i, c := range text[:len(day)] {
		if isDigit(c) != isDigit(day[i]) || !isDigit(c) && c != day[i] {
			return false
		}
	}
	return true
}

const (
	// leastRandom is how many chars without a sense are no accident.
	leastRandom = 16
	// leastChunk is how many are none behind others.
	leastChunk = 10
	// longestID is how long an id is at most, behind the word that tells of what.
	longestID = 27
	// leastLower is from how many small letters on a word is one.
	leastLower = 4
)

// random reports whether letters and digits follow each other without a sense,
// as in base64 but not in the names of files and in ids such as request_01J8X4M2.
func (g guess) random() bool {
	if len(g) < leastRandom || g.isID() {
		return false
	}
	var all kinds
	for rest := g; len(rest) > 0; {
		size := bytes.IndexAny(rest, "-_")
		if size < 0 {
			size = len(rest)
		}
		if part := rest[:size].kinds(); part.lower > 0 && part.upper > 0 {
			all.add(part)
		}
		rest = rest[min(size+1, len(rest)):]
	}
	return all.size >= leastRandom && all.digits > 0 && all.turns*5 >= all.size*2
}

// isChunk reports whether a text may be a part of what is random: there are no
// words in it.
func (g guess) isChunk() bool {
	k := g.kinds()
	return k.size >= leastChunk && k.lower > 0 && k.upper > 0 && k.digits > 0
}

// isID reports whether a text is one word in small letters, and one part behind it.
func (g guess) isID() bool {
	parts := bytes.IndexAny(g, "-_")
	return parts > 1 && isLower(g[:parts]) && len(g)-parts-1 <= longestID && !bytes.ContainsAny(g[parts+1:], "-_")
}

// kinds counts chars, and how often one is followed by one of another kind.
type kinds struct{ size, lower, upper, digits, others, turns int }

func (k *kinds) add(other kinds) {
	k.size += other.size
	k.lower += other.lower
	k.upper += other.upper
	k.digits += other.digits
	k.others += other.others
	k.turns += other.turns
}

// kinds counts those of a text that are in no word.
func (g guess) kinds() (k kinds) {
	for i := 0; i < len(g); {
		end := i + 1
		for end < len(g) && 'a' <= g[end] && g[end] <= 'z' {
			end++
		}
		if charKinds[g[i]] != 'A' && charKinds[g[i]] != 'a' || end-i <= leastLower {
			end = i + 1
			k.count(g, i)
		}
		i = end
	}
	return k
}

func (k *kinds) count(g guess, i int) {
	k.size++
	kind := charKinds[g[i]]
	switch kind {
	case 'a':
		k.lower++
	case 'A':
		k.upper++
	case '0':
		k.digits++
	case '?':
		k.others++
	}
	if i > 0 && kind != charKinds[g[i-1]] {
		k.turns++
	}
}
