package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
)

// agedRuns is a feed with a job whose runs ended long ago, but for the newest: 2 is on
// hold, 4 was superseded by 5, and 5 has the newest anomaly.
func agedRuns(t *testing.T) (*feed, store.Job) {
	t.Helper()
	f, now := newOldFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	odd := woosmapStep("import", "success", "10:00:00", "10:05:00", woosmapEntry("10:00:01", "fatal", "odd"), woosmapEntry("10:00:02", "warning", "slow"))
	for _, body := range []string{
		woosmapBody("run-1", "in_progress", woosmapStep("fetch", "in_progress", "10:00:00", "")),
		woosmapBody("run-1", "success", woosmapStep("fetch", "success", "10:00:00", "10:01:00", woosmapEntry("10:00:01", "info", "done"))),
		woosmapBody("run-2", "failed", woosmapStep("fetch", "failed", "11:00:00", "11:01:00", woosmapEntry("11:00:01", "error", "no"))),
		woosmapBody("run-3", "success", odd),
		woosmapBody("run-4", "in_progress", woosmapStep("fetch", "in_progress", "12:00:00", "")),
		woosmapBody("run-5", "in_progress", odd),
		woosmapBody("run-5", "success", odd),
	} {
		f.round(t, said{job: job, body: body})
		f.round(t, said{job: job, body: body})
	}
	f.now = now.Add(-10 * time.Minute)
	f.round(t, said{job: job, body: woosmapBody("run-6", "success")})
	if _, err := f.store.HoldRun(t.Context(), f.by, store.RunHold{Job: job, RunNo: 2}); err != nil {
		t.Fatal(err)
	}
	return f, job
}

// daily counts all days again and gives report.daily.
func daily(t *testing.T, f *feed) []string {
	t.Helper()
	mustExec(t, f.conn, "INSERT INTO recounts SELECT job_id, day FROM jobs, daily ON CONFLICT DO NOTHING")
	if err := f.store.RollUp(t.Context(), f.now); err != nil {
		t.Fatal(err)
	}
	return column[string](t, f.conn, "SELECT d::text FROM report.daily d ORDER BY 1")
}

func takeRuns(t *testing.T, f *feed, s *store.Store) (all []store.Taken) {
	t.Helper()
	old, err := s.OldRuns(t.Context(), keepPolls)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := s.AnyOldRuns(t.Context(), keepPolls); err != nil || found != (len(old) > 0) {
		t.Errorf("of %d jobs runs are older; any: %v, %v", len(old), found, err)
	}
	for _, of := range old {
		for {
			taken, err := s.TakeOldRuns(t.Context(), f.by, keepPolls, of)
			if err != nil {
				t.Fatal(err)
			}
			if len(taken) == 0 {
				break
			}
			if !slices.EqualFunc(taken, of.Taken, func(a, b store.Taken) bool { return *a.Job == *b.Job && a.What == b.What && a.Rows == b.Rows }) {
				t.Errorf("it takes %+v, and said %+v", taken, of.Taken)
			}
			all = append(all, taken...)
		}
	}
	return all
}

func TestTakeOldRuns(t *testing.T) {
	t.Parallel()
	f, job := agedRuns(t)
	daily(t, f) // rolls up for the first time
	before := daily(t, f)
	hashes := "SELECT encode(sha256, 'hex') FROM report.snapshots ORDER BY snapshot_no"
	hashed := column[string](t, f.conn, hashes)
	daemon := openStore(t, loginAs(t, f.conn, f.url, "tracker_writer").Config().ConnString())
	taken := takeRuns(t, f, daemon)
	if len(taken) != 2 || taken[0].Rows != 3 || taken[1].Rows != 5 {
		t.Errorf("it takes %+v", taken)
	}
	equalLines(t, column[string](t, f.conn, "SELECT run_no::text FROM report.runs ORDER BY run_no"), "2", "4", "6")
	for _, table := range []string{"steps", "log_entries", "transitions", "anomalies"} {
		if left := value[int64](t, f.conn, fmt.Sprintf("SELECT count(*) FROM %s WHERE run_no NOT IN (2, 4, 6)", table)); left > 0 {
			t.Errorf("%d %s are left", left, table)
		}
	}
	equalLines(t, column[string](t, f.conn, "SELECT DISTINCT run_no::text FROM report.snapshots WHERE body IS NULL ORDER BY 1"), "1", "3", "5")
	equalLines(t, column[string](t, f.conn, hashes), hashed...)
	equalLines(t, daily(t, f), before...)
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', job, what, rows) FROM report.retention ORDER BY what DESC"), "stores-eu runs 3", "stores-eu bodies 5")
	if again := takeRuns(t, f, f.store); len(again) > 0 {
		t.Errorf("it takes more: %+v", again)
	}

	// No number is used again, whatever comes back.
	highest := value[int64](t, f.conn, "SELECT max(last_anomaly_no) FROM report.taken_runs")
	f.round(t, said{job: job, body: woosmapBody("run-1", "odd")})
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', run_no, run_id) FROM report.runs ORDER BY run_no DESC LIMIT 1"), "7 run-1")
	if no := value[int64](t, f.conn, "SELECT max(anomaly_no) FROM anomalies"); highest == 0 || no != highest+1 {
		t.Errorf("the anomaly after %d is %d", highest, no)
	}
}

// TestTakeOldRunsReleased: what was on hold goes once it is released.
func TestTakeOldRunsReleased(t *testing.T) {
	t.Parallel()
	f, job := agedRuns(t)
	takeRuns(t, f, f.store)
	if _, err := f.store.ReleaseRun(t.Context(), f.by, job, 2); err != nil {
		t.Fatal(err)
	}
	takeRuns(t, f, f.store)
	equalLines(t, column[string](t, f.conn, "SELECT run_no::text FROM report.runs ORDER BY run_no"), "4", "6")
}

// TestTakeOldRunsEnded: what was ended in the middle is as if it had never begun.
func TestTakeOldRunsEnded(t *testing.T) {
	t.Parallel()
	f, job := agedRuns(t)
	killed := dial(t, f.url)
	mustExec(t, killed, "BEGIN")
	mustExec(t, killed, "SELECT runs_take('90 days', $1)", job.ID)
	mustExec(t, f.conn, "SELECT pg_terminate_backend($1, 60000)", int32(killed.PgConn().PID())) // it waits for the end
	equalLines(t, column[string](t, f.conn, "SELECT count(*)::text FROM report.runs"), "6")
	takeRuns(t, f, f.store)
}

// TestTakeOldRunsBesideAnOpenOne: a run that goes on stays, and keeps no other from going.
func TestTakeOldRunsBesideAnOpenOne(t *testing.T) {
	t.Parallel()
	f, _ := agedRuns(t)
	other := f.at(t.Name())
	stuck := other.register(t, "woosmap", "stuck")[0]
	other.round(t, said{job: stuck, body: woosmapBody("run-1", "success")})
	other.round(t, said{job: stuck, body: woosmapBody("run-2", "in_progress")})
	opened := other.now
	now, err := f.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other.now = now.Add(-2 * time.Minute)
	other.round(t, said{job: stuck, body: woosmapBody("run-2", "in_progress")})
	takeRuns(t, f, f.store)
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', job, run_no) FROM report.runs ORDER BY job, run_no"), "stores-eu 2", "stores-eu 4", "stores-eu 6", "stuck 2")
	open, err := f.store.OpenRuns(t.Context(), now.Add(-keepPolls))
	if err != nil || open.Count != 1 || open.Job != "stuck" || open.RunNo != 2 || open.FirstSeenAt.Sub(opened).Abs() > time.Minute {
		t.Errorf("it goes on: %+v, %v", open, err)
	}
	if open, err := f.store.OpenRuns(t.Context(), now.AddDate(-1, 0, 0)); err != nil || open.Count != 0 {
		t.Errorf("for a year: %+v, %v", open, err)
	}
}

// TestTakeOldRunsInParts: what is taken at once is bounded, by runs and by what they hold.
func TestTakeOldRunsInParts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		runs int
		fill string
		want []int64
	}{
		"Runs":    {130, "SELECT 1", []int64{100, 30}},
		"Entries": {6, fillEntries, []int64{3, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := uncheckedFeed(t)
			now, err := f.store.Now(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f.by.At = now.AddDate(0, 0, -200)
			f.now = f.by.At
			job := f.register(t, "woosmap", "stores-eu")[0]
			for i := range test.runs {
				f.round(t, said{job: job, body: woosmapBody(fmt.Sprint("run-", i), "success", woosmapStep("fetch", "success", "10:00:00", "10:01:00"))})
			}
			f.now = now.Add(-10 * time.Minute)
			f.round(t, said{job: job, body: woosmapBody("newest", "success")})
			mustExec(t, f.conn, test.fill)
			old, err := f.store.OldRuns(t.Context(), keepPolls)
			if err != nil || len(old) != 1 || old[0].Runs() != int64(test.runs) {
				t.Fatalf("%d runs are older: %+v, %v", test.runs, old, err)
			}
			for _, want := range test.want {
				if taken, err := f.store.TakeOldRuns(t.Context(), f.by, keepPolls, old[0]); err != nil || taken[0].Rows != want {
					t.Errorf("it takes %+v, %v, not %d runs", taken, err, want)
				}
			}
		})
	}
}

// fillEntries gives each run's step 4,000 log entries.
const fillEntries = `INSERT INTO log_entries (job_id, run_no, step_no, entry_no, position, created_raw, zone_assumed, level, detail, first_seen_at)
	SELECT job_id, run_no, step_no, i, i, '', false, 'info', 'line', first_seen_at FROM steps, generate_series(1, 4000) i`

// giveWay has nobody take what is old of a job beside a transaction that does something,
// and gives both.
func giveWay(t *testing.T, f *feed, does string, args ...any) (store.OldRuns, *pgx.Conn) {
	t.Helper()
	old, err := f.store.OldRuns(t.Context(), keepPolls)
	if err != nil {
		t.Fatal(err)
	}
	holder := dial(t, f.url)
	mustExec(t, holder, "BEGIN")
	mustExec(t, holder, does, args...)
	if _, err := f.store.TakeOldRuns(t.Context(), f.by, keepPolls, old[0]); !errors.Is(err, store.ErrRetentionBusy) {
		t.Errorf("beside %s: %v", does, err)
	}
	return old[0], holder
}

// TestTakeOldRunsBesideAHold: a run that is put on hold meanwhile stays.
func TestTakeOldRunsBesideAHold(t *testing.T) {
	t.Parallel()
	f, job := agedRuns(t)
	old, holder := giveWay(t, f, "SELECT run_hold($1, 3, NULL)", job.ID)
	mustExec(t, holder, "COMMIT")
	for {
		taken, err := f.store.TakeOldRuns(t.Context(), f.by, keepPolls, old)
		if err != nil {
			t.Fatal(err)
		}
		if len(taken) == 0 {
			break
		}
	}
	equalLines(t, column[string](t, f.conn, "SELECT run_no::text FROM report.runs ORDER BY run_no"), "2", "3", "4", "6")
}
