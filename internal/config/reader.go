package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"tracker/internal/definition"
	"tracker/internal/yamlfile"
)

// errEmpty refuses an empty file: with --prune it would remove every job.
var errEmpty = errors.New("it declares nothing; for that write sources: [] and jobs: []")

// reader turns YAML into a File.
type reader struct {
	*yamlfile.Reader
	file  *File
	known []*definition.Definition // beside those of the file

	unread bool // one of the file's definitions is wrong
}

// providers are the definitions that sources of the file may speak of.
func (r *reader) providers() []*definition.Definition {
	return slices.Concat(r.file.Providers, r.known)
}

// provider reads a definition where it stands, or the file that it names.
func (r *reader) provider(path string, node ast.Node) {
	s, isFile := r.Only(path, node, "file")
	if !isFile {
		before := len(r.Errs)
		d := definition.Read(r.Reader, path, node)
		r.addProvider(path, len(r.Errs) == before, d)
		return
	}
	name := r.Text(s, "file")
	if name == "" {
		return
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(r.Name), name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		r.unread = true
		r.Report(path+".file", fmt.Errorf("file: %w", err))
		return
	}
	read, err := definition.Parse(name, text)
	r.Errs = append(r.Errs, yamlfile.Split(err)...)
	r.unread = r.unread || err != nil
	for _, d := range read {
		r.addProvider(path, true, d)
	}
}

// addProvider adds a definition to those of the file.
func (r *reader) addProvider(path string, right bool, d *definition.Definition) {
	if !right {
		r.unread = true
		return
	}
	if slices.ContainsFunc(r.file.Providers, func(other *definition.Definition) bool { return other.Name == d.Name }) {
		r.Report(path+".name", fmt.Errorf("provider %s is defined already", yamlfile.Quote(d.Name)))
	}
	r.file.Providers = append(r.file.Providers, d)
}

// read reads a file, a large one in pieces where that can be done.
func (r *reader) read(data []byte) {
	if pieces := split(string(data)); len(pieces) > 1 {
		begun := *r.file
		for _, piece := range pieces {
			r.Above = piece.above
			r.readWhole([]byte(piece.text))
		}
		r.Above = 0
		if len(r.Errs) == 0 {
			return
		}
		r.Reader = yamlfile.NewReader(r.Name) // it is told better of the whole
		*r.file = begun
	}
	r.readWhole(data)
}

// readWhole reads a document, and adds what it declares.
func (r *reader) readWhole(data []byte) {
	body := r.Parse(data, errEmpty)
	if body == nil {
		return
	}
	root := r.Section("", body, "providers", "sources", "jobs", "notify")
	if len(root.Values) == 0 && len(r.Errs) == 0 {
		r.Report("", errEmpty)
	}
	for i, node := range r.List(root, "providers") {
		r.provider(fmt.Sprintf("providers[%d]", i), node)
	}
	for i, node := range r.List(root, "sources") {
		s := r.source(r.Section(sourcePath(i), node,
			"name", "provider", "credential", "base_url", "schedule", "active_every", "rate_limit", "volatile", "webhook_secret", "archive"))
		r.file.Sources = append(r.file.Sources, s.WithDefaults(r.providers()...))
	}
	if _, found := root.Values["notify"]; found {
		r.file.Notifies = true
		for i, node := range r.List(root, "notify") {
			rule := r.rule(r.Section(rulePath(i), node, "name", "to", "as", "secret", "on", "match", "group", "repeat", "quiet"))
			r.file.Rules = append(r.file.Rules, rule.WithDefaults())
		}
	}
	for _, node := range r.List(root, "jobs") {
		r.file.Jobs = append(r.file.Jobs, r.job(r.Section(jobPath(len(r.file.Jobs)), node,
			"name", "source", "target", "labels", "schedule", "stall_after")))
	}
}

func (r *reader) source(s yamlfile.Section) Source {
	rate := yamlfile.Section{}
	if node, found := s.Values["rate_limit"]; found {
		rate = r.Section(s.Path+".rate_limit", node, "every", "burst")
	}
	return Source{
		Name:        r.Text(s, "name"),
		Provider:    r.Text(s, "provider"),
		Credential:  r.Text(s, "credential"),
		BaseURL:     r.Text(s, "base_url"),
		Schedule:    r.Text(s, "schedule"),
		ActiveEvery: r.Duration(s, "active_every"),
		Rate:        Rate{Every: r.Duration(rate, "every"), Burst: r.Count(rate, "burst")},
		Volatile:    r.Lines(s, "volatile"),

		WebhookSecret: r.Text(s, "webhook_secret"),
		Archive:       r.Text(s, "archive"),
	}
}

func (r *reader) job(s yamlfile.Section) Job {
	return Job{
		Name:       r.Text(s, "name"),
		Source:     r.Text(s, "source"),
		Target:     r.Texts(s, "target"),
		Labels:     r.Texts(s, "labels"),
		Schedule:   r.Text(s, "schedule"),
		StallAfter: r.Duration(s, "stall_after"),
	}
}
