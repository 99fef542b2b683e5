package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"tracker/internal/config"
)

var update = flag.Bool("update", false, "rewrite what the files of testdata are expected to report")

const example = `sources:
  - name: woosmap-prod
    provider: woosmap
    credential: env:WOOSMAP_PRIVATE_KEY     # or file:/run/secrets/woosmap
    base_url: https://api.woosmap.com
    schedule: "*/5 * * * *"
    active_every: 20s
    rate_limit: {every: 250ms, burst: 3}
    volatile: [.progress, '.steps[].heartbeat']
  - name: safetykit-prod
    provider: safetykit
    credential: file:/run/secrets/safetykit
jobs:
  - name: stores-eu
    source: woosmap-prod
    target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0}
    labels: {team: geo, floor: 007, empty: , on: true}
    schedule: "@every 30s"
    stall_after: 2d
  - name: products-7
    source: elsewhere
    target: {namespace: products, request_id: 123}
`

func TestParse(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"Example": example, "CRLF": strings.ReplaceAll(example, "\n", "\r\n"), "ByteOrderMark": "\ufeff" + example,
		"OneMarkedDocument": "%YAML 1.2\n---\n" + example + "...\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := config.Parse("tracker.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			sources := []config.Source{
				{
					Name: "woosmap-prod", Provider: "woosmap", Credential: "env:WOOSMAP_PRIVATE_KEY", BaseURL: "https://api.woosmap.com",
					Schedule: "*/5 * * * *", ActiveEvery: 20 * time.Second, Rate: config.Rate{Every: 250 * time.Millisecond, Burst: 3},
					Volatile: []string{".progress", ".steps[].heartbeat"},
				},
				config.Source{Name: "safetykit-prod", Provider: "safetykit", Credential: "file:/run/secrets/safetykit"}.WithDefaults(),
			}
			jobs := []config.Job{
				{
					Name: "stores-eu", Source: "woosmap-prod", Target: map[string]string{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"},
					Labels:   map[string]string{"team": "geo", "floor": "007", "empty": "", "on": "true"},
					Schedule: "@every 30s", StallAfter: 48 * time.Hour,
				},
				{Name: "products-7", Source: "elsewhere", Target: map[string]string{"namespace": "products", "request_id": "123"}},
			}
			if !reflect.DeepEqual(f.Sources, sources) {
				t.Errorf("sources %+v, want %+v", f.Sources, sources)
			}
			if !reflect.DeepEqual(f.Jobs, jobs) {
				t.Errorf("jobs %+v, want %+v", f.Jobs, jobs)
			}
			if len(f.Warnings) > 0 {
				t.Errorf("warnings %v", f.Warnings)
			}
		})
	}
}

func TestParseMerges(t *testing.T) {
	t.Parallel()
	f, err := config.Parse("tracker.yaml", []byte(`sources:
  - &base
    name: a
    provider: woosmap
    credential: env:A
    schedule: &often "@every 30s"
  - {<<: *base, name: b}
  - <<: [{credential: env:C, schedule: "@daily"}, *base]
    name: c
jobs:
  - {name: j, source: d, schedule: *often}
`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []config.Source{
		{Name: "a", Credential: "env:A", Schedule: "@every 30s"},
		{Name: "b", Credential: "env:A", Schedule: "@every 30s"},
		{Name: "c", Credential: "env:C", Schedule: "@daily"},
	} {
		want.Provider = "woosmap"
		if want = want.WithDefaults(); !reflect.DeepEqual(f.Sources[i], want) {
			t.Errorf("source %d is %+v, want %+v", i, f.Sources[i], want)
		}
	}
	if f.Jobs[0].Schedule != "@every 30s" {
		t.Errorf("schedule %q", f.Jobs[0].Schedule)
	}
}

// TestParseErrors reads each file of testdata and compares what is reported
// with the lines of the .txt beside it.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := config.Parse("tracker.yaml", data)
			if err == nil {
				t.Fatalf("accepted: %+v", f)
			}
			golden := strings.TrimSuffix(path, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "verysecret") {
				t.Error("the errors hold a secret")
			}
			want, readErr := os.ReadFile(golden)
			if readErr != nil {
				t.Fatal(readErr)
			}
			if got := err.Error() + "\n"; got != string(want) {
				t.Errorf("reported\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestParseWarnsOfHTTP(t *testing.T) {
	t.Parallel()
	for base, warns := range map[string]bool{
		"http://api.example.com": true, "http://10.0.0.7:80/x": true, "https://api.example.com": false, "http://localhost:8080": false,
		"http://127.0.0.3": false, "http://[::1]:80": false, "http://a.localhost": false, "http://localhost.example.com": true,
	} {
		f, err := config.Parse("tracker.yaml", []byte("sources:\n- {name: a, provider: woosmap, credential: env:A, base_url: '"+base+"'}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if (len(f.Warnings) > 0) != warns {
			t.Errorf("%s: warnings %v", base, f.Warnings)
		}
		if warns && !strings.HasPrefix(f.Warnings[0].Error(), "tracker.yaml:2:61: base_url") {
			t.Errorf("%s: %v", base, f.Warnings[0])
		}
	}
}

func TestFilePlacesErrorsOfTheCaller(t *testing.T) {
	t.Parallel()
	f, err := config.Parse("tracker.yaml", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	cause := errors.New("source is nowhere")
	for _, c := range []struct {
		err  error
		want string
	}{
		{f.AtJob(1, "source", cause), "tracker.yaml:21:13: source is nowhere"},
		{f.AtJob(1, "target.request_id", cause), "tracker.yaml:22:47: source is nowhere"},
		{f.AtJob(1, "target.dataset_id", cause), "tracker.yaml:22:13: source is nowhere"},
		{f.AtJob(1, "schedule", cause), "tracker.yaml:20:5: source is nowhere"},
		{f.AtSource(0, "rate_limit.burst", cause), "tracker.yaml:8:39: source is nowhere"},
	} {
		if c.err.Error() != c.want || !errors.Is(c.err, cause) {
			t.Errorf("%q, want %q", c.err, c.want)
		}
	}
}

func TestReadNamesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.yaml")
	if _, err := config.Read(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.Parse("tracker.yaml", []byte(text))
		if err != nil {
			return
		}
		for _, s := range file.Sources {
			if err := s.Validate(); err != nil {
				t.Errorf("accepted a source: %v", err)
			}
		}
		for _, j := range file.Jobs {
			if err := j.Validate(); err != nil {
				t.Errorf("accepted a job: %v", err)
			}
		}
	})
}
