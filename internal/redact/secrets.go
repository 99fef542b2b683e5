package redact

import "bytes"

// secrets finds in a view what is a secret by its form, by the name before it
// or by its place before an @, whoever it belongs to.
type secrets struct {
	*view
	taker // of what was found

	end     int  // of the stretch without blanks, quotes and angle brackets that the search is in
	inURL   bool // it has one
	account span // the user and password in it; none where it is empty

	options  bool                   // there may be some
	curl     bool                   // so may those of curl
	noToken  int                    // up to where no JSON Web Token begins
	unclosed [len(valueQuotes)]bool // which quotes are known to have no end any more
	name     [2 * maxAssigned]byte  // the name at hand
}

// find takes the spans to replace.
func (s *secrets) find() {
	s.end, s.noToken, s.unclosed = 0, 0, [len(valueQuotes)]bool{}
	s.options = bytes.Contains(s.chars, []byte("--"))
	s.curl = bytes.Contains(s.chars, []byte("curl "))
	for i := 0; i < len(s.chars); {
		if i >= s.end {
			s.lookAhead(i)
		}
		if next := s.at(i); next > i {
			i = next
		} else {
			i++
		}
	}
}

// at takes the secret that begins at i, or behind the sign there, and gives its
// end; i: there is none.
func (s *secrets) at(i int) int {
	if s.account.start <= i && i < s.account.end {
		return s.hide(i, s.account.end)
	}
	switch c := s.chars[i]; {
	case c == '=' || c == ':':
		return s.assigned(i)
	case c == '-':
		return s.privateKey(i)
	case c == ' ' && s.curl && s.isLoginOption(i):
		return s.login(i)
	case c == ' ' && s.options:
		return s.option(i)
	case c == '>':
		return s.element(i)
	case beginsForm(s.chars, i):
		return s.form(i)
	}
	return i
}

// hide puts the mark in place of a stretch and gives its end.
func (s *secrets) hide(start, end int) int {
	s.take(span{start, end, mark})
	return end
}

// lookAhead finds where the stretch that begins at start ends, and the account
// in it.
func (s *secrets) lookAhead(start int) {
	colon, at, slashes := -1, -1, false
	for s.end = start; s.end < len(s.chars); s.end++ {
		c := s.chars[s.end]
		if s.hidden[s.end] == 0 && endsURL(c) {
			break
		}
		switch {
		case c == ':' && colon < 0:
			colon = s.end
		case c == '@':
			at = s.end
		case isSlash(c) && at < 0 && s.end > start && (isSlash(s.chars[s.end-1]) || s.chars[s.end-1] == ':'):
			slashes = true
		}
	}
	s.account, s.inURL = span{}, slashes
	if colon > start && at > colon+1 && !slashes { // behind slashes it is that of a URL
		s.account = s.accountAt(start, colon, at)
	}
	s.end = max(s.end, start+1)
}

// privateKey takes what is between the lines that begin and end a private key.
func (s *secrets) privateKey(i int) int {
	const begin, end, longest = "-----BEGIN ", "-----END ", 64
	rest, found := bytes.CutPrefix(s.chars[i:], []byte(begin))
	if !found {
		return i
	}
	title, _, found := bytes.Cut(rest[:min(len(rest), longest)], []byte("-----"))
	if !found || !bytes.Contains(title, []byte("PRIVATE KEY")) {
		return i
	}
	start := i + len(begin) + len(title) + len("-----")
	if at := bytes.Index(s.chars[start:], []byte(end)); at >= 0 {
		return s.hide(start, start+at)
	}
	return s.hide(start, len(s.chars))
}
