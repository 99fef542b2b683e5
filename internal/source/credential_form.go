package source

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"tracker/internal/redact"
)

const (
	// byteOrderMark is what some editors begin a file with.
	byteOrderMark = "\ufeff"
	// quotes are what is put around a value that is no part of it.
	quotes = "\"'`“”‘’«»"
)

// assignment is the beginning of a line such as KEY=value, as shells and .env
// files have it. What ends in an = may be base64.
var assignment = regexp.MustCompile(`^(?:export[ \t]+)?(?:[A-Z_][A-Z0-9_]*|([A-Za-z0-9_.-]+))[ \t]*=[ \t]*[^= \t]`)

// contentOf gives the credential that the content of a file is: a mark of its
// encoding and the line's end are none of it.
func contentOf(file string) string {
	return strings.TrimRight(strings.TrimPrefix(file, byteOrderMark), "\r\n")
}

// checkCredentialForm refuses what no service gives for a credential: what was
// copied along with it, often unseen. The error says what is odd, and shows
// nothing of it.
func checkCredentialForm(value string) error {
	switch {
	case value == "":
		return errors.New("empty or not set")
	case strings.HasPrefix(value, "\xff\xfe") || strings.HasPrefix(value, "\xfe\xff"):
		return errors.New("it is in UTF-16: write it in UTF-8")
	case !utf8.ValidString(value):
		return errors.New("it is not in UTF-8")
	case strings.ContainsFunc(value, unicode.IsControl):
		return errors.New("holds a line break or another control character")
	case strings.Trim(value, " ") != value:
		return errors.New("it begins or ends with a blank: write the value alone")
	case strings.ContainsFunc(value, isUnseen):
		return fmt.Errorf("holds %s, which was copied along with it: write the value anew", unseen(value))
	case isAssignment(value):
		return errors.New("it reads as NAME=VALUE: write the value alone")
	case isQuoted(value):
		return errors.New("it stands in quotes: write the value alone")
	}
	return nil
}

// isAssignment reports whether a value is one with its name. A name that is not in
// capitals has to be that of a credential.
func isAssignment(value string) bool {
	found := assignment.FindStringSubmatch(value)
	if found == nil {
		return false
	}
	name := found[1]
	return name == "" || redact.IsCredentialName(name) || strings.HasSuffix(strings.ToLower(name), "key")
}

// isUnseen reports whether nobody sees a char, or sees a blank in its place.
func isUnseen(r rune) bool {
	return r != ' ' && (unicode.IsSpace(r) || unicode.Is(unicode.Cf, r))
}

// unseen names the first of them.
func unseen(value string) string {
	r, _ := utf8.DecodeRuneInString(value[strings.IndexFunc(value, isUnseen):])
	kind := "an invisible character"
	if unicode.IsSpace(r) {
		kind = "a space of another kind"
	}
	return fmt.Sprintf("%s (%U)", kind, r)
}

func isQuoted(value string) bool {
	first, _ := utf8.DecodeRuneInString(value)
	last, _ := utf8.DecodeLastRuneInString(value)
	return strings.ContainsRune(quotes, first) || strings.ContainsRune(quotes, last)
}
