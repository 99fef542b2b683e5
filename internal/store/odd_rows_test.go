package store_test

import (
	"errors"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// TestHeadsWithoutPolls reads the head of a job whose polls are gone, beside one
// whose polls are there.
func TestHeadsWithoutPolls(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	body := woosmapBody("r", "in_progress")
	f.round(t, said{job: jobs[0], body: body}, said{job: jobs[1], body: body})
	mustExec(t, f.conn, "SET session_replication_role = replica") // past the guards
	mustExec(t, f.conn, "DELETE FROM polls WHERE job_id = $1", jobs[0].ID)
	heads, err := f.store.Heads(t.Context(), []int64{jobs[0].ID, jobs[1].ID})
	if err != nil {
		t.Fatal(err)
	}
	polledAt := value[time.Time](t, f.conn, "SELECT polled_at FROM snapshots WHERE job_id = $1", jobs[0].ID)
	if head := heads[jobs[0].ID]; len(heads) != 2 || head.Confirmations != 1 || !head.ConfirmedAt.Equal(polledAt) || !head.LastPolledAt.Equal(polledAt) {
		t.Errorf("%d heads, of the first %+v", len(heads), head)
	}
}

// TestAdvanceRefusesARowAlone moves the other cursors of a batch on.
func TestAdvanceRefusesARowAlone(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b", "c")
	var answers []said
	for _, job := range jobs {
		answers = append(answers, said{job: job, body: woosmapBody("r", "in_progress")})
	}
	takes := f.take(t, answers...)
	f.compare(t, takes)
	f.record(t, takes)
	var advances []store.Advance
	for _, k := range takes {
		advances = append(advances, k.advance())
	}
	advances[1].Gaps = []history.Gap{{From: f.now, To: f.now.Add(time.Hour), Reason: "\x00"}}
	err := f.store.AdvanceCursors(t.Context(), advances)
	refused, ok := errors.AsType[*store.RefusedError](err)
	if !ok || len(refused.Reasons) != 1 || codeOf(refused.Reasons[advances[1].JobID]) != "22021" {
		t.Fatalf("%v", err)
	}
	equalLines(t, column[string](t, f.conn, "SELECT j.name FROM cursors c JOIN jobs j USING (job_id) WHERE c.claimed_until IS NULL ORDER BY 1"), "a", "c")
	advances[1].Gaps = nil
	if err := f.store.AdvanceCursors(t.Context(), advances[1:2]); err != nil {
		t.Fatal(err)
	}
}
