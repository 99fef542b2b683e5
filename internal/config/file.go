package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"tracker/internal/source"
)

// File is what a tracker.yaml declares, with all defaults filled in.
type File struct {
	Sources []Source
	Jobs    []Job

	// Warnings say what is allowed and probably not meant, each a FileError.
	Warnings []error

	name   string
	places places
}

// Read reads and checks the file at path; see Parse.
func Read(path string) (File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("read what to track: %w", err)
	}
	return Parse(path, data)
}

// ReadFrom reads and checks what comes from in, which errors call by name; see
// Parse.
func ReadFrom(name string, in io.Reader) (File, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return File{}, fmt.Errorf("read what to track from %s: %w", name, err)
	}
	return Parse(name, data)
}

// Parse reads and checks the text of a tracker.yaml. Its error joins one
// FileError for each thing that is wrong, in the order of the file. A job may
// name a source that only the database knows: its target the caller checks,
// with Job.ValidateTarget, and places the errors with AtJob.
func Parse(name string, data []byte) (File, error) {
	f := File{name: name, places: places{}}
	r := reader{file: &f, wrong: map[string]bool{}}
	r.read(data)
	f.check(&r)
	if len(r.errs) == 0 {
		return f, nil
	}
	sortFileErrors(r.errs)
	errs := make([]error, len(r.errs))
	for i, err := range r.errs {
		errs[i] = err
	}
	return File{}, errors.Join(errs...)
}

// AtSource places an error at a field of Sources[i], such as "name"; at the
// source itself where the file leaves the field out.
func (f File) AtSource(i int, field string, err error) error {
	return f.at(sourcePath(i)+"."+field, err)
}

// AtJob places an error at a field of Jobs[i], such as "target.dataset_id"; at
// the job itself where the file leaves the field out.
func (f File) AtJob(i int, field string, err error) error {
	return f.at(jobPath(i)+"."+field, err)
}

func (f File) at(path string, err error) *FileError {
	place := f.places.find(path)
	return &FileError{File: f.name, Line: place.line, Column: place.column, Err: err}
}

func sourcePath(i int) string { return fmt.Sprintf("sources[%d]", i) }
func jobPath(i int) string    { return fmt.Sprintf("jobs[%d]", i) }

// check adds what is wrong with the sources and jobs that were read.
func (f *File) check(r *reader) {
	providers := make(map[string]string)
	names := make(map[string]string)
	for i, s := range f.Sources {
		path := sourcePath(i)
		r.reportAll(path, s.check())
		r.unique(names, "source", s.Name, path)
		providers[s.Name] = s.Provider
		for _, warning := range s.Warnings() {
			f.Warnings = append(f.Warnings, f.AtSource(i, warning.Field, warning.Err))
		}
	}
	clear(names)
	for i, j := range f.Jobs {
		path := jobPath(i)
		r.reportAll(path, j.check())
		r.unique(names, "job", j.Name, path)
		if provider, err := source.Lookup(providers[j.Source]); err == nil {
			r.reportAll(path, j.checkTarget(provider))
		}
	}
}

// place is where something stands in a file, counted from 1.
type place struct{ line, column int }

// places knows where each path stands, such as "jobs[3].target.dataset_id".
type places map[string]place

// find returns the place of a path, or of the nearest thing around it that
// stands in the file.
func (p places) find(path string) place {
	for {
		if found, ok := p[path]; ok || path == "" {
			return found
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
}

func placeOf(node ast.Node) place {
	if mapping, ok := node.(*ast.MappingNode); ok && !mapping.IsFlowStyle && len(mapping.Values) > 0 {
		return placeOf(mapping.Values[0].Key) // the token of a mapping is its first colon
	}
	token := node.GetToken()
	if token == nil || token.Position == nil {
		return place{}
	}
	return place{line: token.Position.Line, column: token.Position.Column}
}
