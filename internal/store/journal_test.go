package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// journal appends all that waits, and lists the entries but those of days, which all
// are over.
func (f *feed) journal(t *testing.T) []string {
	t.Helper()
	if err := f.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	return column[string](t, f.conn, `SELECT concat_ws(' ', e.kind, j.name, CASE e.kind WHEN 'change' THEN c.action ELSE e.no::text END)
		FROM report.journal e LEFT JOIN jobs j ON j.job_id = e.job_id LEFT JOIN changes c ON e.kind = 'change' AND c.change_no = e.no
		WHERE e.kind <> 'polls' ORDER BY e.entry_no`)
}

func TestJournalTellsAllInOneOrder(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	running, done := woosmapBody("r", "in_progress"), woosmapBody("r", "success")
	f.round(t, said{job: jobs[0], body: running}, said{job: jobs[1], failure: history.OutcomeTimeout})
	f.round(t, said{job: jobs[0], body: running}, said{job: jobs[1], body: running}) // which ends a gap
	f.round(t, said{job: jobs[0], body: done}, said{job: jobs[1], body: running})
	f.by.At = f.now.Add(time.Minute)
	if _, err := f.store.PauseJob(t.Context(), f.by, "b", "the service moves"); err != nil {
		t.Fatal(err)
	}
	equalLines(t, f.journal(t), "change register", "change a register", "change b register",
		"snapshot a 1", "gap b 1", "snapshot b 1", "snapshot a 2", "change b pause")
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', kind, job, source, run_no, from_state, to_state, anomaly, detail)
		FROM report.events WHERE entry_no > 3 ORDER BY entry_no, kind DESC, event_no`),
		"transition a woosmap-prod 1 running in_progress",
		"gap b woosmap-prod timeout",
		"transition b woosmap-prod 1 running in_progress",
		"transition a woosmap-prod 1 running succeeded success",
		"change b woosmap-prod pause job b by ann")
	if again := f.journal(t); len(again) != 8 {
		t.Errorf("asked again, it tells %q", again)
	}
}

// TestJournalWaitsForLateCommits: what becomes visible after a later number was
// journaled is not passed over.
func TestJournalWaitsForLateCommits(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	f.journal(t)
	slow := f.take(t, said{job: jobs[0], body: woosmapBody("r", "in_progress")})
	f.compare(t, slow)
	lock, err := dial(t, f.url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, lock.Conn(), "SELECT FROM cursors WHERE job_id = $1 FOR UPDATE", jobs[0].ID)
	recorded := make(chan []store.RecordResult, 1)
	go func() { recorded <- f.record(t, slow) }() // its snapshot is there, and waits with it for the cursor
	awaitLockWaiters(t, f, 1)

	f.round(t, said{job: jobs[1], body: woosmapBody("r", "in_progress")})
	mustExec(t, f.conn, "UPDATE sources SET schedule = '@every 2m'")
	before := []string{"change register", "change a register", "change b register", "snapshot b 1", "change change"}
	equalLines(t, f.journal(t), before...)
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-recorded
	equalLines(t, f.journal(t), append(before, "snapshot a 1")...)
}

// TestJournalIsAppendedByOne at a time, and by another where that one is killed.
func TestJournalIsAppendedByOne(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.register(t, "woosmap", "a", "b")
	lock, err := dial(t, f.url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, lock.Conn(), "LOCK TABLE journal IN SHARE MODE")
	killed, kill := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := f.store.AppendJournal(killed)
		ended <- err
	}()
	awaitLockWaiters(t, f, 1)
	if done, err := f.store.AppendJournal(t.Context()); err != nil || done != (store.Journaled{}) {
		t.Errorf("beside another it gives %v, %v", done, err)
	}
	kill()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("killed, it gives %v", err)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	var entries []string
	for len(entries) == 0 && t.Context().Err() == nil { // the server may not know yet that it was killed
		entries = f.journal(t)
	}
	equalLines(t, entries, "change register", "change a register", "change b register")
}

// TestJournalBeginsWithWhatWasThere: a database that had no journal is journaled from
// its beginning, while polls go on.
func TestJournalBeginsWithWhatWasThere(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	states := [...]string{"in_progress", "success"}
	f.keep(jobs[0])
	f.keep(jobs[1])
	const rounds = 120
	for n := range rounds {
		body := woosmapBody(fmt.Sprint("r", n/2), states[n%2])
		f.round(t, said{job: jobs[0], body: body}, said{job: jobs[1], body: body})
	}
	for undone := (store.Migration{}); undone.Version != 13; { // the journal
		var err error
		if undone, err = store.MigrateDown(t.Context(), f.url); err != nil {
			t.Fatal(err)
		}
	}
	migrateUp(t, f.url)
	f.round(t, said{job: jobs[0], body: woosmapBody("last", "in_progress")})
	if _, err := f.store.AppendJournal(t.Context()); err != nil { // all of the job, in its order
		t.Fatal(err)
	}
	f.round(t, said{job: jobs[0], body: woosmapBody("last", "success")})
	mustExec(t, f.conn, "DELETE FROM journal_notes") // as if an older tracker had recorded it
	if noted := f.search(t); noted != rounds+1 {
		t.Errorf("the journal lacks %d snapshots, not %d", noted, rounds+1)
	}
	if noted := f.search(t); noted != 0 {
		t.Errorf("and, noted, %d", noted)
	}
	entries := f.journal(t)
	if snapshots := slices.DeleteFunc(entries, func(e string) bool { return !strings.HasPrefix(e, "snapshot") }); len(snapshots) != 2*rounds+2 {
		t.Errorf("the journal has %d snapshots, not %d", len(snapshots), 2*rounds+2)
	}
	if noted := f.search(t); noted != 0 {
		t.Errorf("then it lacks %d", noted)
	}
}

// search notes what the journal lacks of all jobs.
func (f *feed) search(t *testing.T) (all int64) {
	t.Helper()
	for reached := int64(-1); reached != 0; {
		var noted int64
		var err error
		if reached, noted, err = f.store.SearchJournal(t.Context(), max(reached, 0)); err != nil {
			t.Fatal(err)
		}
		all += noted
	}
	return all
}

// TestJournalClosesDays of which polls are kept; one that gets a late poll, again.
func TestJournalClosesDays(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	body := woosmapBody("r", "success")
	f.round(t, said{job: job, body: body})
	f.now = f.now.AddDate(0, 0, 2)
	f.round(t, said{job: job, body: body})
	days := func() []string {
		f.journal(t)
		return column[string](t, f.conn, "SELECT no::text FROM journal WHERE kind = 'polls' ORDER BY entry_no")
	}
	equalLines(t, days(), "20240607", "20240609")

	mustExec(t, f.conn, "UPDATE journal_end SET polls_until = '2030-01-01'") // as a clock leaves it that went wrong
	f.round(t, said{job: job, body: body})
	f.now = f.now.AddDate(0, 0, 1)
	f.round(t, said{job: job, body: body})
	equalLines(t, days(), "20240607", "20240609", "20240609", "20240610")
	equalLines(t, column[string](t, f.conn, "SELECT polls_until::text FROM journal_end"),
		time.Now().UTC().Add(-time.Hour).Format(time.DateOnly))
}
