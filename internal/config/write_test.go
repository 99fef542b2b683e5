package config_test

import (
	"bytes"
	"slices"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tracker/internal/config"
)

// written writes a file and reads it again.
func written(t interface {
	Helper()
	Fatalf(string, ...any)
}, sources []config.Source, jobs []config.Job,
) (string, config.File) {
	t.Helper()
	var text bytes.Buffer
	if err := config.Write(&text, []string{"what was", "registered"}, config.File{Sources: sources, Jobs: jobs}); err != nil {
		t.Fatalf("%v", err)
	}
	read, err := config.Parse("tracker.yaml", text.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, text.String())
	}
	return text.String(), read
}

func TestWrite(t *testing.T) {
	t.Parallel()
	sources := []config.Source{{
		Name: "woosmap-prod", Provider: "woosmap", Credential: "env:KEY", BaseURL: "https://api.woosmap.com", Schedule: "*/5 * * * *",
		ActiveEvery: 10 * time.Second, Rate: config.Rate{Every: 1500 * time.Millisecond, Burst: 2}, Volatile: []string{".progress", ".steps[].heartbeat"},
	}}
	jobs := []config.Job{
		{Name: "007", Source: "woosmap-prod", Target: map[string]string{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}},
		{
			Name: "null", Source: "woosmap-prod", Target: map[string]string{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1"},
			Labels: map[string]string{"team": "geo: \"EU\" #1", "true": "", "a": "no"}, Schedule: "@every 90m", StallAfter: 36*time.Hour + 5*time.Minute,
		},
	}
	const want = `# what was
# registered
sources:
  - name: woosmap-prod
    provider: woosmap
    credential: env:KEY
    base_url: https://api.woosmap.com
    schedule: "*/5 * * * *"
    active_every: 10s
    rate_limit: {every: 1.5s, burst: 2}
    volatile:
      - .progress
      - .steps[].heartbeat
jobs:
  - name: "007"
    source: woosmap-prod
    target:
      dataset_id: 8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0
  - name: "null"
    source: woosmap-prod
    target:
      dataset_id: 8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1
    labels:
      a: "no"
      team: "geo: \"EU\" #1"
      "true": ""
    schedule: "@every 90m"
    stall_after: 36h5m
`
	text, read := written(t, sources, jobs)
	if diff := cmp.Diff(want, text); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(config.File{Sources: sources, Jobs: jobs}, read, cmpopts.IgnoreUnexported(config.File{})); diff != "" {
		t.Error(diff)
	}
	if text, read := written(t, nil, nil); len(read.Sources)+len(read.Jobs) != 0 {
		t.Errorf("of nothing it writes %s", text)
	}
}

// TestWrite_AnyTexts writes whatever may be registered.
func TestWrite_AnyTexts(t *testing.T) {
	t.Parallel()
	name := rapid.OneOf(rapid.StringMatching(`[a-z0-9][a-z0-9._-]{0,20}`), rapid.SampledFrom([]string{"null", "true", "no", "1e3", "0x1f", "0o7", "1_000", "0.5", "2026-01-01", "1.", "nan", "12-"}))
	key := rapid.OneOf(rapid.StringMatching(`[a-zA-Z_][a-zA-Z0-9_.-]{0,20}`), rapid.SampledFrom([]string{"null", "Null", "yes", "y", "NaN", "_"}))
	value := rapid.OneOf(rapid.SampledFrom([]string{"---", "a", "...", "-", "? !", "null"}), rapid.StringMatching(`[-?:,\[\]{}#&*!|>'"%@~=<. a0\\]{0,8}`), rapid.StringOfN(rapid.RuneFrom(nil, unicode.PrintRanges...), 0, 20, -1))
	rapid.Check(t, func(t *rapid.T) {
		source := config.Source{Name: name.Draw(t, "source"), Provider: "safetykit", Credential: "file:/run/secrets/" + rapid.StringMatching(`[a-z :#"']{0,8}[a-z]`).Draw(t, "file")}.WithDefaults()
		source.ActiveEvery = time.Duration(rapid.IntRange(1, 100_000).Draw(t, "seconds")) * time.Second
		source.Rate.Every = time.Duration(rapid.IntRange(1, 10_000_000).Draw(t, "milliseconds")) * time.Millisecond
		var jobs []config.Job
		for _, name := range rapid.SliceOfNDistinct(name, 0, 5, rapid.ID).Draw(t, "names") {
			job := config.Job{
				Name: name, Source: source.Name, Target: map[string]string{"namespace": rapid.StringMatching(`[a-z0-9]{1,9}`).Draw(t, "namespace"), "request_id": "request_1"},
				Labels:     rapid.MapOfN(key, value, 0, 4).Draw(t, "labels"),
				StallAfter: time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "stall_after")) * time.Millisecond,
			}
			if len(job.Labels) == 0 {
				job.Labels = nil
			}
			jobs = append(jobs, job)
		}
		slices.SortFunc(jobs, func(x, y config.Job) int { return len(x.Name) - len(y.Name) })
		text, read := written(t, []config.Source{source}, jobs)
		if diff := cmp.Diff(config.File{Sources: []config.Source{source}, Jobs: jobs}, read, cmpopts.IgnoreUnexported(config.File{})); diff != "" {
			t.Fatalf("%s\nin\n%s", diff, text)
		}
	})
}

// TestWriteWhatTheEncoderFailsFor: it panics, and gives no error, for some texts.
func TestWriteWhatTheEncoderFailsFor(t *testing.T) {
	t.Parallel()
	source := config.Source{Name: "s", Provider: "woosmap", Credential: "env:KEY"}.WithDefaults()
	for _, value := range []string{"---", "...", "--- a", "? !", "-", "- a", ".", "@", "null", "~", "%a"} {
		jobs := []config.Job{{Name: "a", Source: "s", Target: map[string]string{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}, Labels: map[string]string{"team": value}}}
		if _, read := written(t, []config.Source{source}, jobs); len(read.Jobs) != 1 || read.Jobs[0].Labels["team"] != value {
			t.Errorf("%q is read as %+v", value, read.Jobs)
		}
	}
}
