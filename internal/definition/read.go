package definition

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/yamlfile"
)

// keys are those of a definition, in the order in which it is stored.
var keys = []string{
	"name", "title", "docs", "base_url", "auth", "rate_limit", "schedule", "tracks", "target", "requests", "error", "run_id", "status",
	"started_at", "ended_at", "error_summary", "result_count", "result_expires_at", "steps", "entries", "items",
	"states", "step_states", "levels", "order", "times", "volatile", "signed", "tests",
}

var (
	namePattern  = regexp.MustCompile(`\A[a-z0-9][a-z0-9._-]{0,62}\z`)
	fieldPattern = regexp.MustCompile(`\A[a-z][a-z0-9_]{0,62}\z`)
)

var errEmpty = errors.New("it defines nothing")

// Parse reads a file of one definition, or of a list of them under providers:. Its
// error joins one yamlfile.FileError for each thing that is wrong.
func Parse(name string, data []byte) ([]*Definition, error) {
	r := yamlfile.NewReader(name)
	var read []*Definition
	if body := r.Parse(data, errEmpty); body != nil {
		read = parse(r, body)
	}
	if len(r.Errs) > 0 {
		return nil, yamlfile.Join(r.Errs)
	}
	return read, nil
}

func parse(r *yamlfile.Reader, body ast.Node) (read []*Definition) {
	root, isList := r.Only("", body, "providers")
	if !isList {
		return []*Definition{Read(r, "", body)}
	}
	for i, node := range r.List(root, "providers") {
		read = append(read, Read(r, fmt.Sprintf("providers[%d]", i), node))
	}
	if len(read) == 0 {
		r.Report("", errEmpty)
	}
	return read
}

// reading is a definition that is being read.
type reading struct {
	*yamlfile.Reader
	s      yamlfile.Section
	d      *Definition
	fields []string // of the target
	names  []string // of the requests that have one
}

// Read reads the definition that stands at a path. What is wrong r reports.
func Read(r *yamlfile.Reader, path string, node ast.Node) *Definition {
	before := len(r.Errs)
	rd := &reading{Reader: r, s: r.Section(path, node, keys...), d: &Definition{}}
	d := rd.d
	d.Name = rd.Text(rd.s, "name")
	rd.wrong("name", checkName(d.Name))
	d.Title, d.Docs = rd.Text(rd.s, "title"), rd.Text(rd.s, "docs")
	if d.Docs != "" {
		rd.wrong("docs", checkAddress(d.Docs))
	}
	if d.BaseURL = rd.Text(rd.s, "base_url"); d.BaseURL != "" {
		rd.wrong("base_url", source.CheckBaseURL(d.BaseURL))
	}
	rd.auth()
	rd.pace()
	rd.target()
	rd.requests()
	rd.expressions()
	rd.words()
	d.Times = rd.times()
	d.Volatile, d.Signed = rd.paths("volatile"), rd.paths("signed")
	rd.tests()
	if len(r.Errs) == before {
		if value, ok := r.Value(path, node).(map[string]any); ok {
			d.Text = canonical(value)
		}
	}
	return d
}

// at is the path of a key of the definition.
func (rd *reading) at(key string) string { return yamlfile.PathOf(rd.s.Path, key) }

// wrong reports what is wrong with a key, unless it could not even be read.
func (rd *reading) wrong(key string, err error) {
	if path := rd.at(key); err != nil && !rd.Wrong[path] && !rd.Wrong[rd.s.Path] {
		rd.Report(path, fmt.Errorf("%s: %w", key, err))
	}
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("it is missing")
	case !namePattern.MatchString(name):
		return fmt.Errorf("%s is not allowed; write lower-case letters, digits, '.', '_' and '-', at most 63, a letter or digit first", yamlfile.Quote(name))
	}
	if source.IsCode(name) {
		return fmt.Errorf("%s is a provider in code; take another name", yamlfile.Quote(name))
	}
	return nil
}

func checkAddress(text string) error {
	address, err := url.Parse(text)
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || address.User != nil {
		return errors.New("it is no address; write one that begins with https://")
	}
	return nil
}

// ownHeaders are those that the tracker, or HTTP itself, sets.
var ownHeaders = []string{
	"user-agent", "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "trailer", "upgrade",
	"keep-alive", "proxy-authorization", "proxy-connection", "expect", "cookie", "authorization",
}

var headerPattern = regexp.MustCompile("\\A[A-Za-z0-9!#$%&'*+.^_`|~-]+\\z")

func checkHeader(name string, auth Auth) error {
	switch {
	case !headerPattern.MatchString(name):
		return fmt.Errorf("%s is no name of a header", yamlfile.Quote(name))
	case slices.Contains(ownHeaders, strings.ToLower(name)) || strings.EqualFold(name, auth.Header):
		return fmt.Errorf("the tracker sets the header %s itself", name)
	}
	return nil
}

// auth reads where the credential goes: one of four forms.
func (rd *reading) auth() {
	node, found := rd.s.Values["auth"]
	if !found {
		rd.wrong("auth", errors.New("it is missing; write one of {bearer: true}, {header: NAME}, {basic: true}, {query: NAME}"))
		return
	}
	s := rd.Section(rd.at("auth"), node, "header", "prefix", "bearer", "basic", "query")
	bearer, basic := rd.flag(s, "bearer"), rd.flag(s, "basic")
	a := Auth{Header: rd.Text(s, "header"), Basic: basic, Query: rd.Text(s, "query")}
	if _, found := s.Values["prefix"]; found {
		a.Prefix = rd.Text(s, "prefix")
	}
	forms := 0
	for _, has := range []bool{a.Header != "", bearer, basic, a.Query != ""} {
		if has {
			forms++
		}
	}
	switch {
	case forms != 1:
		rd.wrong("auth", errors.New("write one of header, bearer, basic and query"))
	case a.Prefix != "" && a.Header == "":
		rd.wrong("auth", errors.New("prefix goes with header"))
	case a.Header != "" && !strings.EqualFold(a.Header, "Authorization"):
		rd.wrong("auth", checkHeader(a.Header, Auth{}))
	case strings.ContainsFunc(a.Prefix, func(r rune) bool { return r < ' ' || r > '~' }):
		rd.wrong("auth", errors.New("prefix has characters that a header cannot have"))
	}
	if bearer {
		a.Header, a.Prefix = "Authorization", "Bearer "
	}
	if basic {
		a.Header = "Authorization"
	}
	rd.d.Auth = a
}

// flag reads a key that may be true, and is left out for false.
func (rd *reading) flag(s yamlfile.Section, key string) bool {
	if _, found := s.Values[key]; !found {
		return false
	}
	if text := rd.Text(s, key); text != "true" {
		rd.Report(yamlfile.PathOf(s.Path, key), fmt.Errorf("%s: write true, or leave it out", key))
	}
	return true
}

// pace reads how often may be asked, and what is tracked.
func (rd *reading) pace() {
	d := rd.d
	d.RateEvery, d.RateBurst = defaultRateEvery, defaultRateBurst
	if node, found := rd.s.Values["rate_limit"]; found {
		rate := rd.Section(rd.at("rate_limit"), node, "every", "burst")
		if every := rd.Duration(rate, "every"); every > 0 {
			d.RateEvery = every
			rd.wrong("rate_limit", source.CheckRateEvery(every))
		}
		if burst := rd.Count(rate, "burst"); burst > 0 {
			d.RateBurst = burst
			rd.wrong("rate_limit", source.CheckRateBurst(burst))
		}
	}
	d.Schedule = defaultSchedule
	if text := rd.Text(rd.s, "schedule"); text != "" {
		d.Schedule = text
		_, err := schedule.Parse(text)
		rd.wrong("schedule", err)
	}
	switch d.Tracks = rd.Text(rd.s, "tracks"); d.Tracks {
	case TracksOne, TracksLatest:
	case "":
		rd.wrong("tracks", errors.New("it is missing; write one for this import, finished once it has ended, or latest for whatever import is the newest"))
	default:
		rd.wrong("tracks", fmt.Errorf("%s is neither one nor latest", yamlfile.Quote(d.Tracks)))
	}
}

// target reads the fields of a job's target.
func (rd *reading) target() {
	nodes := rd.List(rd.s, "target")
	if len(nodes) == 0 {
		rd.wrong("target", errors.New("it is missing; write the fields that a job names, such as [{name: import_id}]"))
	}
	for i, node := range nodes {
		path := fmt.Sprintf("%s[%d]", rd.at("target"), i)
		s := rd.Section(path, node, "name", "pattern")
		field := Field{Name: rd.Text(s, "name"), Pattern: rd.Text(s, "pattern")}
		switch _, err := regexp.Compile(field.Pattern); {
		case rd.Wrong[path]:
		case !fieldPattern.MatchString(field.Name):
			rd.Report(path+".name", errors.New("name of a field: write lower-case letters, digits and '_', a letter first"))
		case slices.Contains(rd.fields, field.Name):
			rd.Report(path+".name", fmt.Errorf("field %s is there already", field.Name))
		case err != nil:
			rd.Report(path+".pattern", errors.New("pattern: it is no regular expression of Go"))
		}
		rd.fields = append(rd.fields, field.Name)
		rd.d.Target = append(rd.d.Target, field)
	}
}

// paths reads a list of paths into the answers.
func (rd *reading) paths(key string) []string {
	read := rd.Lines(rd.s, key)
	for i, text := range read {
		if _, _, err := rd.d.place(text); err != nil {
			rd.Report(fmt.Sprintf("%s[%d]", rd.at(key), i), fmt.Errorf("%s: %w", key, err))
		}
	}
	return read
}

// place gives a path into what is stored: as jq writes it, and as redaction does.
func (d *Definition) place(text string) (stored, plain string, err error) {
	name, rest := "", text
	if after, named := strings.CutPrefix(text, "$"); named {
		end := strings.IndexAny(after, ".[")
		if end < 0 {
			end = len(after)
		}
		name, rest = after[:end], after[end:]
		if strings.HasPrefix(rest, "[") {
			rest = "." + rest // as the path of an answer begins
		}
	}
	at := slices.IndexFunc(d.Requests, func(r Request) bool { return r.Name == name })
	if at < 0 {
		return "", "", fmt.Errorf("path %s: no request has the name %s", yamlfile.Quote(text), yamlfile.Quote(name))
	}
	if _, err := source.PlaceOf(rest); err != nil {
		return "", "", err
	}
	if !d.several() {
		plain, err = source.PlaceOf(rest)
		return rest, plain, err
	}
	stored = `.["` + name + `"]`
	if d.Requests[at].pages != nil {
		stored += "[]"
	}
	if strings.HasPrefix(rest, ".[") {
		rest = rest[1:]
	}
	plain, err = source.PlaceOf(stored + rest)
	return stored + rest, plain, err
}
