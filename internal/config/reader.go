package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// errEmpty refuses an empty file: with --prune it would remove every job.
var errEmpty = errors.New("it declares nothing; for that write sources: [] and jobs: []")

// reader turns YAML into a File and keeps the place of all it reads. It goes on
// after an error, so that all errors are reported: a field that cannot be read
// stays zero, and its path is kept in wrong, lest it is reported as missing too.
type reader struct {
	file    *File
	errs    []*FileError
	wrong   map[string]bool // paths that have an error of their own
	anchors map[string]ast.Node
	merges  int // mappings merged so far
	depth   int // merge keys that are being read
	above   int // lines of the file above those that are being read
}

// placeOf is where a node stands in the file.
func (r *reader) placeOf(node ast.Node) place {
	at := placeOf(node)
	at.line += r.above
	return at
}

// read reads a file, a large one in pieces where that can be done.
func (r *reader) read(data []byte) {
	if pieces := split(string(data)); len(pieces) > 1 {
		begun := *r.file
		for _, piece := range pieces {
			r.above = piece.above
			r.readWhole([]byte(piece.text))
		}
		r.above = 0
		if len(r.errs) == 0 {
			return
		}
		*r = reader{file: r.file, wrong: map[string]bool{}} // it is told better of the whole
		*r.file = begun
		clear(r.file.places)
	}
	r.readWhole(data)
}

// readWhole reads a document, and adds what it declares.
func (r *reader) readWhole(data []byte) {
	body := r.parse(data)
	if body == nil {
		return
	}
	root := r.section("", body, "sources", "jobs")
	if len(root.values) == 0 && len(r.errs) == 0 {
		r.report("", errEmpty)
	}
	for i, node := range r.list(root, "sources") {
		s := r.source(r.section(sourcePath(i), node,
			"name", "provider", "credential", "base_url", "schedule", "active_every", "rate_limit", "volatile"))
		r.file.Sources = append(r.file.Sources, s.WithDefaults())
	}
	for _, node := range r.list(root, "jobs") {
		r.file.Jobs = append(r.file.Jobs, r.job(r.section(jobPath(len(r.file.Jobs)), node,
			"name", "source", "target", "labels", "schedule", "stall_after")))
	}
}

func (r *reader) source(s section) Source {
	rate := section{}
	if node, found := s.values["rate_limit"]; found {
		rate = r.section(s.path+".rate_limit", node, "every", "burst")
	}
	return Source{
		Name:        r.text(s, "name"),
		Provider:    r.text(s, "provider"),
		Credential:  r.text(s, "credential"),
		BaseURL:     r.text(s, "base_url"),
		Schedule:    r.text(s, "schedule"),
		ActiveEvery: r.duration(s, "active_every"),
		Rate:        Rate{Every: r.duration(rate, "every"), Burst: r.count(rate, "burst")},
		Volatile:    r.lines(s, "volatile"),
	}
}

func (r *reader) job(s section) Job {
	return Job{
		Name:       r.text(s, "name"),
		Source:     r.text(s, "source"),
		Target:     r.texts(s, "target"),
		Labels:     r.texts(s, "labels"),
		Schedule:   r.text(s, "schedule"),
		StallAfter: r.duration(s, "stall_after"),
	}
}

// parse returns the one document of a file, nil where it cannot be read.
func (r *reader) parse(data []byte) ast.Node {
	text, _ := strings.CutPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		r.report("", errors.New("it is not UTF-8 text"))
		return nil
	}
	parsed, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return nil
	}
	var body ast.Node
	for _, document := range parsed.Docs {
		switch {
		case document.Body == nil || document.Body.Type() == ast.DirectiveType:
		case body != nil:
			r.reportAt(document.Body, errors.New("a second document begins; write all sources and jobs in one"))
			return nil
		default:
			body = document.Body
		}
	}
	if body == nil || body.Type() == ast.NullType {
		r.report("", errEmpty)
		return nil
	}
	if !r.findAnchors(body) {
		return nil
	}
	return body
}

// syntax reports an error of the YAML parser by its message alone: its text
// quotes the lines around, which may hold a secret.
func (r *reader) syntax(err error) {
	parseErr, ok := errors.AsType[yaml.Error](err)
	if !ok {
		r.report("", errors.New("it is not valid YAML"))
		return
	}
	at := place{}
	if token := parseErr.GetToken(); token != nil && token.Position != nil {
		at = place{line: token.Position.Line, column: token.Position.Column}
	}
	r.errs = append(r.errs, &FileError{
		File: r.file.name, Line: at.line, Column: at.column, Err: errors.New(parseErr.GetMessage()),
	})
}

// report reports an error at a path and remembers that it has one.
func (r *reader) report(path string, err error) {
	r.wrong[path] = true
	r.errs = append(r.errs, r.file.at(path, err))
}

func (r *reader) reportAt(node ast.Node, err error) {
	at := r.placeOf(node)
	r.errs = append(r.errs, &FileError{File: r.file.name, Line: at.line, Column: at.column, Err: err})
}

// reportAll reports the errors of a source's or job's fields, except of those
// that could not even be read.
func (r *reader) reportAll(path string, found []*FieldError) {
	for _, err := range found {
		field, _, _ := strings.Cut(err.Field, ".")
		if at := path + "." + err.Field; !r.wrong[path] && !r.wrong[path+"."+field] && !r.wrong[at] {
			r.report(at, err.Err)
		}
	}
}

// unique reports a name that was declared before; names holds where.
func (r *reader) unique(names map[string]string, kind, name, path string) {
	first, found := names[name]
	if !found {
		names[name] = path
		return
	}
	if name != "" {
		r.report(path+".name", fmt.Errorf("%s %s is declared already in line %d; take another name",
			kind, quote(name), r.file.places.find(first+".name").line))
	}
}

func (r *reader) duration(s section, key string) time.Duration {
	text := r.text(s, key)
	if text == "" {
		return 0
	}
	d, err := ParseDuration(text)
	switch {
	case err != nil:
		r.report(s.path+"."+key, fmt.Errorf("%s: %w", key, err))
	case d == 0:
		r.report(s.path+"."+key, fmt.Errorf("%s is zero; leave it out for the default", key))
	}
	return d
}

func (r *reader) count(s section, key string) int {
	text := r.text(s, key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		r.report(s.path+"."+key, fmt.Errorf("%s %s is no number from 1 on", key, quote(text)))
	}
	return int(n)
}
