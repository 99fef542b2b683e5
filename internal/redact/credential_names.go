package redact

import (
	"bytes"
	"strings"
)

// credentialName says how sure it is that a name's value is a secret.
type credentialName int

const (
	nameOfNone   credentialName = iota
	nameOfHeader                // of HTTP, whose value may be a scheme and a secret
	nameOfCookie                // of HTTP, whose value is names and secrets
	nameOfVague                 // of much, such as pass
	nameOfWeak                  // often of a secret, such as token
	nameOfCode                  // the same, where it may be a number
	nameOfStrong                // of a secret, such as password
)

// plainEnds are last words of names that are about a secret and do not hold one.
var plainEnds = wordSet(`count length len size type kind name url uri expiry expires expired expiration at in ttl reset policy field path file
	ref version age status state valid invalid required enabled disabled provided present missing rotated used usage limit budget per min max
	total prompt error errors message code index format hint changed updated created mode method scheme realm engine manager store provider
	passwords secrets tokens keys strength rule rules attempts retries login page`)

// keyKinds are words that make a secret of a key or a token, weakKinds are those
// that often do, and pageKinds a token of what is no secret.
var (
	keyKinds  = wordSet(`api access secret private encryption signing account shared master auth refresh session personal security oauth`)
	pageKinds = wordSet(`page next continuation cursor sync previous prev unexpected`)
	weakKinds = wordSet(`app application client service storage license webhook deploy`)
)

// weakEnds are last words of names that are often those of secrets.
var weakEnds = wordSet(`pwd token jwt bearer auth credential credentials sig signature sas pass sessionid sessid phpsessid jsessionid hmac`)

// vagueNames are some of them that stand for much, where they stand alone.
var vagueNames = wordSet(`pass auth hmac`)

// hints are what a parameter of a URL has in its name beside those if its value
// may be a credential; pathWords are what a token in a path stands behind.
var (
	hints = []string{
		"sig", "token", "key", "secret", "pass", "pwd", "auth", "cred", "code", "sess", "jwt",
		"hmac", "hash", "bearer", "ticket", "otp", "policy", "x-amz-", "x-goog-", "x-oss-", "x-cos-",
	}
	pathWords = wordSet(`tok sess session magic`)
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

// judgeName tells what a name is the name of. Its words are in lower case and
// parted by underscores.
func judgeName(name []byte) credentialName {
	before, last := lastWord(name)
	_, beforeLast := lastWord(before)
	switch {
	case plainEnds[string(last)]:
		return nameOfNone
	case bytes.HasSuffix(last, []byte("authorization")):
		return nameOfHeader
	case containsAny(name, "password", "passwd", "passphrase", "passcode"), bytes.HasSuffix(last, []byte("pwd")) && string(name) != "pwd" && string(name) != "oldpwd":
		return nameOfStrong
	case containsAny(name, "secret") && !containsAny(name, "secretar"):
		return nameOfStrong
	case bytes.HasSuffix(last, []byte("cookie")):
		return nameOfCookie
	case string(last) == "key", string(last) == "token":
		return judgeKind(beforeLast, string(last) == "token")
	case string(last) == "otp":
		return nameOfCode
	case vagueNames[string(name)]:
		return nameOfVague
	case weakEnds[string(last)], string(last) == "id" && string(beforeLast) == "session":
		return nameOfWeak
	}
	for _, end := range []string{"key", "token"} {
		if kind, found := bytes.CutSuffix(last, []byte(end)); found {
			return judgeKind(kind, end == "token")
		}
	}
	return nameOfNone
}

// judgeKind tells what a kind of key or token is the name of.
func judgeKind(kind []byte, token bool) credentialName {
	switch {
	case keyKinds[string(kind)]:
		return nameOfStrong
	case token && pageKinds[string(kind)]:
		return nameOfNone
	case token || weakKinds[string(kind)]:
		return nameOfWeak
	default:
		return nameOfNone
	}
}

// IsCredentialName reports whether a value of that name may be a secret.
func IsCredentialName(name string) bool { return judge([]byte(name)) != nameOfNone }

// judge is judgeName for a name as somebody wrote it.
func judge(name []byte) credentialName {
	var buffer [2 * maxAssigned]byte
	return judgeName(words(buffer[:0], name[max(0, len(name)-maxAssigned):]))
}

// mayNameCredential reports whether a parameter of a URL has a name whose value
// had better go: a URL shows as much without.
func mayNameCredential(name []byte) bool {
	return judge(name) != nameOfNone || containsAny(bytes.ToLower(name), hints...)
}

// namesToken reports whether a word in a path may stand before a token.
func namesToken(word []byte) bool {
	return len(word) <= maxName && (judge(word) >= nameOfWeak || pathWords[string(bytes.ToLower(word))])
}

// words gives a name in lower case with underscores between its words.
func words(into, name []byte) []byte {
	for i, c := range name {
		switch {
		case !isAlphanumeric(c):
			c = '_'
		case i > 0 && 'A' <= c && c <= 'Z' && 'a' <= name[i-1] && name[i-1] <= 'z':
			into = append(into, '_')
		}
		into = append(into, toLower(c))
	}
	return bytes.Trim(into, "_")
}

// isAbout reports whether a name is of what is about a secret.
func isAbout(name []byte) bool {
	_, last := lastWord(name)
	return plainEnds[string(last)]
}

func lastWord(name []byte) (before, last []byte) {
	at := bytes.LastIndexByte(name, '_')
	return name[:max(at, 0)], name[at+1:]
}

func containsAny(name []byte, parts ...string) bool {
	for _, part := range parts {
		if bytes.Contains(name, []byte(part)) {
			return true
		}
	}
	return false
}
