package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"tracker/internal/jsonscan"
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
	return storable(string(jsonscan.Unquote(v)))
}

// raw gives the JSON text itself, as valid UTF-8.
func (v value) raw() string { return storable(string(v)) }

// Storable replaces what Postgres cannot keep in a text by U+FFFD.
func Storable(text string) string { return storable(text) }

// storable replaces what Postgres cannot keep in a text by U+FFFD.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// members gives the members of an object, in order and with those that have
// the same name.
func (v value) members() []member { return v.appendMembers(make([]member, 0, 4)) }

// appendMembers adds the members of an object to others.
func (v value) appendMembers(members []member) []member {
	for i := jsonscan.SkipSpace(v, 1); v[i] != '}'; {
		end := jsonscan.SkipString(v, i)
		name := jsonscan.Unquote(v[i:end])
		i = jsonscan.SkipSpace(v, jsonscan.SkipSpace(v, end)+len(":"))
		end = jsonscan.SkipValue(v, i)
		members = append(members, member{name, v[i:end]})
		i = jsonscan.SkipComma(v, end)
	}
	return members
}

// elements gives the elements of a list with their indexes; nil has none.
func (v value) elements() iter.Seq2[int, value] {
	return func(yield func(int, value) bool) {
		if v == nil {
			return
		}
		for i, n := jsonscan.SkipSpace(v, 1), 0; v[i] != ']'; n++ {
			end := jsonscan.SkipValue(v, i)
			if !yield(n, v[i:end]) {
				return
			}
			i = jsonscan.SkipComma(v, end)
		}
	}
}
