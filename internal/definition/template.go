package definition

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// template is a text with fields of the target in it: "{project}".
type template []templatePart

// templatePart is a text as it stands, or a field.
type templatePart struct {
	text  string
	field bool
}

// parseTemplate reads a text. {{ and }} stand for the braces themselves.
func parseTemplate(text string, fields []string) (template, error) {
	var t template
	var plain strings.Builder
	for text != "" {
		open := strings.IndexAny(text, "{}")
		if open < 0 {
			plain.WriteString(text)
			break
		}
		plain.WriteString(text[:open])
		rest := text[open+1:]
		switch {
		case strings.HasPrefix(rest, text[open:open+1]):
			plain.WriteByte(text[open])
			text = rest[1:]
			continue
		case text[open] == '}':
			return nil, errors.New("} closes nothing; write }} for the sign itself")
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, errors.New("{ is not closed; write {{ for the sign itself")
		}
		if !slices.Contains(fields, name) {
			return nil, fmt.Errorf("{%s} is no field of the target, which has %s", shorten(name), strings.Join(fields, ", "))
		}
		if plain.Len() > 0 {
			t = append(t, templatePart{text: plain.String()})
			plain.Reset()
		}
		t = append(t, templatePart{text: name, field: true})
		text = after
	}
	if plain.Len() > 0 {
		t = append(t, templatePart{text: plain.String()})
	}
	return t, nil
}

// fill gives the text for a target, each field as escape makes it; nil: as it is.
func (t template) fill(target map[string]string, escape func(string) string) string {
	var text strings.Builder
	for _, part := range t {
		switch {
		case !part.field:
			text.WriteString(part.text)
		case escape != nil:
			text.WriteString(escape(target[part.text]))
		default:
			text.WriteString(target[part.text])
		}
	}
	return text.String()
}

// pathTemplate is the path of a request: a template or, where it has \( ) in it, a
// jq string.
type pathTemplate struct {
	template template
	jq       *expression // nil: template
	slashed  bool        // jq ends in a / that stands there
}

// parsePath reads a path. In both forms what is put in becomes part of one segment.
func parsePath(field, text string, fields, names []string, first bool) (pathTemplate, error) {
	switch {
	case !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//"):
		return pathTemplate{}, errors.New("a path begins with one /; the host is that of base_url")
	case !strings.Contains(text, `\(`):
		if err := checkPathText(text); err != nil {
			return pathTemplate{}, err
		}
		t, err := parseTemplate(text, fields)
		if err == nil && slices.ContainsFunc(strings.Split(text, "/"), func(s string) bool { return s == "." || s == ".." }) {
			err = errors.New("a path has no . and .. in it")
		}
		if err == nil && !isEscaped(t.fill(nil, nil)) {
			err = errors.New("a path is written as in an address: percent-encode what is not allowed there")
		}
		return pathTemplate{template: t}, err
	case first:
		return pathTemplate{}, errors.New(`the path of the first request has no \( ): there is no answer yet`)
	}
	literal, err := jqString(text, fields, checkPathText)
	if err != nil {
		return pathTemplate{}, err
	}
	query, err := gojq.Parse("@uri " + literal)
	if err != nil {
		_, message := parseErrorAt(err)
		return pathTemplate{}, fmt.Errorf("as a jq string: %s", message)
	}
	if query.Term == nil || query.Term.Type != gojq.TermTypeFormat || query.Term.Str == nil || len(query.Term.SuffixList) > 0 {
		return pathTemplate{}, errors.New(`it is no single jq string; write \" for a quote outside of \( )`)
	}
	code, err := compileQuery(field, query, names, fields)
	return pathTemplate{jq: code, slashed: strings.HasSuffix(text, "/")}, err
}

// parseComputed reads a text with \( ) in it: a jq string or, where it is one \( )
// alone, whatever the program in it yields.
func parseComputed(field, text string, fields, names []string) (*expression, error) {
	program := ""
	if end := interpolationEnd(text); strings.HasPrefix(text, `\(`) && end == len(text) {
		program = text[2 : end-1]
	} else {
		var err error
		if program, err = jqString(text, fields, func(string) error { return nil }); err != nil {
			return nil, err
		}
	}
	e, err := compile(field, program, names, fields)
	if err != nil {
		_, message := parseErrorAt(err)
		return nil, fmt.Errorf("jq: %s", message)
	}
	return e, nil
}

func checkPathText(text string) error {
	if strings.ContainsAny(text, "?#") {
		return errors.New("a path has no ? and no #; write query: {name: value}")
	}
	return nil
}

// isEscaped reports whether a path may stand in an address as it is.
func isEscaped(path string) bool {
	parsed, err := url.Parse("http://host" + path)
	return err == nil && parsed.EscapedPath() == path
}

// jqString makes a text the literal of a jq string, with the fields of the target
// outside of its \( ) as such. What stands outside is checked.
func jqString(text string, fields []string, check func(plain string) error) (string, error) {
	var out strings.Builder
	out.WriteByte('"')
	for text != "" {
		open := strings.Index(text, `\(`)
		plain := text
		if open >= 0 {
			plain = text[:open]
		}
		t, err := parseTemplate(plain, fields)
		if err := cmp.Or(check(plain), err); err != nil {
			return "", err
		}
		for _, part := range t {
			if part.field {
				fmt.Fprintf(&out, `\($target[%q])`, part.text)
			} else {
				out.WriteString(part.text)
			}
		}
		if open < 0 {
			break
		}
		end := interpolationEnd(text[open:])
		if end < 0 {
			return "", errors.New(`\( is not closed`)
		}
		fmt.Fprintf(&out, `\((%s) | %s)`, text[open+2:open+end-1], putIn)
		text = text[open+end:]
	}
	out.WriteByte('"')
	return out.String(), nil
}

// interpolationEnd gives where the \( ) ends that a text begins with; -1: it does not.
func interpolationEnd(text string) int {
	depth, quoted := 0, false
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// shorten gives the beginning of a text that may be of any length.
func shorten(text string) string {
	const shown = 80
	if runes := []rune(text); len(runes) > shown {
		return string(runes[:shown]) + "…"
	}
	return text
}
