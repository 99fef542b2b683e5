package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"tracker/internal/source"
	"tracker/internal/yamlfile"
)

const maxLabelLength = 256 // characters of a label's value

var labelPattern = regexp.MustCompile(`\A[a-zA-Z_][a-zA-Z0-9_.-]{0,62}\z`)

// Job is what is registered for tracking: one dataset, one request.
type Job struct {
	// Name identifies the job: [a-z0-9][a-z0-9._-]{0,62}, unique. Another name
	// is another job with a history of its own.
	Name string

	// Source names the source that is asked; the file may leave its declaration
	// to what is registered already.
	Source string

	// Target holds the fields that the provider needs to find the job, and no
	// others. It never changes: another target is another job.
	Target map[string]string

	// Labels are free text to group and filter by, none by default. Keys match
	// [a-zA-Z_][a-zA-Z0-9_.-]{0,62}, values have up to 256 characters.
	Labels map[string]string

	// Schedule says when the job is polled; empty: as its source says.
	Schedule string

	// StallAfter is how long a run may go on before it counts as stalled; zero:
	// judged by the job's own past.
	StallAfter time.Duration
}

// Validate returns everything that is wrong with a job, each as a FieldError,
// except its target, which only its source's provider can judge.
func (j Job) Validate() error { return joinFields(j.check()) }

// ValidateTarget returns everything that is wrong with the job's target for the
// provider of its source, each as a FieldError.
func (j Job) ValidateTarget(provider source.Provider) error {
	return joinFields(j.checkTarget(provider))
}

func (j Job) check() []*FieldError {
	var c checks
	c.add("name", CheckName("name", j.Name))
	c.add("source", CheckName("source", j.Source))
	for _, key := range slices.Sorted(maps.Keys(j.Labels)) {
		c.add("labels."+key, checkLabel(key, j.Labels[key]))
	}
	if j.Schedule != "" {
		c.add("schedule", checkSchedule(j.Schedule))
	}
	if j.StallAfter < 0 {
		c.add("stall_after", fmt.Errorf("stall_after %s is negative", j.StallAfter))
	}
	return c
}

// checkTarget asks the provider about one field at a time, so that each error
// has its field.
func (j Job) checkTarget(provider source.Provider) []*FieldError {
	var c checks
	fields := make(map[string]bool)
	for _, field := range provider.Target {
		fields[field.Name] = true
		one := source.Provider{Name: provider.Name, Target: []source.TargetField{field}}
		given := maps.Clone(j.Target)
		maps.DeleteFunc(given, func(name, _ string) bool { return name != field.Name })
		c.add("target."+field.Name, one.CheckTarget(given))
	}
	for _, name := range slices.Sorted(maps.Keys(j.Target)) {
		if !fields[name] {
			c.add("target."+name, provider.CheckTarget(map[string]string{name: j.Target[name]}))
		}
	}
	return c
}

func checkLabel(key, value string) error {
	switch {
	case !labelPattern.MatchString(key):
		return fmt.Errorf("label %s is not allowed; write letters, digits, '_', '.' and '-', at most 63, a letter or '_' first", yamlfile.Quote(key))
	case !utf8.ValidString(value):
		return fmt.Errorf("label %s is not valid UTF-8", key)
	case utf8.RuneCountInString(value) > maxLabelLength:
		return fmt.Errorf("label %s has more than %d characters", key, maxLabelLength)
	}
	for _, r := range value {
		if unicode.IsControl(r) {
			return fmt.Errorf("label %s holds the control character %U; write one line of plain text", key, r)
		}
	}
	return nil
}
