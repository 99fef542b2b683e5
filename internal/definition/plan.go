package definition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tracker/internal/source"
)

// plan is what a definition asks for one target. It keeps nothing of a poll.
type plan struct {
	d      *Definition
	target map[string]string
}

func newPlan(d *Definition, target map[string]string) *plan { return &plan{d, target} }

// progress is how far a poll has come: which request each answer is of.
type progress struct {
	pages  [][][]byte // the answers, by request; nil: it was not sent
	unsent map[string]bool
	next   *source.Request // nil: all is there
}

// Next implements source.Plan.
func (p *plan) Next(came [][]byte) (*source.Request, error) {
	if len(came) == 0 {
		return p.request(0, newInput(p.d, p.target, 0))
	}
	if !p.d.several() {
		return nil, nil //nolint:nilnil // all is there
	}
	at, err := p.follow(came)
	return at.next, err
}

// Join implements source.Plan.
func (p *plan) Join(came [][]byte) []byte {
	if !p.d.several() {
		return came[0]
	}
	at, _ := p.follow(came)
	var body bytes.Buffer
	body.WriteByte('{')
	for i, answers := range at.pages {
		if len(answers) == 0 {
			continue
		}
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, "%q:", p.d.Requests[i].Name)
		if p.d.Requests[i].pages == nil {
			body.Write(answers[0])
			continue
		}
		body.WriteByte('[')
		body.Write(bytes.Join(answers, []byte{','}))
		body.WriteByte(']')
	}
	body.WriteByte('}')
	return body.Bytes()
}

// follow goes through the requests as they were sent, and finds the one that follows.
func (p *plan) follow(came [][]byte) (progress, error) {
	at := progress{pages: make([][][]byte, len(p.d.Requests)), unsent: map[string]bool{}}
	for _, r := range p.d.Requests[1:] {
		at.unsent[r.Name] = true
	}
	size := 0
	for _, body := range came {
		size += len(body)
	}
	in := newInput(p.d, p.target, size)
	in.unsent = at.unsent
	left := came
	for i, r := range p.d.Requests {
		if i > 0 && i == 1 && p.isNoStatus(in) {
			return at, nil
		}
		if r.when != nil {
			if send, err := isTrue(r.when, in); err != nil || !send {
				if err != nil {
					return at, err
				}
				continue
			}
		}
		if len(left) == 0 {
			var err error
			at.next, err = p.request(i, in)
			return at, err
		}
		delete(at.unsent, r.Name)
		first := len(came) - len(left)
		next, err := p.pagesOf(i, &left, in)
		at.pages[i] = came[first : len(came)-len(left)]
		if err != nil || next != nil {
			at.next = next
			return at, err
		}
	}
	return at, nil
}

// isNoStatus reports whether the first answer is a 200 that is none: then there is
// nothing more to ask.
func (p *plan) isNoStatus(in *input) bool {
	if p.d.Error == nil {
		return false
	}
	_, rejected, err := rejection(p.d, in)
	return err != nil || rejected
}

// pagesOf takes the answers to one request from those that are left, and gives the
// request of the page that is missing.
func (p *plan) pagesOf(i int, left *[][]byte, in *input) (*source.Request, error) {
	r := p.d.Requests[i]
	most := 1
	if r.pages != nil {
		most = r.pages.most
	}
	for n, all := 1, any(nil); ; n++ {
		body := (*left)[0]
		*left = (*left)[1:]
		page, err := decode(body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", requestName(r.Name), err)
		}
		if n == 1 {
			all = page
		} else {
			all = mergeValues(all, page)
		}
		in.set(p.d, r.Name, all)
		if r.pages == nil || n == most {
			return nil, nil //nolint:nilnil // all pages are there
		}
		next, err := p.nextPage(i, page, in)
		if err != nil || next == nil || len(*left) == 0 {
			return next, err
		}
	}
}

// nextPage gives the request of the page after one; nil: it is the last.
func (p *plan) nextPage(i int, page any, in *input) (*source.Request, error) {
	r := p.d.Requests[i]
	token, found, err := r.pages.next.one(in.with(page))
	if err != nil {
		return nil, err
	}
	text, ok := scalarText(token)
	switch {
	case !found || token == nil || token == false || token == "":
		return nil, nil //nolint:nilnil // it is the last
	case !ok:
		return nil, &runError{r.pages.next.field, wantText(token)}
	}
	request, err := p.request(i, in)
	if err != nil {
		return nil, err
	}
	if r.pages.param != "" {
		request.Query.Set(r.pages.param, text)
	} else {
		request.Address, request.Query = text, nil
	}
	return request, nil
}

// request makes one of the definition's requests.
func (p *plan) request(i int, in *input) (*source.Request, error) {
	r := p.d.Requests[i]
	made := &source.Request{Name: r.Name, Query: fillQuery(r.query, p.target)}
	if err := computeQuery(made.Query, r.query, in); err != nil {
		return nil, err
	}
	if len(r.headers) > 0 {
		made.Header = fillHeader(r.headers, p.target)
	}
	if r.body != nil {
		body, err := fillBody(r.body, p.target, in)
		if err == nil {
			made.Body, err = json.Marshal(body)
		}
		if err != nil {
			return nil, err
		}
	}
	if r.path.jq == nil {
		made.Address = r.path.template.fill(p.target, url.PathEscape)
		return made, nil
	}
	value, _, err := r.path.jq.one(in)
	if err != nil {
		return nil, err
	}
	text, ok := value.(string)
	if !ok || !isEscaped(text) || slices.ContainsFunc(strings.Split(text, "/"), func(s string) bool { return s == "." || s == ".." || s == "" }) && strings.Trim(text, "/") != "" && hasEmptySegment(text) {
		return nil, &runError{r.path.jq.field, "it is no path with what the answer says put into it"}
	}
	made.Address = text
	return made, nil
}

// hasEmptySegment reports whether something was put into a path that is no segment.
func hasEmptySegment(path string) bool {
	for segment := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if segment == "" || segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// computeQuery sets the parameters that jq computes.
func computeQuery(query url.Values, pairs []pair, in *input) error {
	for _, p := range pairs {
		if p.jq == nil {
			continue
		}
		value, _, err := p.jq.one(in)
		if err != nil {
			return err
		}
		text, ok := scalarText(value)
		if !ok {
			return &runError{p.jq.field, wantText(value)}
		}
		query.Set(p.name, text)
	}
	return nil
}

func fillBody(value any, target map[string]string, in *input) (filled any, err error) {
	switch v := value.(type) {
	case template:
		return v.fill(target, nil), nil
	case *expression:
		filled, _, err = v.one(in)
		return filled, err
	case map[string]any:
		members := make(map[string]any, len(v))
		for name, inner := range v {
			if members[name], err = fillBody(inner, target, in); err != nil {
				return nil, err
			}
		}
		return members, nil
	case []any:
		elements := make([]any, len(v))
		for i, inner := range v {
			if elements[i], err = fillBody(inner, target, in); err != nil {
				return nil, err
			}
		}
		return elements, nil
	default:
		return v, nil
	}
}

func requestName(name string) string {
	if name == "" {
		return "the answer"
	}
	return "request " + name
}

// isTrue reports whether an expression yields something that counts as true.
func isTrue(e *expression, in *input) (bool, error) {
	value, found, err := e.one(in)
	return found && value != nil && value != false, err
}

// mergePages makes one answer of pages: lists one after the other, of anything else
// what the last page says.
func mergePages(pages []any) any {
	merged := pages[0]
	for _, page := range pages[1:] {
		merged = mergeValues(merged, page)
	}
	return merged
}

func mergeValues(first, then any) any {
	switch a := first.(type) {
	case []any:
		if b, ok := then.([]any); ok {
			return append(slices.Clip(a), b...)
		}
	case map[string]any:
		if b, ok := then.(map[string]any); ok {
			merged := maps.Clone(a)
			for name, value := range b {
				if was, has := merged[name]; has {
					value = mergeValues(was, value)
				}
				merged[name] = value
			}
			return merged
		}
	}
	return then
}

// scalarText gives a string, a number or a boolean as text.
func scalarText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return source.Storable(v), true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	default:
		return numberText(v)
	}
}
