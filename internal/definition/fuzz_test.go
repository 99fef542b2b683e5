package definition_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"tracker/internal/definition"
	"tracker/internal/redact"
	"tracker/internal/source"
)

// FuzzParse: whatever a file holds, it is read or refused, and what is read is stored as
// what reads the same.
func FuzzParse(f *testing.F) {
	f.Add(simple)
	f.Add(several)
	f.Add("providers:\n  - {name: a, auth: &a {bearer: true}, target: [*a]}\n")
	f.Add("a: &a [*a]\n")
	for _, name := range definition.PresetNames() {
		text, _ := definition.PresetText(name)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := definition.Parse("f.yaml", []byte(text))
		if err != nil {
			return
		}
		for _, d := range read {
			again, err := definition.Parse("stored", []byte(d.Text))
			if err != nil || len(again) != 1 || again[0].Text != d.Text {
				t.Fatalf("%v: stored as\n%s", err, d.Text)
			}
			_ = d.Provider(1)
		}
	})
}

// FuzzPath: whatever a path and a target are, what is asked is one path below the base
// URL, with as many segments as were written.
func FuzzPath(f *testing.F) {
	f.Add("/v1/{import_id}/x", "a/b?c#d")
	f.Add("/v1/{{import_id}}", "..")
	f.Add("/%2f{import_id}", "\x00")
	f.Fuzz(func(t *testing.T, path, value string) {
		quoted, err := json.Marshal(path)
		if err != nil || strings.Contains(string(quoted), "\\u") {
			return
		}
		read, err := definition.Parse("f.yaml", []byte(changed(simple, "requests: [{path: "+string(quoted)+"}]")))
		if err != nil {
			return
		}
		p := read[0].Provider(1)
		target := map[string]string{"import_id": value}
		if p.CheckTarget(target) != nil {
			return
		}
		endpoint := p.Endpoint("https://host.example", target)
		if endpoint.Err() != nil {
			t.Fatalf("%q with %q: %v", path, value, endpoint.Err())
		}
		status, _ := p.Requests(target)
		if strings.Count(status, "/") != strings.Count(path, "/") || strings.ContainsAny(status, "?#") {
			t.Fatalf("%q with %q asks %q", path, value, status)
		}
	})
}

// FuzzAnswer: whatever JSON comes, a definition reads it or tells why not, without the
// secret, within the memory that it may take.
func FuzzAnswer(f *testing.F) {
	files, err := filepath.Glob("presets/testdata/*/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	f.Add(`{"":{"id":"s3cr3t-k3y","state":["s3cr3t-k3y"]},"log":[{"lines":{}}]}`)
	var providers []source.Provider
	for _, name := range definition.PresetNames() {
		provider, err := definition.Lookup(name)
		if err != nil {
			f.Fatal(err)
		}
		providers = append(providers, provider)
	}
	for _, text := range []string{simple, several, changed(simple, "run_id: error(.)", "status: '[..] | tojson'")} {
		providers = append(providers, parse(f, text).Provider(1))
	}
	hidden := redact.NewSecret("s3cr3t-k3y")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range providers {
			body, _, err := p.Redact([]byte(text), hidden)
			if err != nil {
				return
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			answer, err := p.InterpretRedacted(body)
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 512<<20 {
				t.Fatalf("%s took %d MiB for %d bytes", p.Name, took>>20, len(body))
			}
			if err != nil {
				failure := (&source.Account{Provider: p, Secret: hidden}).Malformed(body, err)
				if strings.Contains(failure.Text+failure.Body+err.Error(), "s3cr3t-k3y") {
					t.Fatalf("%s: the secret is in %v", p.Name, err)
				}
				if _, rejected := errors.AsType[*source.Rejection](err); !rejected && answer.RunID != "" {
					t.Fatalf("%s: half an answer", p.Name)
				}
			}
		}
	})
}
