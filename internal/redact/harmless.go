package redact

// harmless reports whether a string has neither an escape nor anything of what
// begins an authority, a value or a secret: most have not, and are not looked at
// closer.
func harmless(inside []byte) bool {
	within := false // a word
	for i, c := range inside {
		switch c {
		case '\\', '%', '=', '&', '@':
			return false
		case '/':
			if i > 0 && (inside[i-1] == '/' || inside[i-1] == ':') {
				return false
			}
		case ':':
			if i > 0 && !inTime(inside, i) {
				return false
			}
		case '>':
			if within {
				return false
			}
		case '-':
			if i > 0 && inside[i-1] == '-' {
				return false
			}
		default:
			if !within && formStarts[c] && beginsForm(inside, i) {
				return false
			}
		}
		within = charKinds[c] != '-' && charKinds[c] != '?'
	}
	return true
}

// inTime reports whether a colon stands between two digits.
func inTime(chars []byte, i int) bool {
	return i+1 < len(chars) && isDigit(chars[i-1]) && isDigit(chars[i+1])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
