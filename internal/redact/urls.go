package redact

import (
	"math"
	"slices"
	"unicode/utf8"
)

// leniency says what redaction leaves of a URL beside scheme, host and path.
// User-info goes always, and so do values named like a credential, also in
// text that is no URL.
type leniency int

const (
	keepNames  leniency = iota // the names of query parameters
	keepValues                 // names and values that look harmless
	keepNone                   // nothing of query and fragment
	dropAll                    // not even that there were any
)

const (
	// maxName is how long a parameter's name may be; what is longer is taken
	// for a value.
	maxName = 40

	// maxCredentialName is how long a name is searched for a credential's word.
	maxCredentialName = 128
)

// span is a stretch of a view that redaction replaces by a text.
type span struct {
	start, end int
	by         string
}

// urls finds in a view what has to be replaced, in order.
type urls struct {
	*view
	leniency leniency
	taker    // of what was found

	// The stretch without space, quotes and angle brackets that the search is
	// in, and the last @ of it; both serve to look ahead only once.
	end, lastAt int

	before []byte // the last segment of the path that the search is in
}

// find takes the spans to replace: user-info, query and fragment of every URL
// as far as the leniency says, and the values of parameters that are named
// like credentials. Whatever follows two slashes, or a colon and a slash, is
// taken for a URL.
func (u *urls) find() {
	u.end = 0
	inURL, inPath := false, false
	for i := 0; i < len(u.chars); {
		if i >= u.end {
			u.lookAhead(i)
			inURL, inPath = false, false
		}
		c := u.chars[i]
		inPath = inPath && c != '?' && c != '#'
		switch {
		case i == u.end: // what ended it
			i++
		case u.slashes(i):
			i = u.userInfo(i)
			inURL, inPath, u.before = true, true, nil
		case inPath && isSlash(c):
			i = u.segment(i)
		case inURL && (c == '#' || c == '?') && u.leniency == dropAll:
			u.take(span{i, u.end, ""})
			i = u.end
		case inURL && (c == '#' || c == '?') && u.leniency == keepNone,
			inURL && c == '#' && u.leniency == keepNames:
			i = u.replace(i+1, u.end)
		case inURL && c == '?' && u.leniency == keepNames:
			i = u.query(i)
		case c == '?' || c == '&' || c == ';' || c == '#':
			i = u.credential(i)
		default:
			i++
		}
	}
}

// replace puts the mark in place of a stretch, unless it is empty, and gives
// its end.
func (u *urls) replace(start, end int) int {
	if start < end {
		u.take(span{start, end, mark})
	}
	return end
}

// lookAhead finds where the stretch that begins at start ends, and its last @.
func (u *urls) lookAhead(start int) {
	u.lastAt = -1
	slashes, query := false, false
	for u.end = start; u.end < len(u.chars); u.end++ {
		c := u.chars[u.end]
		switch {
		case u.hidden[u.end] == 0 && endsURL(c):
			if !query || !u.goesOn(start) {
				return
			}
		case c == '@':
			u.lastAt = u.end
		case isSlash(c):
			slashes = slashes || u.slashes(u.end)
		case c == '?':
			query = query || slashes
		}
	}
}

func endsURL(c byte) bool {
	return c <= ' ' || c == '"' || c == '<' || c == '>'
}

// slashes reports whether an authority begins behind i.
func (u *urls) slashes(i int) bool {
	if !isSlash(u.chars[i]) {
		return false
	}
	return i+1 < len(u.chars) && isSlash(u.chars[i+1]) || i > 0 && u.chars[i-1] == ':'
}

// isSlash takes a backslash for a slash, as browsers do.
func isSlash(c byte) bool { return c == '/' || c == '\\' }

// userInfo reads the authority behind the slashes at i and gives the index of
// its host. It ends at the first delimiter that is no deeper hidden than the
// slashes; but where it has a colon, which may be one before a password with a
// slash in it, the last @ of all ends the user-info.
func (u *urls) userInfo(i int) int {
	hidden := u.hidden[i]
	for i < u.end && isSlash(u.chars[i]) {
		hidden = max(hidden, u.hidden[i])
		i++
	}
	at, colon, j := -1, -1, i
	for ; j < u.end; j++ {
		c := u.chars[j]
		if u.hidden[j] <= hidden && (isSlash(c) || c == '?' || c == '#') {
			break
		}
		if c == '@' {
			at = j
		}
		if c == ':' && colon < 0 {
			colon = j
		}
	}
	if colon >= 0 {
		at = u.lastAt
	}
	if colon >= 0 && at < 0 && j == u.end {
		if at = u.farAt(i, colon); at >= 0 {
			u.lookAhead(at)
		}
	}
	return max(i, u.replace(i, at))
}

// query reads the query that begins at i and gives the index of its end, which
// is a # or the end of the URL.
func (u *urls) query(i int) int {
	hidden := u.hidden[i]
	for i < u.end && (u.chars[i] != '#' || u.hidden[i] > hidden) {
		i++ // the ? or the separator
		start, equals := i, -1
		for i < u.end && !u.separates(i, hidden) {
			if equals < 0 && u.chars[i] == '=' && u.hidden[i] <= hidden {
				equals = i
			}
			i++
		}
		if equals >= 0 && u.isName(start, equals) && u.isValue(equals+1, i) {
			start = equals + 1
		}
		u.replace(start, i)
	}
	return i
}

// separates reports whether a parameter ends at i.
func (u *urls) separates(i int, hidden uint8) bool {
	c := u.chars[i]
	return u.hidden[i] <= hidden && (c == '&' || c == ';' || c == '#')
}

// isName reports whether what stands before an = may stay.
func (u *urls) isName(start, end int) bool {
	for _, c := range u.chars[start:end] {
		if !isAlphanumeric(c) && c != '-' && c != '_' && c != '.' && c != '[' && c != ']' {
			return false
		}
	}
	return start < end && end-start <= maxName
}

// isValue reports whether what stands behind an = is more than punctuation: if
// not, the = may be the end of a token in base64, and what is before it no name.
func (u *urls) isValue(start, end int) bool {
	return slices.ContainsFunc(u.chars[start:end], func(c byte) bool { return isAlphanumeric(c) || c >= utf8.RuneSelf })
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// credential reads what follows the separator at i, and replaces the value of
// a name that looks like a credential's.
func (u *urls) credential(i int) int {
	limit := min(u.end, i+1+maxCredentialName)
	for j := i + 1; j < limit; j++ {
		switch c := u.chars[j]; {
		case c == '=' && mayNameCredential(u.chars[i+1:j]):
			end := j + 1
			for end < u.end && !u.separates(end, u.hidden[j]) {
				end++
			}
			return u.replace(j+1, end)
		case c == '=' || c == '?' || isSlash(c) || u.separates(j, math.MaxUint8):
			return j
		}
	}
	return i + 1
}
