package yamlfile

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

// Reader reads a file and keeps the place of all it reads. It goes on after an
// error: a field that cannot be read stays zero, and its path is kept in Wrong,
// lest it is reported as missing too.
type Reader struct {
	Name   string // of the file
	Places Places
	Errs   []*FileError
	Wrong  map[string]bool // paths that have an error of their own
	Above  int             // lines of the file above those that are being read

	anchors map[string]ast.Node
	merges  int // mappings merged so far
	depth   int // merge keys that are being read
}

// NewReader is the reader of a file that errors call by name.
func NewReader(name string) *Reader {
	return &Reader{Name: name, Places: Places{}, Wrong: map[string]bool{}}
}

// placeOf is where a node stands in the file.
func (r *Reader) placeOf(node ast.Node) Place {
	at := placeOf(node)
	at.Line += r.Above
	return at
}

// At places an error at a path.
func (r *Reader) At(path string, err error) *FileError {
	place := r.Places.Find(path)
	return &FileError{File: r.Name, Line: place.Line, Column: place.Column, Err: err}
}

// Parse returns the one document of a file, nil where it cannot be read; empty is
// what is wrong with one that holds nothing.
func (r *Reader) Parse(data []byte, empty error) ast.Node {
	text, _ := strings.CutPrefix(string(data), "\ufeff")
	if !utf8.ValidString(text) {
		r.Report("", errors.New("it is not UTF-8 text"))
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
			r.ReportAt(document.Body, errors.New("a second document begins; write all in one"))
			return nil
		default:
			body = document.Body
		}
	}
	if body == nil || body.Type() == ast.NullType {
		r.Report("", empty)
		return nil
	}
	if !r.findAnchors(body) {
		return nil
	}
	return body
}

// syntax reports an error of the YAML parser by its message alone: its text
// quotes the lines around, which may hold a secret.
func (r *Reader) syntax(err error) {
	parseErr, ok := errors.AsType[yaml.Error](err)
	if !ok {
		r.Report("", errors.New("it is not valid YAML"))
		return
	}
	at := Place{}
	if token := parseErr.GetToken(); token != nil && token.Position != nil {
		at = Place{Line: token.Position.Line, Column: token.Position.Column}
	}
	r.Errs = append(r.Errs, &FileError{
		File: r.Name, Line: at.Line, Column: at.Column, Err: errors.New(parseErr.GetMessage()),
	})
}

// Report reports an error at a path and remembers that it has one.
func (r *Reader) Report(path string, err error) {
	r.Wrong[path] = true
	r.Errs = append(r.Errs, r.At(path, err))
}

// ReportAt reports an error at a node.
func (r *Reader) ReportAt(node ast.Node, err error) {
	at := r.placeOf(node)
	r.Errs = append(r.Errs, &FileError{File: r.Name, Line: at.Line, Column: at.Column, Err: err})
}

// ReportAll reports the errors of a source's or job's fields, except of those
// that could not even be read.
func (r *Reader) ReportAll(path string, found []*FieldError) {
	for _, err := range found {
		field, _, _ := strings.Cut(err.Field, ".")
		if at := path + "." + err.Field; !r.Wrong[path] && !r.Wrong[path+"."+field] && !r.Wrong[at] {
			r.Report(at, err.Err)
		}
	}
}

// Unique reports a name that was declared before; names holds where.
func (r *Reader) Unique(names map[string]string, kind, name, path string) {
	first, found := names[name]
	if !found {
		names[name] = path
		return
	}
	if name != "" {
		r.Report(path+".name", fmt.Errorf("%s %s is declared already in line %d; take another name",
			kind, Quote(name), r.Places.Find(first+".name").Line))
	}
}

// Duration reads a duration that is not zero; absent it is.
func (r *Reader) Duration(s Section, key string) time.Duration {
	text := r.Text(s, key)
	if text == "" {
		return 0
	}
	d, err := ParseDuration(text)
	switch {
	case err != nil:
		r.Report(s.Path+"."+key, fmt.Errorf("%s: %w", key, err))
	case d == 0:
		r.Report(s.Path+"."+key, fmt.Errorf("%s is zero; leave it out for the default", key))
	}
	return d
}

// Count reads a number from 1 on; absent it is 0.
func (r *Reader) Count(s Section, key string) int {
	text := r.Text(s, key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		r.Report(s.Path+"."+key, fmt.Errorf("%s %s is no number from 1 on", key, Quote(text)))
	}
	return int(n)
}
