package sync_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// redirecting is a service that answers after so many redirects. It counts
// what it is asked.
func (l *lab) redirecting(hops int) (baseURL string, requests func() []upstreamsim.Request) {
	l.t.Helper()
	var mu gosync.Mutex
	var seen []upstreamsim.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, upstreamsim.Request{At: time.Now()})
		mu.Unlock()
		if strings.Count(r.URL.Path, "/hop") < hops {
			http.Redirect(w, r, "/hop"+r.URL.Path, http.StatusFound)
			return
		}
		fmt.Fprint(w, `{"id":"r1","status":"success","steps":[]}`)
	}))
	l.t.Cleanup(server.Close)
	return server.URL, func() []upstreamsim.Request {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

func TestOnceKeepsToTheBudgetWithRedirects(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	const every, burst = 60 * time.Millisecond, 2
	baseURL, requests := l.redirecting(3)
	spec := l.sourceSpec("moved", "woosmap", baseURL)
	spec.RateEvery, spec.RateBurst = every, burst
	l.declare(store.Declaration{Sources: []store.SourceSpec{spec}})
	jobs := l.datasets("moved", "job", 5, testkit.WoosmapRun("r1", "success"))
	start := time.Now()
	for _, event := range l.once(jobs...).all() {
		if event.Outcome != "changed" {
			t.Errorf("%s is %s: %s", event.Job.Name, event.Outcome, event.Error)
		}
	}
	if n := len(requests()); n != 4*len(jobs) {
		t.Errorf("%d requests", n)
	}
	wantSpaced(t, requests(), start, every, burst)
}

func TestOnceFollowsNoRedirectThatTheBudgetHasNoRequestFor(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	baseURL, requests := l.redirecting(1)
	spec := l.sourceSpec("moved", "woosmap", baseURL)
	inAnHour(&spec)
	l.declare(store.Declaration{Sources: []store.SourceSpec{spec}})
	l.datasetAt("moved", "a", testkit.WoosmapRun("r1", "success"))
	l.expect("a", "rejected")
	if n := len(requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
	l.Want("error", []string{"302 Found: redirect not followed: the rate limit has no request for it in time"}, `SELECT error FROM report.polls WHERE job = 'a'`)
	l.Want("next slot", []string{"true"}, `SELECT (b.next_slot_at < now() + interval '61 minutes')::text FROM budgets b JOIN sources s USING (source_id) WHERE s.name = 'moved'`)
}
