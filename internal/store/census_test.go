package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestCensus counts by cursors what report.jobs tells of each job.
func TestCensus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mustExec(t, w.owner, `
		UPDATE cursors c SET state = r.state FROM report.jobs r WHERE r.job_id = c.job_id;
		INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at, paused_at, paused_reason, removed_at)
			SELECT name, 'woosmap', 'u', 'c', '@every 5m', '10 s', '1 s', 1, now(), paused_at, reason, removed_at
			FROM (VALUES ('census-paused', now(), 'by hand', NULL), ('census-held', NULL, NULL, NULL), ('census-over', NULL, NULL, NULL), ('census-gone', now(), 'by hand', now()))
				s (name, paused_at, reason, removed_at);
		INSERT INTO budgets (source_id, next_slot_at, held_from, held_until)
			SELECT source_id, now(), now() - interval '2 h', CASE name WHEN 'census-over' THEN now() - interval '1 h' ELSE now() + interval '1 h' END
			FROM sources WHERE name LIKE 'census-%'`)
	before, err := w.store.Census(t.Context(), w.now.Add(-24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	census, err := w.store.Census(t.Context(), w.now)
	if err != nil {
		t.Fatal(err)
	}
	if paused := value[int64](t, w.owner, `SELECT count(*) FROM report.sources WHERE paused_at IS NOT NULL`); census.SourcesPaused != paused || paused == 0 {
		t.Errorf("%d sources are paused, not %d", census.SourcesPaused, paused)
	}
	if held := value[int64](t, w.owner, `SELECT count(*) FROM report.sources WHERE held_until > now()`); census.SourcesHeld != held || before.SourcesHeld != held+1 {
		t.Errorf("%d sources are held, and %d a day ago, not %d and one more", census.SourcesHeld, before.SourcesHeld, held)
	}
	var jobs []string
	for _, n := range census.Jobs {
		jobs = append(jobs, fmt.Sprintf("%s %s %d", n.Tracking, n.State, n.Jobs))
	}
	slices.Sort(jobs)
	want := column[string](t, w.owner, `SELECT concat(tracking, ' ', state, ' ', count(*)) FROM report.jobs GROUP BY tracking, state`)
	if slices.Sort(want); !slices.Equal(jobs, want) || len(want) == 0 {
		t.Errorf("counted %q, not %q", jobs, want)
	}
}
