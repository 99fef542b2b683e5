package sync_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// budget shows the 429s in a row, and for how long the source woosmap is held.
func (l *lab) budget(want string) {
	l.t.Helper()
	l.Want("budget", []string{want}, `SELECT concat_ws(' ', limited, CASE WHEN held_until > now() THEN 10 * round(extract(epoch FROM held_until - now()) / 10) END)
		FROM budgets JOIN sources USING (source_id) WHERE name = 'woosmap'`)
}

// release ends the hold of all sources, as if it had passed.
func (l *lab) release() { l.Exec(`UPDATE budgets SET held_until = now()`) }

func TestOnceHoldsASourceLongerWithEach429(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	no, ok := upstreamsim.WoosmapError(429), testkit.WoosmapRun("r1", "success")
	l.dataset("a", no, no, no, no, no, upstreamsim.WoosmapError(503), no, ok, no)
	for _, want := range []string{"1 10", "2 20", "3 40", "4 80", "5 160", "5", "6 320", "0", "1 10"} {
		l.release()
		l.Exec(`UPDATE budgets SET probed_until = NULL`) // a failed probe leaves it
		l.once("a")
		l.budget(want)
	}
	l.Exec(`UPDATE budgets SET limited = 40, held_until = now()`)
	l.once("a")
	l.budget("41 900")
}

func TestOnceCountsA429OnceForAllThatWereUnderWay(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	var jobs []string
	var gates []*upstreamsim.Gate
	for i := range 60 {
		jobs, gates = append(jobs, fmt.Sprintf("job-%02d", i)), append(gates, upstreamsim.NewGate())
		l.dataset(jobs[i], upstreamsim.WoosmapError(429).Behind(gates[i]))
	}
	round := l.start(l.syncer, jobs...)
	for _, gate := range gates {
		receive(t, gate.Reached(), "a request")
	}
	for _, gate := range gates {
		gate.Open()
	}
	if err := round.wait(); err != nil {
		t.Fatal(err)
	}
	l.budget("1 10")
	l.Want("polls", []string{"60"}, `SELECT count(*)::text FROM report.polls WHERE outcome = 'rate_limited'`)
}

func TestOnceAsksALimitedSourceByOnePoll(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("first", upstreamsim.WoosmapError(429), upstreamsim.WoosmapError(429), testkit.WoosmapRun("r1", "success"))
	jobs := l.datasets("woosmap", "job", 20, upstreamsim.WoosmapError(429))
	l.once("first")
	for _, requests := range []int{2, 3} { // one each, and all others wait for the next hold's end
		l.release()
		for _, text := range l.once(append(jobs, "first")...).texts() {
			if !strings.HasPrefix(text, "skipped ") && !strings.HasSuffix(text, " rate_limited") {
				t.Errorf("told %q", text)
			}
		}
		if n := len(l.Requests.All()); n != requests {
			t.Errorf("%d requests, not %d", n, requests)
		}
	}
	for _, job := range jobs {
		l.Woosmap.Script(datasetID(job), testkit.WoosmapRun("r1", "success"))
	}
	l.release()
	for _, text := range l.once(jobs...).texts() { // one answer lets in the others
		if !strings.HasSuffix(text, " changed") {
			t.Errorf("told %q", text)
		}
	}
	l.budget("0")
}

func TestResumeSourceEndsAHoldAndBackOff(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("a", upstreamsim.WoosmapError(429).With("Retry-After", "36000"), testkit.WoosmapRun("r1", "success"))
	l.dataset("b", upstreamsim.WoosmapError(500))
	l.request("other", upstreamsim.Answer(`{}`))
	for range 3 {
		l.once("b")
	}
	l.once("a", "other")
	resume := func(want bool) {
		t.Helper()
		resumed, err := l.store.ResumeSource(t.Context(), l.author(), "woosmap")
		if err != nil || resumed != want {
			t.Errorf("resumed is %t, %v", resumed, err)
		}
	}
	l.Want("before", []string{"a true", "b true", "other true"}, `SELECT concat_ws(' ', job, (next_poll_at > now() + interval '1 s')::text) FROM report.jobs ORDER BY job`)
	resume(true)
	l.Want("after", []string{"a false", "b false", "other true"}, `SELECT concat_ws(' ', job, (next_poll_at > now())::text) FROM report.jobs ORDER BY job`)
	l.Want("change", []string{"resume source woosmap true"}, `SELECT concat_ws(' ', action, subject, ((before ->> 'held_until')::timestamptz > now())::text)
		FROM report.changes WHERE action = 'resume'`)
	l.budget("0")
	resume(false)
	l.expect("a", "changed")
}

func TestServeAsksALimitingSourceAsItBacksOff(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	jobs := l.datasets("woosmap", "job", 60, upstreamsim.WoosmapError(429))
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.RateEvery, s.RateBurst = 20*time.Millisecond, 1 })
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- l.syncer.Serve(ctx, func(sync.Event) {}) }()
	var first int
	for n := 1; n <= 5; n++ {
		l.until(strconv.Itoa(n), `SELECT max(limited)::text FROM budgets`)
		if n == 1 {
			first = len(l.Requests.All())
		}
		l.Exec(`UPDATE cursors SET next_poll_at = now() WHERE next_poll_at IS NOT NULL`)
		if n < 5 {
			l.release()
		}
	}
	stop()
	if err := receive(t, served, "the daemon's end"); err != nil {
		t.Error(err)
	}
	if n := len(l.Requests.All()) - first; n != 4 {
		t.Errorf("%d requests after 4 holds", n)
	}
	if first > len(jobs)/2 {
		t.Errorf("%d requests before the first hold", first)
	}
}

// until waits until a query of one text gives it.
func (l *lab) until(want, query string) {
	l.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for l.Lines(query)[0] != want {
		receive(l.t, tick.C, want)
	}
}
