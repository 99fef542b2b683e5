package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testdb"
)

func TestRestlessJobsAreToldOf(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"DATABASE_URL": testdb.New(t), "KEY": "secret-key"}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	var said atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, entries := said.Add(1), ""
		if strings.Contains(r.URL.Path, "22c1") { // a job whose every answer tells something
			entries = strings.Repeat(`,{"created_at":"2026-01-05T10:00:01","level":"info","detail":"loading"}`, int(n))[1:]
		}
		_, _ = fmt.Fprintf(w, `{"id":"run-1","status":"in_progress","progress":%d,"steps":[{"name":"import","start":"2026-01-05T10:00:00",
			"end":null,"status":"in_progress","entries":[%s],"heartbeat":{"at-all":%d}}]}`, n, entries, n)
	}))
	t.Cleanup(upstream.Close)
	add := func(volatile ...string) {
		args := []string{"source", "add", "woosmap-test", "--provider", "woosmap", "--credential", "env:KEY", "--base-url", upstream.URL, "--rate-every", "1ms"}
		for _, path := range volatile {
			args = append(args, "--volatile", path)
		}
		f.must(args...)
	}
	add()
	for i, job := range []string{"restless", "telling"} {
		f.must("job", "add", job, "--source", "woosmap-test", fmt.Sprintf("dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c%d", i))
	}
	hint := func(job string) string {
		_, hint, _ := strings.Cut(strings.Join(strings.Fields(f.must("job", "show", job)), " "), " hint ")
		return hint
	}
	for i := range 10 {
		f.must("sync", "restless", "telling")
		if i == 7 && hint("restless") != "" {
			t.Errorf("told of after 8 answers: %s", hint("restless"))
		}
	}
	const paths = `.progress, .steps[].heartbeat["at-all"]`
	if got := hint("restless"); !strings.HasPrefix(got, "9 of the newest answers differ from the one before in "+paths+" alone") ||
		!strings.HasSuffix(got, "give source woosmap-test volatile: ['.progress', '.steps[].heartbeat[\"at-all\"]']") {
		t.Errorf("restless: %q", got)
	}
	if got := hint("telling"); got != "" {
		t.Errorf("telling: %q", got)
	}
	add(".progress", `.steps[].heartbeat["at-all"]`)
	f.must("sync", "restless")
	if got := hint("restless"); got != "" {
		t.Errorf("told of still: %q", got)
	}
}

func TestRestlessJobsAreLookedAtAfterSomeQuietAnswers(t *testing.T) {
	t.Parallel()
	r := restlessJobs{quiet: map[int64]int{}}
	job := store.Job{ID: 7}
	quietly := sync.Event{Job: &job, Kind: sync.Polled, Change: &history.Change{}}
	looked := 0
	for range 24 {
		if r.see(quietly) {
			looked++
		}
		if r.see(sync.Event{Job: &job, Kind: sync.Polled}) || r.see(sync.Event{Job: &job, Kind: sync.Polled, Change: &history.Change{Anomalies: make([]history.Anomaly, 1)}}) {
			t.Error("looked at for an answer that is no news, or news")
		}
	}
	r.told(job)
	for range 24 {
		if r.see(quietly) {
			looked++
		}
	}
	if looked != 3 {
		t.Errorf("looked at %d times", looked)
	}
}
