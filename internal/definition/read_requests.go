package definition

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tracker/internal/yamlfile"
)

const (
	// requestsMost is how many requests a definition may name, pagesDefault and
	// pagesMost how many pages one may have.
	requestsMost = 8
	pagesDefault = 10
	pagesMost    = 100
)

// requests reads what a poll asks.
func (rd *reading) requests() {
	nodes := rd.List(rd.s, "requests")
	switch {
	case len(nodes) == 0:
		rd.wrong("requests", errors.New("they are missing; write the path of the status, such as [{path: '/imports/{import_id}'}]"))
	case len(nodes) > requestsMost:
		rd.wrong("requests", fmt.Errorf("there are more than %d", requestsMost))
		return
	}
	sections := make([]yamlfile.Section, len(nodes))
	for i, node := range nodes {
		path := fmt.Sprintf("%s[%d]", rd.at("requests"), i)
		sections[i] = rd.Section(path, node, "name", "path", "query", "headers", "method", "body", "when", "pages", "too_large")
		name := rd.Text(sections[i], "name")
		rd.requestName(path, i, name)
		if name != "" {
			rd.names = append(rd.names, name)
		}
		rd.d.Requests = append(rd.d.Requests, Request{Name: name})
	}
	for i, s := range sections {
		rd.request(i, s, &rd.d.Requests[i])
	}
}

func (rd *reading) requestName(path string, i int, name string) {
	switch {
	case rd.Wrong[path]:
	case i == 0 && name != "":
		rd.Report(path+".name", errors.New("the first request has no name: its answer is the dot"))
	case i > 0 && name == "":
		rd.Report(path, errors.New("each request but the first has a name, by which expressions know its answer"))
	case i > 0 && (!fieldPattern.MatchString(name) || name == "target"):
		rd.Report(path+".name", errors.New("name of a request: write lower-case letters, digits and '_', a letter first, and not target"))
	case slices.Contains(rd.names, name):
		rd.Report(path+".name", fmt.Errorf("request %s is there already", name))
	}
}

// request reads one of them. Its expressions know the answers of those before it.
func (rd *reading) request(i int, s yamlfile.Section, r *Request) {
	field := fmt.Sprintf("requests[%d]", i)
	if path := rd.path(i, s, "path"); path != nil {
		r.path = *path
	} else if !rd.Wrong[s.Path] && !rd.Wrong[s.Path+".path"] {
		rd.Report(s.Path, errors.New("path is missing"))
	}
	r.tooLarge = rd.path(i, s, "too_large")
	r.query = rd.query(i, s)
	r.headers = rd.headers(s)
	rd.body(i, s, r)
	if text, found := s.Values["when"]; found {
		if i == 0 {
			rd.Report(s.Path+".when", errors.New("when: the first request is always sent"))
		} else if r.when = rd.expression(s, "when", field+".when", text); r.when != nil {
			if err := rd.speaksOfBefore(r.when, i); err != nil {
				rd.Report(s.Path+".when", fmt.Errorf("when: %w", err))
			}
		}
	}
	if node, found := s.Values["pages"]; found {
		r.pages = rd.pages(s.Path+".pages", field+".pages", node)
	}
}

// path reads one of a request's paths; nil: there is none.
func (rd *reading) path(i int, s yamlfile.Section, key string) *pathTemplate {
	text := rd.Text(s, key)
	if text == "" {
		return nil
	}
	parsed, err := parsePath(fmt.Sprintf("requests[%d].%s", i, key), text, rd.fields, rd.names, i == 0)
	if err == nil && parsed.jq != nil {
		err = rd.speaksOfBefore(parsed.jq, i)
	}
	if err != nil {
		rd.Report(s.Path+"."+key, fmt.Errorf("%s: %w", key, err))
	}
	return &parsed
}

// speaksOfBefore refuses an expression that speaks of an answer that is not there yet.
func (rd *reading) speaksOfBefore(e *expression, i int) error {
	for _, name := range e.uses {
		if at := slices.IndexFunc(rd.d.Requests, func(r Request) bool { return r.Name == name }); at >= i {
			return fmt.Errorf("$%s is not there yet", name)
		}
	}
	return nil
}

// query reads the parameters of a request.
func (rd *reading) query(i int, s yamlfile.Section) []pair {
	return rd.pairs(s, "query", func(p *pair, text string) (err error) {
		switch {
		case p.name == rd.d.Auth.Query:
			return errors.New("the credential goes there")
		case !strings.Contains(text, `\(`):
			p.value, err = parseTemplate(text, rd.fields)
		case i == 0:
			return errors.New(`of the first request it has no \( ): there is no answer yet`)
		default:
			p.jq, err = rd.computed(i, fmt.Sprintf("requests[%d].query.%s", i, p.name), text)
		}
		return err
	})
}

// computed reads a text with \( ) in it.
func (rd *reading) computed(i int, field, text string) (*expression, error) {
	e, err := parseComputed(field, text, rd.fields, rd.names)
	if err == nil {
		err = rd.speaksOfBefore(e, i)
	}
	return e, err
}

// headers reads the headers of a request.
func (rd *reading) headers(s yamlfile.Section) []pair {
	return rd.pairs(s, "headers", func(p *pair, text string) (err error) {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return errors.New("it has characters that a header cannot have")
		}
		p.value, err = parseTemplate(text, rd.fields)
		return cmp.Or(checkHeader(p.name, rd.d.Auth), err)
	})
}

// pairs reads a mapping of names to texts.
func (rd *reading) pairs(s yamlfile.Section, key string, read func(p *pair, text string) error) (all []pair) {
	texts := rd.Texts(s, key)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		path := yamlfile.PathOf(yamlfile.PathOf(s.Path, key), name)
		p := pair{name: name}
		if err := read(&p, texts[name]); err != nil {
			rd.Report(path, fmt.Errorf("%s %s: %w", key, yamlfile.Quote(name), err))
		}
		all = append(all, p)
	}
	return all
}

// body reads what a POST sends.
func (rd *reading) body(i int, s yamlfile.Section, r *Request) {
	node, has := s.Values["body"]
	switch method := rd.Text(s, "method"); {
	case method != "" && method != "GET" && method != "POST":
		rd.Report(s.Path+".method", fmt.Errorf("method %s is none of GET and POST", yamlfile.Quote(method)))
	case has && method != "POST":
		rd.Report(s.Path+".body", errors.New("body goes with method: POST"))
	case method == "POST" && !has:
		r.body = map[string]any{}
	case has:
		r.body = rd.bodyValue(i, s.Path+".body", rd.Value(s.Path+".body", node))
		if _, ok := r.body.(map[string]any); !ok && !rd.Wrong[s.Path+".body"] {
			rd.Report(s.Path+".body", errors.New("body must be a mapping: it is sent as a JSON object"))
		}
	}
}

// bodyTemplate reads a string of a body. Only {field} of the target is one: a query of
// GraphQL has braces of its own.
func bodyTemplate(text string, fields []string) template {
	var t template
	for text != "" {
		at, field := len(text), ""
		for _, name := range fields {
			if i := strings.Index(text, "{"+name+"}"); i >= 0 && i < at {
				at, field = i, name
			}
		}
		if at > 0 {
			t = append(t, templatePart{text: text[:at]})
		}
		if field == "" {
			break
		}
		t = append(t, templatePart{text: field, field: true})
		text = text[at+len(field)+2:]
	}
	return t
}

// bodyValue makes each string of a body a template in its place or, where it has \( )
// in it, an expression.
func (rd *reading) bodyValue(i int, path string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			v[name] = rd.bodyValue(i, path, inner)
		}
	case []any:
		for n, inner := range v {
			v[n] = rd.bodyValue(i, path, inner)
		}
	case string:
		if !strings.Contains(v, `\(`) {
			return bodyTemplate(v, rd.fields)
		}
		e, err := rd.computed(i, fmt.Sprintf("requests[%d].body", i), v)
		if err != nil {
			rd.Report(path, fmt.Errorf("body: %w", err))
		}
		return e
	}
	return value
}

func (rd *reading) pages(path, field string, node ast.Node) *pages {
	s := rd.Section(path, node, "next", "param", "most")
	p := &pages{param: rd.Text(s, "param"), most: pagesDefault}
	if text, found := s.Values["next"]; found {
		p.next = rd.expression(s, "next", field+".next", text)
	} else if !rd.Wrong[path] {
		rd.Report(path, errors.New("next is missing: the address of the next page, or a token for param"))
	}
	if most := rd.Count(s, "most"); most > 0 {
		p.most = most
	}
	if p.most > pagesMost {
		rd.Report(path+".most", fmt.Errorf("most %d is more than %d", p.most, pagesMost))
	}
	if p.param != "" && p.param == rd.d.Auth.Query {
		rd.Report(path+".param", errors.New("param: the credential goes there"))
	}
	return p
}
