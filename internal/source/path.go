package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// path leads to a field of an answer, step by step.
type path []pathStep

// pathStep goes to the member of an object, or to every element of a list.
type pathStep struct {
	name     string
	elements bool
}

var (
	plainName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)
	quotedName = regexp.MustCompile(`^"(?:[^"\\]|\\.)*"`)
)

// parsePath reads a path as jq writes it: .meta.request_id, .steps[].heartbeat
// or, where a name is no plain word, .["last-seen"].
func parsePath(text string) (path, error) {
	switch {
	case text == "":
		return nil, errors.New("the path is empty; write one such as .progress")
	case text == ".":
		return nil, errors.New("path . is the whole answer; write that of a field, such as .progress")
	case text[0] != '.':
		return nil, fmt.Errorf("path %q does not begin with a dot; write one such as .progress", text)
	}
	var p path
	for rest := text; rest != ""; {
		step, size, err := parseStep(rest, len(p) == 0)
		if err != nil {
			return nil, fmt.Errorf("path %q: %w", text, err)
		}
		p = append(p, step)
		rest = rest[size:]
	}
	return p, nil
}

// parseStep reads the step that a text begins with.
func parseStep(text string, first bool) (step pathStep, size int, err error) {
	dot := strings.HasPrefix(text, ".")
	rest := strings.TrimPrefix(text, ".")
	size = len(text) - len(rest)
	switch {
	case rest == "":
		return step, 0, errors.New("nothing follows its last dot")
	case strings.HasPrefix(rest, "[]") && (first || !dot):
		return pathStep{elements: true}, size + len("[]"), nil
	case strings.HasPrefix(rest, `["`):
		name, n, err := parseQuoted(rest[1:])
		if err == nil && !strings.HasPrefix(rest[1+n:], "]") {
			err = errors.New("a [ is not closed")
		}
		return pathStep{name: name}, size + n + len("[]"), err
	case rest[0] == '[':
		return step, 0, errors.New("write [] for every element of a list: the place of one is not asked for")
	case !dot:
		return step, 0, fmt.Errorf(`%q is no field; write a dot before a name, and ["…"] around one that is no plain word`, rest)
	case rest[0] == '"':
		name, n, err := parseQuoted(rest)
		return pathStep{name: name}, size + n, err
	}
	name := plainName.FindString(rest)
	if name == "" {
		return step, 0, fmt.Errorf(`%q is no field; write ["…"] around a name that is no plain word`, rest)
	}
	return pathStep{name: name}, size + len(name), nil
}

// parseQuoted reads the JSON string that a text begins with.
func parseQuoted(text string) (name string, size int, err error) {
	literal := quotedName.FindString(text)
	if literal == "" || json.Unmarshal([]byte(literal), &name) != nil {
		return "", 0, errors.New("a quoted name is no JSON string")
	}
	return name, len(literal), nil
}

// String writes a path as parsePath reads it.
func (p path) String() string {
	var text strings.Builder
	for i, s := range p {
		switch {
		case s.elements && i == 0:
			text.WriteString(".[]")
		case s.elements:
			text.WriteString("[]")
		case plainName.FindString(s.name) == s.name && s.name != "":
			text.WriteString("." + s.name)
		default:
			if i == 0 {
				text.WriteByte('.')
			}
			text.WriteByte('[')
			text.Write(appendQuoted(nil, s.name))
			text.WriteByte(']')
		}
	}
	return text.String()
}

// PlaceOf gives a path, as jq writes it, in the form of Signed and Links.
func PlaceOf(text string) (string, error) {
	parsed, err := parsePath(text)
	if err != nil {
		return "", err
	}
	place := ""
	for _, s := range parsed {
		if s.elements {
			place += "[]"
		} else {
			place = joinPath(place, s.name)
		}
	}
	return place, nil
}
