package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSameTargetsAreWarnedOf(t *testing.T) {
	t.Parallel()
	a := newAccount(t, datasets(map[int]string{5: "Five", 6: "Six"}))
	says := func(want []string, args ...string) {
		t.Helper()
		_, stderr, code := a.run(args...)
		if code != exitDone || strings.Count(stderr, "same target") != len(want) {
			t.Errorf("tracker %s ends with %d: %s", strings.Join(args, " "), code, stderr)
		}
		for _, line := range want {
			if !strings.Contains(stderr, line) {
				t.Errorf("tracker %s: no %q in\n%s", strings.Join(args, " "), line, stderr)
			}
		}
	}
	const tail = ": the service is asked twice, and its history kept twice\n"
	upper := "8C4C51F1-F6F3-43BC-B65D-7415E8EF22C0"
	file := filepath.Join(t.TempDir(), "tracker.yaml")
	if err := os.WriteFile(file, []byte(`jobs:
  - {name: a, source: woosmap-test, target: {dataset_id: `+strings.ToLower(upper)+`}}
  - {name: b, source: woosmap-test, target: {dataset_id: `+strings.ToLower(upper)+`}}
  - {name: c, source: woosmap-test, target: {dataset_id: `+upper+`}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	twice := []string{"tracker.yaml:3:45: job b has the same target as job a" + tail, "tracker.yaml:4:45: job c has the same target as job a" + tail}
	says(twice, "apply", "-f", file, "--dry-run")
	says(twice, "apply", "-f", file)
	says(twice, "apply", "-f", file)
	says([]string{"warning: job d has the same target as job a" + tail}, "job", "add", "d", "--source", "woosmap-test", "dataset_id="+upper)
	for _, job := range []string{"a", "b", "c"} {
		a.must("job", "remove", job)
	}
	says(nil, "job", "add", "d", "--source", "woosmap-test", "--label", "team=geo", "dataset_id="+upper)

	// The same service under another name; case counts where it may.
	base := a.sourceURL("woosmap-test")
	a.must("source", "add", "again", "--provider", "woosmap", "--credential", "env:KEY", "--base-url", base+"/", "--rate-every", "1ms")
	a.must("job", "add", "theirs", "--source", "woosmap-test", "dataset_id="+datasetID(5))
	says([]string{"job five has the same target as job theirs"}, "source", "discover", "again", "--register")
	a.must("source", "add", "kit", "--provider", "safetykit", "--credential", "env:KEY")
	says(nil, "job", "add", "kit-1", "--source", "kit", "namespace=products", "request_id=req_A")
	says(nil, "job", "add", "kit-2", "--source", "kit", "namespace=products", "request_id=req_a")
}

// sourceURL tells where a source answers.
func (a *account) sourceURL(name string) string {
	a.t.Helper()
	var rows []struct {
		Source  string `json:"source"`
		BaseURL string `json:"base_url"`
	}
	decode(a.t, a.must("source", "list", "--format", "json"), &rows)
	for _, row := range rows {
		if row.Source == name {
			return row.BaseURL
		}
	}
	a.t.Fatalf("no source %s", name)
	return ""
}

func TestSourceDiscoverHoldsASourceAfterA429(t *testing.T) {
	t.Parallel()
	a := newAccount(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	for _, want := range []string{"page 1: 429 Too Many Requests", "the service asked to be left alone until 20"} {
		if _, stderr, code := a.run("source", "discover", "woosmap-test"); code == exitDone || !strings.Contains(stderr, want) {
			t.Errorf("it ends with %d: %s", code, stderr)
		}
	}
	if text := a.must("source", "resume", "woosmap-test"); text != "resumed source woosmap-test\n" {
		t.Error(text)
	}
	if text := a.must("source", "resume", "woosmap-test"); text != "source woosmap-test was resumed already\n" {
		t.Error(text)
	}
}
