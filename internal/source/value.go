package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// value is the text of one JSON value, valid and without space around it. It
// is read where it stands: encoding/json would match names whatever their
// case, and lose what was listed twice.
type value []byte

// jsonKind is a type of JSON value, in the words of an error.
type jsonKind string

const (
	kindObject  jsonKind = "an object"
	kindList    jsonKind = "a list"
	kindString  jsonKind = "a string"
	kindNumber  jsonKind = "a number"
	kindBoolean jsonKind = "a boolean"
	kindNull    jsonKind = "null"
)

// member is a name of an object with its value. The name is unquoted, but may
// hold what Postgres cannot keep.
type member struct {
	name  []byte
	value value
}

// parse gives the one value that body holds.
func parse(body []byte) (value, error) {
	if json.Valid(body) {
		return value(bytes.TrimSpace(body)), nil
	}
	var unread json.RawMessage
	return nil, fmt.Errorf("%w: %w", ErrNotJSON, json.Unmarshal(body, &unread))
}

func (v value) kind() jsonKind {
	switch v[0] {
	case '{':
		return kindObject
	case '[':
		return kindList
	case '"':
		return kindString
	case 't', 'f':
		return kindBoolean
	case 'n':
		return kindNull
	default:
		return kindNumber
	}
}

// text gives a string as valid UTF-8 without NUL: what Postgres cannot keep
// becomes U+FFFD.
func (v value) text() string {
	if bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v) {
		return string(v[1 : len(v)-1])
	}
	return storable(string(unquote(v)))
}

// raw gives the JSON text itself, as valid UTF-8.
func (v value) raw() string { return storable(string(v)) }

// storable replaces what Postgres cannot keep in a text by U+FFFD.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// unquote gives what a string literal stands for. Lone surrogates become
// U+FFFD, and where there is an escape invalid bytes do too.
func unquote(literal []byte) []byte {
	if bytes.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1]
	}
	var text string
	_ = json.Unmarshal(literal, &text) // a valid literal is always read
	return []byte(text)
}

// members gives the members of an object, in order and with those that have
// the same name.
func (v value) members() []member {
	members := make([]member, 0, 4)
	for i := skipSpace(v, 1); v[i] != '}'; {
		end := skipString(v, i)
		name := unquote(v[i:end])
		i = skipSpace(v, skipSpace(v, end)+len(":"))
		end = skipValue(v, i)
		members = append(members, member{name, v[i:end]})
		i = skipComma(v, end)
	}
	return members
}

// elements gives the elements of a list with their indexes; nil has none.
func (v value) elements() iter.Seq2[int, value] {
	return func(yield func(int, value) bool) {
		if v == nil {
			return
		}
		for i, n := skipSpace(v, 1), 0; v[i] != ']'; n++ {
			end := skipValue(v, i)
			if !yield(n, v[i:end]) {
				return
			}
			i = skipComma(v, end)
		}
	}
}

func skipComma(text []byte, i int) int {
	i = skipSpace(text, i)
	if text[i] == ',' {
		return skipSpace(text, i+1)
	}
	return i
}

func skipSpace(text []byte, i int) int {
	for text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r' {
		i++
	}
	return i
}

// skipString gives the index after the string literal that begins at i, or
// the length of text where the literal does not end.
func skipString(text []byte, i int) int {
	for i++; ; i++ {
		next := bytes.IndexByte(text[i:], '"')
		if next < 0 {
			return len(text)
		}
		i += next
		if !escaped(text, i) {
			return i + 1
		}
	}
}

// escaped reports whether an odd number of backslashes stands before i.
func escaped(text []byte, i int) bool {
	start := i
	for start > 0 && text[start-1] == '\\' {
		start--
	}
	return (i-start)%2 == 1
}

// skipValue gives the index after the value that begins at i.
func skipValue(text []byte, i int) int {
	for depth := 0; ; {
		switch text[i] {
		case '"':
			i = skipString(text, i)
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
			continue
		default:
			i = skipWord(text, i)
		}
		if depth == 0 {
			return i
		}
	}
}

// skipWord gives the index after the number, boolean or null that begins at i.
func skipWord(text []byte, i int) int {
	for i < len(text) {
		switch text[i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}
