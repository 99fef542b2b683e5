package config

import (
	"fmt"
	"os"

	"tracker/internal/definition"
	"tracker/internal/yamlfile"
)

// File is what a tracker.yaml declares, with all defaults filled in.
type File struct {
	Providers []*definition.Definition // also those of the files that it names
	Sources   []Source
	Jobs      []Job
	Rules     []Rule

	// Notifies reports a file that says who is told of what: its rules are then all there
	// are to be.
	Notifies bool

	// Warnings say what is allowed and probably not meant, each a FileError.
	Warnings []error

	name   string
	places yamlfile.Places
}

// Read reads and checks the file at path; see Parse.
func Read(path string, known ...*definition.Definition) (File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return File{}, fmt.Errorf("read what to track: %w", err)
	}
	return Parse(path, data, known...)
}

// Parse reads and checks the text of a tracker.yaml. Its error joins one
// FileError for each thing that is wrong, in the order of the file. A source may have
// a provider that the file defines, one of the known definitions, or one that comes with
// the program. A job may
// name a source that only the database knows: its target the caller checks,
// with Job.ValidateTarget, and places the errors with AtJob.
func Parse(name string, data []byte, known ...*definition.Definition) (File, error) {
	r := reader{Reader: yamlfile.NewReader(name), file: &File{name: name}, known: known}
	r.read(data)
	r.file.places = r.Places
	r.file.check(&r)
	if len(r.Errs) > 0 {
		return File{}, yamlfile.Join(r.Errs)
	}
	return *r.file, nil
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

// AtRule places an error at a field of Rules[i], such as "match.jobs[0]"; at the rule
// itself where the file leaves the field out.
func (f File) AtRule(i int, field string, err error) error {
	return f.at(rulePath(i)+"."+field, err)
}

func (f File) at(path string, err error) *FileError {
	place := f.places.Find(path)
	return &FileError{File: f.name, Line: place.Line, Column: place.Column, Err: err}
}

func sourcePath(i int) string { return fmt.Sprintf("sources[%d]", i) }
func jobPath(i int) string    { return fmt.Sprintf("jobs[%d]", i) }
func rulePath(i int) string   { return fmt.Sprintf("notify[%d]", i) }

// check adds what is wrong with the sources and jobs that were read.
func (f *File) check(r *reader) {
	providers := make(map[string]string)
	names := make(map[string]string)
	for i, s := range f.Sources {
		path := sourcePath(i)
		if _, err := lookup(s.Provider, r.providers()); err == nil || !r.unread {
			r.ReportAll(path, s.check(r.providers()))
		}
		r.Unique(names, "source", s.Name, path)
		providers[s.Name] = s.Provider
		for _, warning := range s.Warnings() {
			f.Warnings = append(f.Warnings, f.AtSource(i, warning.Field, warning.Err))
		}
	}
	clear(names)
	for i, rule := range f.Rules {
		r.ReportAll(rulePath(i), rule.check())
		r.Unique(names, "rule", rule.Name, rulePath(i))
	}
	clear(names)
	for i, j := range f.Jobs {
		path := jobPath(i)
		r.ReportAll(path, j.check())
		r.Unique(names, "job", j.Name, path)
		if provider, err := lookup(providers[j.Source], r.providers()); err == nil {
			r.ReportAll(path, j.checkTarget(provider))
		}
	}
}
