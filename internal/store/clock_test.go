package store_test

import (
	"testing"
	"time"

	"tracker/internal/store"
)

// TestClockSetBack: the clock was two hours ahead for a while. Afterwards the job
// is due, its bounds are those of polls that can have been, and the time since
// then is a gap.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // not checked: times that were ahead stay where they are
	jobs := f.register(t, "woosmap", "before", "ahead-only", "paused", "untouched", "claimed", "resumed")
	before, ahead, paused, untouched, claimed, resumed := jobs[0], jobs[1], jobs[2], jobs[3], jobs[4], jobs[5]
	running, done := woosmapBody("r", "in_progress"), woosmapBody("r", "success")
	f.round(t, said{job: before, body: running}, said{job: paused, body: running}, said{job: untouched, body: running}, said{job: claimed, body: running})
	right := f.now
	f.must(t)(f.store.PauseJob(t.Context(), store.Author{Actor: "ann", At: right.Add(10 * time.Second)}, "resumed", ""))
	f.must(t)(f.store.ResumeJob(t.Context(), store.Author{Actor: "ann", At: right.Add(30 * time.Second)}, "resumed"))
	f.now = f.now.Add(2 * time.Hour)
	f.round(t, said{job: before, body: done}, said{job: ahead, body: running}, said{job: paused, body: done}, said{job: resumed, body: running})
	f.must(t)(f.store.PauseJob(t.Context(), store.Author{Actor: "ann", At: f.now}, "paused", ""))
	inFlight := f.take(t, said{job: before, body: done}, said{job: claimed, body: done}) // its process is killed
	_ = inFlight
	mustExec(t, f.conn, "UPDATE budgets SET held_from = $1, held_until = $2, next_slot_at = $2", f.now, f.now.Add(time.Minute))
	mustExec(t, f.conn, "INSERT INTO replicas (owner, started_at, seen_at) VALUES ('a', $1, $2), ('b', $2::timestamptz - interval '1 min', $2), ('b', $2, $2)", right, f.now)

	f.now = right.Add(time.Minute)
	found, err := f.store.SetClockBack(t.Context(), f.now)
	if err != nil || found != (store.SetBack{Jobs: 5, Sources: 1}) {
		t.Errorf("it brings back %+v: %v", found, err)
	}
	if again, err := f.store.SetClockBack(t.Context(), f.now); err != nil || again != (store.SetBack{}) {
		t.Errorf("the second time it brings back %+v: %v", again, err)
	}
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', name, polled_at = $1, confirmed_at = $1, covered_until = $1, next_poll_at = $2, unseen_reason)
		FROM cursors JOIN jobs USING (job_id) ORDER BY job_id`, right, f.now),
		"before t t t t clock", "ahead-only f f t clock", "paused t t t t paused", "untouched t t t t", "claimed t t t t clock", "resumed f f t clock")
	equalLines(t, column[string](t, f.conn, "SELECT (covered_until = $2)::text FROM cursors WHERE job_id = $1", resumed.ID, right.Add(30*time.Second)), "true")
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', held_until - $1, next_slot_at <= $1 + interval '1 ms') FROM budgets", f.now), "00:01:00 t")
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', owner, seen_at = $1) FROM replicas", f.now), "a t")
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', actor, action, subject) FROM changes WHERE action = 'resume'"), "ann resume job resumed")

	f.countsRight(t)

	mustExec(t, f.conn, "UPDATE budgets SET held_until = NULL")
	f.round(t, said{job: before, body: running}, said{job: ahead, body: done})
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', snapshot_no, status, not_before = $2, observed_at < $2 + interval '1 h') FROM snapshots WHERE job_id = $1 ORDER BY 1`,
		before.ID, right), "1 in_progress t", "2 success t f", "3 in_progress t t")
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', name, reason, gap_from = $1, gap_to = $2) FROM gaps JOIN jobs USING (job_id) WHERE reason = 'clock' ORDER BY job_id`,
		right, f.now), "before clock t t", "ahead-only clock f t")
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', reason, gap_from = $1, gap_to = $2) FROM report.gaps
		WHERE job = 'before' AND gap_to IS NOT NULL ORDER BY gap_from`, right, f.now), "clock t t") // the two hours were none
	f.countsRight(t)
}

// TestClockSetBackBringsBackAHold: of a source that had sent polls away before the clock
// was ahead, too.
func TestClockSetBackBringsBackAHold(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	from := f.register(t, "woosmap", "a")[0].From.ID
	right, ahead := f.now, f.now.Add(2*time.Hour)
	for _, at := range []time.Time{right, ahead} {
		if err := f.store.LimitSource(t.Context(), from, at); err != nil {
			t.Fatal(err)
		}
		if err := f.store.HoldSource(t.Context(), from, at, at.Add(10*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.store.SetClockBack(t.Context(), right.Add(15*time.Minute)); err != nil {
		t.Fatal(err)
	}
	equalLines(t, column[string](t, f.conn, "SELECT (held_until - $1)::text FROM budgets", right), "00:25:00")
}
