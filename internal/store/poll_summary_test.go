package store_test

import (
	"fmt"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestPollSummaryAgreesWithThePolls compares how often a job had been polled
// by each of its polls with a count of them.
func TestPollSummaryAgreesWithThePolls(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	answer := func(status string) said { return said{job: job, body: woosmapBody("r1", status)} }
	timeout := said{job: job, failure: history.OutcomeTimeout}
	check := func(when string) {
		t.Helper()
		for _, by := range append(column[time.Time](t, f.conn, "SELECT polled_at FROM polls ORDER BY 1"), f.by.At, f.now.Add(time.Hour)) {
			summary, err := f.store.PollSummary(t.Context(), job.ID, by)
			if err != nil {
				t.Fatal(err)
			}
			told := fmt.Sprintf("%d %d %d %d %s", summary.Polls, summary.Failed, inUnix(summary.FirstAt), inUnix(summary.LastAt), text(summary.LastOutcome))
			counted := value[string](t, f.conn, `SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE outcome NOT IN ('changed', 'unchanged', 'superseded')),
				coalesce(extract(epoch FROM min(polled_at))::bigint, 0), coalesce(extract(epoch FROM max(polled_at))::bigint, 0),
				coalesce((array_agg(coalesce(outcome, 'unchanged') ORDER BY polled_at DESC))[1], '-')) FROM polls WHERE polled_at <= $1`, by)
			if told != counted {
				t.Errorf("%s, by %s: %s, but counted are %s", when, by, told, counted)
			}
		}
	}
	check("never polled")
	for i, said := range []said{
		timeout, answer("in_progress"), answer("in_progress"), timeout, timeout, answer("in_progress"), answer("success"), answer("success"), timeout,
	} {
		f.round(t, said)
		check(fmt.Sprintf("after poll %d", i+1))
	}
}

// TestPollSummaryCountsNoAnswers: what was answered the snapshots tell, however many
// polls saw them. So it is known of polls, too, that are gone.
func TestPollSummaryCountsNoAnswers(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	for _, status := range []string{"in_progress", "in_progress", "success", "success", "success"} {
		f.round(t, said{job: job, body: woosmapBody("r1", status)})
	}
	tx, err := f.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, f.conn, "SET LOCAL tracker.rewrite = 'on'")
	mustExec(t, f.conn, "DELETE FROM polls WHERE polled_at < (SELECT max(polled_at) FROM polls)")
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	read, err := f.store.History(t.Context(), store.HistoryParams{Job: "stores", Most: 1})
	if err != nil {
		t.Fatal(err)
	}
	if l := read.Polled; l.Polls != 5 || l.Failed != 0 || !l.FirstAt.Equal(f.now.Add(-4*time.Minute)) || text(l.LastOutcome) != "unchanged" {
		t.Errorf("of 5 polls it tells %+v", l)
	}
}

func inUnix(at *time.Time) int64 {
	if at == nil {
		return 0
	}
	return at.Unix()
}

func text(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
