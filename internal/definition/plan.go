package definition

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"tracker/internal/source"
)

// plan is what one poll asks for one target by a definition, as far as it has come.
type plan struct {
	d      *Definition
	target map[string]string
	in     *input     // of what came; its meter runs while Next does
	at     int        // the request whose answers come
	pages  [][][]byte // the answers, by request; nil: it was not sent
	all    any        // those of the request, as one
}

func newPlan(d *Definition, target map[string]string) *plan {
	p := &plan{d: d, target: target, in: newInput(d, target), pages: make([][][]byte, len(d.Requests))}
	p.in.unsent = map[string]bool{}
	for _, r := range d.Requests[1:] {
		p.in.unsent[r.Name] = true
	}
	return p
}

// Next implements source.Plan.
func (p *plan) Next(came [][]byte) (*source.Request, error) {
	if len(came) == 0 {
		p.in.meter.resume(0)
		defer p.in.meter.pause()
		return p.request(0, p.in)
	}
	if !p.d.several() {
		return nil, nil //nolint:nilnil // all is there
	}
	body := came[len(came)-1]
	r := p.d.Requests[p.at]
	p.pages[p.at] = append(p.pages[p.at], body)
	page, err := decode(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", requestName(r.Name), err)
	}
	p.in.meter.resume(len(body))
	defer p.in.meter.pause()
	if next, err := p.take(page); err != nil || next != nil {
		return next, err
	}
	return p.pass()
}

// Join implements source.Plan.
func (p *plan) Join(came [][]byte) []byte {
	if !p.d.several() {
		return came[0]
	}
	var body bytes.Buffer
	body.WriteByte('{')
	for i, answers := range p.pages {
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

// take takes in an answer to the request, and gives the request of the page after it;
// nil: all pages are there.
func (p *plan) take(page any) (*source.Request, error) {
	r, n := p.d.Requests[p.at], len(p.pages[p.at])
	delete(p.in.unsent, r.Name)
	if n == 1 {
		p.all = page
	} else {
		p.all = mergeValues(p.all, page)
	}
	p.in.set(p.d, r.Name, p.all)
	if r.pages == nil || n == r.pages.most {
		return nil, nil //nolint:nilnil // all pages are there
	}
	return p.nextPage(p.at, page, p.in)
}

// pass goes on to the next request that is to be sent; nil: all is there.
func (p *plan) pass() (*source.Request, error) {
	if p.at == 0 && p.isNoStatus(p.in) {
		return nil, nil //nolint:nilnil // there is nothing more to ask
	}
	for p.at++; p.at < len(p.d.Requests); p.at++ {
		if when := p.d.Requests[p.at].when; when != nil {
			if send, err := isTrue(when, p.in); err != nil {
				return nil, err
			} else if !send {
				continue
			}
		}
		return p.request(p.at, p.in)
	}
	return nil, nil //nolint:nilnil // all is there
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
		request.Address, request.TooLarge, request.Query = text, "", nil
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
	var err error
	if made.Address, err = r.path.fill(p.target, in); err == nil && r.tooLarge != nil {
		made.TooLarge, err = r.tooLarge.fill(p.target, in)
	}
	return made, err
}

// fill gives a path for a target and the answers that came.
func (t pathTemplate) fill(target map[string]string, in *input) (string, error) {
	if t.jq == nil {
		return t.template.fill(target, url.PathEscape), nil
	}
	value, _, err := t.jq.one(in)
	if err != nil {
		return "", err
	}
	text, ok := value.(string)
	if !ok || !isEscaped(text) || t.hasNoSegment(text) {
		return "", &runError{t.jq.field, "it is no path with what the answer says put into it"}
	}
	return text, nil
}

// hasNoSegment reports whether something was put into a path that is no segment.
func (t pathTemplate) hasNoSegment(path string) bool {
	path = strings.TrimPrefix(path, "/")
	if t.slashed {
		path = strings.TrimSuffix(path, "/")
	}
	for segment := range strings.SplitSeq(path, "/") {
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
// what the last page says. It works on the pages themselves.
func mergePages(pages []any) any {
	merged := pages[0]
	for _, page := range pages[1:] {
		merged = mergeValues(merged, page)
	}
	return merged
}

// mergeValues is mergePages of two. It changes the first, which would else be copied
// anew for each page.
func mergeValues(first, then any) any {
	switch a := first.(type) {
	case []any:
		if b, ok := then.([]any); ok {
			return append(a, b...)
		}
	case map[string]any:
		if b, ok := then.(map[string]any); ok {
			for name, value := range b {
				if was, has := a[name]; has {
					value = mergeValues(was, value)
				}
				a[name] = value
			}
			return a
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
