package redact

const (
	// maxAssigned is how long a name is looked at, from its end.
	maxAssigned = 64
	// valueQuotes may stand around names and values.
	valueQuotes = "\"'`"
	// valueStops may end a value that stands in no quotes.
	valueStops = ";,&|\"'`<>)]}"
)

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
	if kind == nameOfCookie {
		if sign != ':' {
			return i
		}
		return s.cookies(i, start)
	}
	return s.hideValue(i, s.value(start, s.hidden[i], kind, sign == '='))
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
	if end > 0 && s.chars[end-1] == ']' { // as in user[password]
		end--
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
	if (string(name) == "key" || string(name) == "token") && start > 1 && s.chars[start-1] == ' ' { // as in API key, next token
		end = start - 1
		for start = end; start > 0 && end-start < maxAssigned/2 && isNameChar(s.chars[start-1]); {
			start--
		}
		name = s.words(s.chars[start : end+1+len(name)])
	}
	return judgeName(name), apart
}

func isNameChar(c byte) bool { return isAlphanumeric(c) || c == '_' || c == '-' || c == '.' }

func (s *secrets) words(name []byte) []byte { return words(s.name[:0], name) }
