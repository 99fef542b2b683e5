package redact

import (
	"bytes"
	"strings"
)

// labels are words before a colon that an address of mail may follow: they are
// no user's name.
var labels = wordSet(`mailto email mail from to cc bcc sender recipient contact author owner by sip sips xmpp acct actor error warning info
	notify reply subject who created_by updated_by requested_by assignee customer e-mail`)

// hosts are names of hosts that have no dot.
var hosts = wordSet(`localhost host db database postgres postgresql mysql mariadb mongo mongodb redis rabbitmq kafka ldap ftp sftp smtp proxy`)

// packages are words before a colon that the name and version of something follow.
var packages = wordSet(`npm pkg docker image oci sha256 sha512 jar gem pip go`)

// accountAt gives user and password as in user:password@host, of a stretch with
// its first colon and last @; none where it is something else.
func (s *secrets) accountAt(start, colon, at int) span {
	user := colon
	for user > start && (isAlphanumeric(s.chars[user-1]) || strings.IndexByte("._%+~-", s.chars[user-1]) >= 0) {
		user--
	}
	name := s.chars[user:colon]
	if len(name) == 0 || isDigits(name) || user > start && s.chars[user-1] == '@' {
		return span{}
	}
	host := s.host(at + 1)
	if len(host) == 0 {
		return span{}
	}
	label, password, domain := s.lower(name), s.chars[colon+1:at], s.chars[at+1:s.end]
	switch {
	case packages[string(label)]:
		return span{}
	case isMail(password, domain) && (labels[string(label)] || isLetters(password) && !guess(password).secret(leastStrong) && bytes.Count(host, []byte(".")) == 1):
		return span{}
	case !isPlace(host, domain) && (!guess(password).secret(leastStrong) || isPath(password)): // a task of a queue, a stage
		return span{}
	}
	return span{user, at, mark}
}

// isPlace reports whether a host is one for sure, and no word behind an @.
func isPlace(host, domain []byte) bool {
	port := domain[min(len(host), len(domain)):]
	return host[0] == '[' || bytes.IndexByte(host, '.') > 0 || hosts[string(host)] || len(port) > 1 && port[0] == ':' && isDigit(port[1])
}

// isPath reports whether a text is parted by colons, and has no odd sign.
func isPath(text []byte) bool {
	for _, c := range text {
		if charKinds[c] == '?' {
			return false
		}
	}
	return bytes.IndexByte(text, ':') >= 0
}

func isLetters(text []byte) bool {
	for _, c := range text {
		if !isAlphanumeric(c) || isDigit(c) {
			return false
		}
	}
	return true
}

// host gives the name or number of a host that begins at i; none where what is
// there can be none.
func (s *secrets) host(i int) []byte {
	if i < s.end && s.chars[i] == '[' {
		return s.chars[i : i+1] // as of IPv6
	}
	end, dots, digits := i, 0, true
	for ; end < s.end && (isAlphanumeric(s.chars[end]) || s.chars[end] == '.' || s.chars[end] == '-' || s.chars[end] == '_'); end++ {
		if s.chars[end] == '.' {
			dots++
		} else {
			digits = digits && isDigit(s.chars[end])
		}
	}
	host := bytes.TrimRight(s.chars[i:end], ".")
	switch {
	case len(host) == 0 || !isAlphanumeric(host[0]) || packages[string(host)]:
		return nil
	case isDigit(host[0]) && (!digits || dots < 3): // a version
		return nil
	case end < s.end && strings.IndexByte(`:/\,;)(]}'?#|&*`, s.chars[end]) < 0:
		return nil
	}
	return host
}

// isMail reports whether what stands on both sides of an @ is an address of mail.
func isMail(local, domain []byte) bool {
	for _, c := range local {
		if !isAlphanumeric(c) && strings.IndexByte("._%+-@,", c) < 0 {
			return false
		}
	}
	return !isDigits(domain[:1]) && bytes.IndexByte(domain, '.') > 0 && bytes.IndexByte(domain, ':') < 0 && bytes.IndexByte(domain, '/') < 0
}

func isDigits(chars []byte) bool {
	for _, c := range chars {
		if !isDigit(c) {
			return false
		}
	}
	return true
}

// lower gives a name in lower case, if it is not too long for one.
func (s *secrets) lower(name []byte) []byte {
	if len(name) > len(s.name) {
		return nil
	}
	for i, c := range name {
		s.name[i] = toLower(c)
	}
	return s.name[:len(name)]
}

func toLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
