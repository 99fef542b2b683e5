package sync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

const labRefusal = "unauthorized: 401 Unauthorized: Unable to locate credentials."

func TestOncePausesASourceAfterThreeRefusals(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	for _, job := range []string{"a", "b", "c", "d"} {
		l.dataset(job, upstreamsim.WoosmapError(401))
	}
	l.request("other", safetykitRun("r1", "queued"))
	l.once("a")
	l.once("b")
	told := l.once("c").texts()
	if want := []string{"polled c unauthorized", "paused c: source woosmap is paused: " + labRefusal}; !slices.Equal(told, want) {
		t.Errorf("the third refusal tells %q, not %q", told, want)
	}
	told = l.once("d", "other").texts()
	slices.Sort(told)
	if want := []string{"polled other changed", "skipped d: source woosmap is paused: " + labRefusal}; !slices.Equal(told, want) {
		t.Errorf("a paused source tells %q, not %q", told, want)
	}
	l.wantPolls("d")
	l.Want("who", []string{"tracker pause source woosmap"}, `SELECT concat_ws(' ', actor, action, subject) FROM report.changes WHERE action = 'pause'`)

	if _, err := l.store.ResumeSource(t.Context(), l.author(), "woosmap"); err != nil {
		t.Fatal(err)
	}
	l.expect("a", "unauthorized") // it takes three again
	l.expect("a", "unauthorized")
	l.Want("paused", nil, `SELECT source FROM report.sources WHERE paused_at IS NOT NULL`)
}

func TestOnceForgetsRefusalsOnAnAnswer(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	no, ok := upstreamsim.WoosmapError(401), testkit.WoosmapRun("r1", "success")
	l.dataset("a", no, no, ok, no, upstreamsim.WoosmapError(403), upstreamsim.WoosmapError(404), ok, no)
	for range 8 {
		l.once("a")
	}
	l.Want("paused", nil, `SELECT name FROM sources WHERE paused_at IS NOT NULL UNION SELECT name FROM jobs WHERE tracking = 'paused'`)
}

func TestOncePausesAJobThatAloneIsRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("good", testkit.WoosmapRun("r1", "success"))
	l.dataset("bad", upstreamsim.WoosmapError(403))
	for range 2 {
		l.once("bad")
		l.once("good")
	}
	told := l.once("bad").texts()
	want := []string{"polled bad forbidden", "paused bad: job bad is paused: forbidden: 403 Forbidden: Credentials found, but not matching."}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
	l.Want("tracking", []string{"bad paused", "good active"}, `SELECT concat_ws(' ', job, tracking) FROM report.jobs ORDER BY job`)
	l.Want("paused sources", nil, `SELECT name FROM sources WHERE paused_at IS NOT NULL`)
}

func TestOnceHoldsASourceForItsRetryAfter(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.RateEvery, s.RateBurst = 10*time.Second, 1 })
	for _, job := range []string{"a", "b", "c"} {
		l.dataset(job, upstreamsim.WoosmapError(429).With("Retry-After", "60"))
	}
	l.request("other", safetykitRun("r1", "queued"))
	told := l.once("a", "b", "c", "other").texts()
	var skipped int
	for _, text := range told {
		if strings.Contains(text, "source woosmap asked to be left alone until 2") {
			skipped++
		}
	}
	if skipped != 2 || !slices.Contains(told, "polled a rate_limited") || !slices.Contains(told, "polled other changed") {
		t.Errorf("told %q", told)
	}
	l.Want("hold", []string{"t t"}, `SELECT concat_ws(' ', b.held_until - p.polled_at BETWEEN '60 s' AND '75 s', j.next_poll_at >= b.held_until)
		FROM budgets b JOIN sources s USING (source_id) JOIN report.polls p ON p.source = s.name JOIN report.jobs j ON j.job = p.job WHERE s.name = 'woosmap'`)
	if told := l.once("a").texts(); !strings.HasPrefix(told[0], "skipped a") {
		t.Errorf("told %q", told)
	}
}

func TestOnceHoldsASourceWhereItCannotBeAskedNow(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	for job, test := range map[string]struct {
		frame upstreamsim.Frame
		held  string
	}{
		"ok":       {testkit.WoosmapRun("r1", "success").With("Retry-After", "3600"), "none"},
		"down":     {upstreamsim.WoosmapError(503).With("Retry-After", "3600"), "01:00:00"},
		"for-days": {upstreamsim.WoosmapError(503).With("Retry-After", "864000"), "1 day"},
		"garbage":  {upstreamsim.WoosmapError(503).With("Retry-After", "99999999999999999999"), "none"},
		"broken":   {upstreamsim.WoosmapError(500).With("Retry-After", "3600"), "none"},
	} {
		l.dataset(job, test.frame)
		l.once(job)
		l.Want(job, []string{test.held},
			`SELECT coalesce(justify_interval(date_trunc('minute', b.held_until - c.polled_at))::text, 'none') FROM budgets b JOIN cursors c USING (source_id)
				JOIN jobs j ON j.job_id = c.job_id WHERE j.name = $1`, job)
		l.Exec(`UPDATE budgets SET held_until = NULL`)
	}
}

func TestOnceSkipsSourcesWithoutACredential(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("a", testkit.WoosmapRun("r1", "success"))
	l.request("other", safetykitRun("r1", "queued"))
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.Credential = "env:NOT_THERE" })
	told := l.once("a", "other").texts()
	want := []string{"skipped a: source woosmap: credential env:NOT_THERE: empty or not set", "polled other changed"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
	l.wantPolls("a")
}

func TestOnceIsToldThatTheKeyIsWrong(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.Credential = "env:OTHER_KEY" })
	l.reconfigure("safetykit", func(s *store.SourceSpec) { s.Credential = "env:OTHER_KEY" })
	l.dataset("a", testkit.WoosmapRun("r1", "success"))
	l.request("b", safetykitRun("r1", "queued"))
	l.expect("a", "forbidden")
	l.expect("b", "unauthorized")
}

func TestOnceLeavesJobsThatAreStoppedMeanwhile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.RateEvery, s.RateBurst = time.Hour, 1 })
	for _, job := range []string{"a", "b", "c"} {
		l.dataset(job, testkit.WoosmapRun("r1", "success"))
	}
	round := l.start(l.syncer, "a", "b", "c")
	round.await("polled a changed")
	if _, err := l.store.PauseJob(t.Context(), l.author(), "b", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.RemoveJob(t.Context(), l.author(), "c"); err != nil {
		t.Fatal(err)
	}
	if err := round.wait(); err != nil {
		t.Fatal(err)
	}
	want := []string{"polled a changed", "skipped b: job b is paused", "skipped c: job c is removed"}
	told := round.texts()
	slices.Sort(told)
	if !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
}
