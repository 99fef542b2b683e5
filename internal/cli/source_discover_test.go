package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testdb"
	"tracker/internal/tracking"
)

// account is a Woosmap account whose list of datasets is one page.
type account struct {
	*readFixture
	requests atomic.Int64
	page     atomic.Pointer[http.HandlerFunc]
}

func newAccount(t *testing.T, page http.HandlerFunc) *account {
	t.Helper()
	environment := map[string]string{"DATABASE_URL": testdb.New(t), "KEY": "secret-key", "TRACKER_ACTOR": "ann"}
	a := &account{readFixture: &readFixture{t: t, getenv: func(name string) string { return environment[name] }}}
	a.page.Store(&page)
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		(*a.page.Load())(w, r)
	}))
	t.Cleanup(upstream.Close)
	a.must("source", "add", "woosmap-test", "--provider", "woosmap", "--credential", "env:KEY", "--base-url", upstream.URL, "--rate-every", "1ms")
	return a
}

// datasets answers with a page of datasets, by their numbers and names.
func datasets(names map[int]string) http.HandlerFunc {
	var texts []string
	for n := range 20 {
		if name, found := names[n]; found {
			texts = append(texts, fmt.Sprintf(`{"id": %q, "name": %q, "created_at": "2026-01-01T00:00:00", "updated_at": "2026-01-02T00:00:00", "scheduled_for_deletion_after": %s}`,
				datasetID(n), name, map[bool]string{true: `"2026-02-01T00:00:00"`, false: "null"}[n == 2]))
		}
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"datasets": [%s], "pagination": {"prev": null, "next": null, "page": 1}}`, strings.Join(texts, ", "))
	}
}

// Of two jobs of one dataset the one that is tracked is told of.
func TestSourceDiscover_RemovedHidesNone(t *testing.T) {
	t.Parallel()
	for name, jobs := range map[string][2]string{"RemovedFirst": {"a-gone", "b-kept"}, "RemovedLast": {"b-gone", "a-kept"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, datasets(map[int]string{1: "Stores EU"}))
			for _, job := range jobs {
				a.must("job", "add", job, "--source", "woosmap-test", "dataset_id="+datasetID(1))
			}
			a.must("job", "remove", jobs[0])
			var rows []tracking.Candidate
			decode(t, a.must("source", "discover", "woosmap-test", "--format", "json"), &rows)
			if len(rows) != 1 || rows[0].Job != jobs[1] || rows[0].Tracking != "active" {
				t.Error(rows)
			}
		})
	}
}

func TestSourceDiscover(t *testing.T) {
	t.Parallel()
	a := newAccount(t, datasets(map[int]string{1: "Stores EU", 2: "Stores EU!", 3: "Tracked", 4: "Removed", 5: "店舗", 6: "taken\u202e"}))
	a.must("job", "add", "mine", "--source", "woosmap-test", "dataset_id="+strings.ToUpper(datasetID(3)))
	a.must("job", "add", "gone", "--source", "woosmap-test", "dataset_id="+datasetID(4))
	a.must("job", "remove", "gone")
	a.must("job", "add", "taken", "--source", "woosmap-test", "dataset_id="+datasetID(99))

	want := map[string]string{
		"Stores EU": "stores-eu-00000000 none", "Stores EU!": "stores-eu-00000000-000 none", "Tracked": "mine active", "Removed": "gone removed",
		"店舗": "dataset-00000000 none", "taken\u202e": "taken-00000000 none",
	}
	var rows []tracking.Candidate
	check := func(args ...string) {
		t.Helper()
		decode(t, a.must(append([]string{"source", "discover", "woosmap-test", "--format", "json"}, args...)...), &rows)
		for _, row := range rows {
			if got := row.Job + " " + row.Tracking; got != want[row.Name] {
				t.Errorf("%s: %s, not %s", row.Name, got, want[row.Name])
			}
		}
		if len(rows) != len(want) {
			t.Errorf("%d rows", len(rows))
		}
	}
	check()
	if deleted := rows[1].DeletedAfter; deleted == nil || !deleted.Equal(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)) || rows[0].DeletedAfter != nil {
		t.Errorf("deleted after %v and %v", rows[0].DeletedAfter, deleted)
	}
	text := a.must("source", "discover", "woosmap-test")
	for _, line := range []string{`taken\u202e`, "6 datasets, 4 without a job; to register them:  tracker source discover woosmap-test --register\n", "2026-02-01"} {
		if !strings.Contains(text, line) {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
	for name, is := range want {
		want[name] = strings.Replace(is, " none", " active", 1)
	}
	check("--register", "--label", "team=geo")
	check()
	if text := a.must("source", "discover", "woosmap-test", "--register"); !strings.Contains(text, "6 datasets; 0 jobs registered\n") {
		t.Error(text)
	}
	var job store.JobRow
	decode(t, a.must("job", "show", "dataset-00000000", "--format", "json"), &job)
	if string(job.Labels) != `{"team": "geo"}` && !strings.Contains(string(job.Labels), `"geo"`) || !strings.Contains(string(job.Target), datasetID(5)) {
		t.Errorf("registered as %s %s", job.Labels, job.Target)
	}
}

func TestSourceDiscover_Refusals(t *testing.T) {
	t.Parallel()
	a := newAccount(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"details": "Rate limit reached for secret-key"}`)
	})
	a.must("source", "add", "kit", "--provider", "safetykit", "--credential", "env:KEY")
	a.must("source", "add", "keyless", "--provider", "woosmap", "--credential", "env:NOWHERE")
	a.must("source", "add", "resting", "--provider", "woosmap", "--credential", "env:KEY")
	a.must("source", "pause", "resting", "--reason", "holidays")
	for _, c := range []struct{ args, want string }{
		{"nobody", `no source is named "nobody"; see  tracker source list`},
		{"kit", "discover what source kit has: the API has no list of what there is to track (safetykit); register jobs by name:  tracker job add --help"},
		{"keyless", "credential env:NOWHERE: empty or not set"},
		{"resting", "it is paused: holidays; to go on:  tracker source resume resting"},
		{"woosmap-test", "page 1: 429 Too Many Requests: Rate limit reached for REDACTED"},
		{"woosmap-test", "the service asked to be left alone until 20"},
		{"woosmap-test --label a=b", "--label is for the jobs that --register registers"},
		{"woosmap-test --register --label a", `--label "a": want KEY=VALUE`},
	} {
		stdout, stderr, code := a.run(append([]string{"source", "discover"}, strings.Fields(c.args)...)...)
		if code == exitDone || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("tracker source discover %s ends with %d: %s%s", c.args, code, stdout, stderr)
		}
	}
	if n := a.requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}
