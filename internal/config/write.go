package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"

	"tracker/internal/definition"
)

// The keys of a tracker.yaml as they are written.
type (
	fileYAML struct {
		Sources []sourceYAML `yaml:"sources"`
		Jobs    []jobYAML    `yaml:"jobs"`
		Notify  []ruleYAML   `yaml:"notify,omitempty"`
	}
	sourceYAML struct {
		Name        string   `yaml:"name"`
		Provider    string   `yaml:"provider"`
		Credential  text     `yaml:"credential"`
		BaseURL     string   `yaml:"base_url,omitempty"`
		Schedule    string   `yaml:"schedule,omitempty"`
		ActiveEvery string   `yaml:"active_every,omitempty"`
		Rate        rateYAML `yaml:"rate_limit,flow,omitempty"`
		Volatile    []string `yaml:"volatile,omitempty"`
		Hook        text     `yaml:"webhook_secret,omitempty"`
		Archive     text     `yaml:"archive,omitempty"`
	}
	rateYAML struct {
		Every string `yaml:"every,omitempty"`
		Burst int    `yaml:"burst,omitempty"`
	}
	jobYAML struct {
		Name       string          `yaml:"name"`
		Source     string          `yaml:"source"`
		Target     map[string]text `yaml:"target"`
		Labels     map[string]text `yaml:"labels,omitempty"`
		Schedule   string          `yaml:"schedule,omitempty"`
		StallAfter string          `yaml:"stall_after,omitempty"`
	}
	ruleYAML struct {
		Name   string    `yaml:"name"`
		To     text      `yaml:"to"`
		As     string    `yaml:"as"`
		Secret text      `yaml:"secret,omitempty"`
		On     []string  `yaml:"on,flow"`
		Match  matchYAML `yaml:"match,omitempty"`
		Group  string    `yaml:"group,omitempty"`
		Repeat string    `yaml:"repeat,omitempty"`
		Quiet  text      `yaml:"quiet,omitempty"`
	}
	matchYAML struct {
		Sources []text          `yaml:"sources,omitempty"`
		Jobs    []text          `yaml:"jobs,omitempty"`
		Labels  map[string]text `yaml:"labels,omitempty"`
	}
)

// Write writes what is declared as a tracker.yaml, under a comment of some lines;
// sources may speak of other known definitions. Parse reads the same from it. Defaults are written out: those of a
// later version may differ.
func Write(out io.Writer, comment []string, declared File, known ...*definition.Definition) error {
	var written bytes.Buffer
	for _, line := range comment {
		fmt.Fprintln(&written, "# "+line)
	}
	writeProviders(&written, declared.Providers)
	file := fileYAML{Sources: []sourceYAML{}, Jobs: []jobYAML{}}
	for _, s := range declared.Sources {
		file.Sources = append(file.Sources, sourceYAML{
			Name: s.Name, Provider: s.Provider, Credential: text(s.Credential), BaseURL: s.BaseURL, Schedule: s.Schedule,
			ActiveEvery: FormatDuration(s.ActiveEvery), Rate: rateYAML{Every: FormatDuration(s.Rate.Every), Burst: s.Rate.Burst}, Volatile: s.Volatile,
			Hook: text(s.WebhookSecret), Archive: text(s.Archive),
		})
	}
	for _, j := range declared.Jobs {
		file.Jobs = append(file.Jobs, jobYAML{
			Name: j.Name, Source: j.Source, Target: texts(j.Target), Labels: texts(j.Labels),
			Schedule: j.Schedule, StallAfter: FormatDuration(j.StallAfter),
		})
	}
	for _, r := range declared.Rules {
		file.Notify = append(file.Notify, ruleYAML{
			Name: r.Name, To: text(r.To), As: r.As, Secret: text(r.Secret), On: r.On,
			Match: matchYAML{Sources: textList(r.Match.Sources), Jobs: textList(r.Match.Jobs), Labels: texts(r.Match.Labels)},
			Group: FormatDuration(r.Group), Repeat: FormatDuration(r.Repeat), Quiet: text(r.Quiet),
		})
	}
	if err := yaml.NewEncoder(&written, yaml.IndentSequence(true)).Encode(file); err != nil {
		return err
	}
	if _, err := Parse("what was written", written.Bytes(), known...); err != nil { // the encoder has been seen to write what is no YAML, without an error
		return err
	}
	_, err := out.Write(written.Bytes())
	return err
}

// writeProviders writes definitions, each as it is stored.
func writeProviders(out *bytes.Buffer, providers []*definition.Definition) {
	if len(providers) == 0 {
		return
	}
	out.WriteString("providers:\n")
	for _, d := range providers {
		mark := "  - "
		for line := range strings.Lines(d.Text) {
			out.WriteString(mark + line)
			mark = "    "
		}
	}
}

// text is written as JSON writes it wherever the encoder may take it for
// something else, as it does "? !".
type text string

// plain are the texts that the encoder quotes where they need it. It fails for
// some that begin with another sign, such as "---".
var plain = regexp.MustCompile(`^[A-Za-z0-9_/][A-Za-z0-9_./@-]*(:[A-Za-z0-9_./@-]+)*$`)

// MarshalYAML implements yaml.BytesMarshaler.
func (t text) MarshalYAML() ([]byte, error) {
	if plain.MatchString(string(t)) {
		return yaml.Marshal(string(t))
	}
	return json.Marshal(string(t))
}

func textList(of []string) []text {
	values := make([]text, len(of))
	for i, value := range of {
		values[i] = text(value)
	}
	return values
}

func texts(of map[string]string) map[string]text {
	values := make(map[string]text, len(of))
	for key, value := range of {
		values[key] = text(value)
	}
	return values
}
