package source_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"tracker/internal/history"
	"tracker/internal/redact"
)

func FuzzWoosmap(f *testing.F)   { fuzzInterpret(f, "woosmap") }
func FuzzSafetyKit(f *testing.F) { fuzzInterpret(f, "safetykit") }

// fuzzInterpret checks that whatever a provider makes of a body can be stored.
func fuzzInterpret(f *testing.F, name string) {
	f.Helper()
	addResponses(f, func(body []byte) { f.Add(body) })
	p := provider(f, name)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := p.Interpret(raw); err == nil && !json.Valid(raw) {
			t.Fatal("read what is not JSON")
		}
		body, key, err := p.Redact(raw, redact.Secret{})
		if err != nil {
			if json.Valid(raw) {
				t.Error(err)
			}
			return
		}
		if p.Key(body) != key {
			t.Error("the stored body has another key")
		}
		answer, err := p.InterpretRedacted(body)
		if err != nil {
			return
		}
		checkAnswer(t, answer)
	})
}

func checkAnswer(t *testing.T, answer history.Answer) {
	t.Helper()
	texts := []string{answer.RunID, answer.Status, answer.Results.Expires.Raw}
	if answer.ErrorSummary != nil {
		texts = append(texts, *answer.ErrorSummary)
	}
	for _, step := range answer.Steps {
		texts = append(texts, step.Name, step.Status, step.Start.Raw, step.End.Raw)
		for _, entry := range step.Entries {
			texts = append(texts, entry.Created.Raw, entry.Level, entry.Detail)
		}
	}
	for _, item := range answer.Results.Items {
		texts = append(append(texts, item.ID, item.URL), item.Labels...)
		if !json.Valid(item.Output) || item.Metadata != nil && !json.Valid(item.Metadata) {
			t.Errorf("no JSON: %q, %q", item.Output, item.Metadata)
		}
		texts = append(texts, string(item.Output), string(item.Metadata))
	}
	for kind, names := range answer.Shape {
		texts = append(append(texts, kind), names...)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("cannot be stored: %q", text)
		}
	}
}

// addResponses adds all golden bodies to a corpus.
func addResponses(f *testing.F, add func([]byte)) {
	f.Helper()
	paths, err := filepath.Glob("testdata/*/*/response.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		add(body)
	}
}
