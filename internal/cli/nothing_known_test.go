package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tracker/internal/testdb"
	"tracker/internal/words"
)

// Where nobody has looked, or had an answer, no report gives an all-clear.
func TestNothingIsKnown(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"DATABASE_URL": testdb.New(t), "KEY": "secret-key"}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(upstream.Close)
	f.reportsNothing("nothing is known: no job is registered")

	f.must("source", "add", "woosmap-test", "--provider", "woosmap", "--credential", "env:KEY", "--base-url", upstream.URL, "--rate-every", "1ms")
	f.must("job", "add", "stores-eu", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0")
	f.reportsNothing("nothing is known: nobody has polled yet; 1 job registered since 20")
	if text := f.must("history", "stores-eu", "--as-of", "2026-01-01"); !strings.Contains(text, "nothing is known of then") || !strings.Contains(text, "nobody has polled yet\n") {
		t.Error(text)
	}

	if _, stderr, code := f.run("sync"); code != exitFailed {
		t.Fatalf("sync ends with %d: %s", code, stderr)
	}
	f.reportsNothing("nothing is known: no poll was answered yet, the last at 20", "gaps")
	if text := f.must("report", "gaps"); !strings.Contains(text, "not_found") {
		t.Error(text) // from its registration on nobody could look
	}
	text, stderr, _ := f.run("history", "stores-eu", "--as-of", "2026-01-01")
	if !strings.Contains(text, "nothing is known of then") || !strings.Contains(text, "nobody polled before ") || stderr != "" {
		t.Error(text, stderr)
	}
	if _, stderr, _ := f.run("history", "stores-eu", "--known-at", "1h", "--format", "json"); !strings.HasPrefix(stderr, "nobody polled before ") {
		t.Error(stderr)
	}
	f.must("job", "remove", "stores-eu")
	if text := f.must("job", "list"); text != "no jobs but 1 removed one; see  tracker job list --all\n" {
		t.Error(text)
	}
}

// reportsNothing asserts that reports without rows say so, but for some that
// have rows; others have a say in each format.
func (f *readFixture) reportsNothing(want string, but ...string) {
	f.t.Helper()
	for _, q := range words.Questions() {
		if slices.Contains(but, q.Name) {
			continue
		}
		text := f.must("report", q.Name)
		lists := (q.Name == "no-recent-success" || q.Name == "job-summary") && strings.Contains(text, "none seen") // jobs that never succeeded
		if !strings.HasPrefix(text, want) && !lists {
			f.t.Errorf("report %s: %s", q.Name, text)
		}
		if text, stderr, _ := f.run("report", q.Name, "--format", "json"); text == "[]\n" && !strings.HasPrefix(stderr, want) {
			f.t.Errorf("report %s as json: %s%s", q.Name, text, stderr)
		}
	}
}
