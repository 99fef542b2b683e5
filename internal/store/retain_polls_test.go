package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

const keepPolls = 90 * 24 * time.Hour

// agedFeed is a feed that has polled two jobs for a year: one whose answer changes, and
// fails, each month, one that has ended long ago. Now is the database's.
type agedFeed struct {
	*feed
	changing, ended store.Job
}

func newAgedFeed(t *testing.T) *agedFeed {
	t.Helper()
	f := &agedFeed{feed: newFeed(t)}
	now, err := f.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.by.At = now.AddDate(-1, 0, 0).Truncate(time.Minute)
	f.now = f.by.At
	jobs := f.register(t, "woosmap", "changing", "ended")
	f.changing, f.ended = jobs[0], jobs[1]
	for month := f.by.At; month.Before(now); month = month.AddDate(0, 0, 28) {
		mustExec(t, f.conn, "SELECT polls_extend($1::timestamptz::date)", month)
	}
	for f.now.Before(now.Add(-time.Hour)) {
		run := "run-" + f.now.Format("2006-01")
		f.round(t, said{job: f.changing, body: woosmapBody(run, "success")}, said{job: f.ended, body: woosmapBody("run-1", "success")})
		f.round(t, said{job: f.changing, failure: history.OutcomeTimeout}, said{job: f.ended, body: woosmapBody("run-1", "success")})
		f.now = f.now.AddDate(0, 0, 14)
	}
	f.now = now.Add(-2 * time.Minute)
	f.round(t, said{job: f.changing, failure: history.OutcomeTimeout})
	f.now, f.by.At = now, now
	f.rollUp(t)
	return f
}

func (f *agedFeed) rollUp(t *testing.T) {
	t.Helper()
	if err := f.store.RollUp(t.Context(), f.now); err != nil {
		t.Fatal(err)
	}
}

// takePolls takes all old polls.
func (f *agedFeed) takePolls(t *testing.T, s *store.Store) (all []store.Taken) {
	t.Helper()
	for {
		taken, err := s.TakeOldPolls(t.Context(), f.by, keepPolls)
		if err != nil {
			t.Fatal(err)
		}
		if len(taken) == 0 {
			return all
		}
		all = append(all, taken...)
	}
}

// told is what reports tell that retention must not change.
func (f *agedFeed) told(t *testing.T) []string {
	t.Helper()
	return column[string](t, f.conn, `SELECT x::text FROM (SELECT job, snapshot_no, confirmed_at, polls FROM report.snapshots) x
		UNION ALL SELECT x::text FROM (SELECT * FROM report.daily) x
		UNION ALL SELECT x::text FROM (SELECT * FROM report.hourly) x
		UNION ALL SELECT x::text FROM (SELECT job, gap_from, gap_to, reason FROM report.gaps WHERE gap_to IS NOT NULL) x
		UNION ALL SELECT x::text FROM (SELECT * FROM report.runs) x ORDER BY 1`)
}

func TestTakeOldPolls(t *testing.T) {
	t.Parallel()
	f := newAgedFeed(t)
	before := f.told(t)
	var looked [2]store.PollSummaryRow
	for i, job := range []store.Job{f.changing, f.ended} {
		var err error
		if looked[i], err = f.store.PollSummary(t.Context(), job.ID, f.now); err != nil {
			t.Fatal(err)
		}
	}
	old, err := f.store.OldPolls(t.Context(), keepPolls)
	if err != nil {
		t.Fatal(err)
	}
	there := value[int64](t, f.conn, "SELECT count(*) FROM polls")
	daemon := openStore(t, loginAs(t, f.conn, f.url, "tracker_writer").Config().ConnString())
	for _, keep := range []time.Duration{keepPolls, 10 * 365 * 24 * time.Hour} {
		all, err := daemon.OldPolls(t.Context(), keep)
		if found, anyErr := daemon.AnyOldPolls(t.Context(), keep); err != nil || anyErr != nil || found != (len(all) > 0) || found != (keep == keepPolls) {
			t.Errorf("kept for %s: %d months are older; any: %v, %v, %v", keep, len(all), found, err, anyErr)
		}
	}
	taken := f.takePolls(t, daemon)
	var rows int64
	for i, month := range taken {
		rows += month.Rows
		if i >= len(old) || month != old[i] {
			t.Errorf("it takes %+v, not %+v", month, old)
		}
	}
	if left := value[int64](t, f.conn, "SELECT count(*) FROM polls"); rows == 0 || there-left != rows || len(taken) != len(old) {
		t.Errorf("of %d polls %d are left; it says that it took %d", there, left, rows)
	}
	if oldest := value[time.Time](t, f.conn, "SELECT min(polled_at) FROM polls"); f.now.Sub(oldest) > keepPolls+31*24*time.Hour {
		t.Errorf("there is a poll of %s", oldest)
	}
	f.rollUp(t)
	equalLines(t, f.told(t), before...)
	for i, job := range []store.Job{f.changing, f.ended} {
		after, err := f.store.PollSummary(t.Context(), job.ID, f.now)
		if err != nil {
			t.Fatal(err)
		}
		looked[i].LastOutcome = after.LastOutcome // it goes with the poll
		if after.Polls != looked[i].Polls || after.Failed != looked[i].Failed || !after.FirstAt.Equal(*looked[i].FirstAt) || !after.LastAt.Equal(*looked[i].LastAt) {
			t.Errorf("%s: it tells of %+v, and of %+v before", job.Name, after, looked[i])
		}
	}
	shown, err := f.store.History(t.Context(), store.HistoryParams{Job: "ended", Most: 1})
	if err != nil || len(shown.Retention) != len(taken) {
		t.Errorf("the history tells of %+v, %v", shown.Retention, err)
	}
	f.now = f.now.Add(-90 * time.Second)
	f.round(t, said{job: f.ended, body: woosmapBody("run-1", "failed")}) // the count of the one before is still right
}

// TestTakeOldPollsOfTheDefaultPartition: months for which nobody had made a partition.
func TestTakeOldPollsOfTheDefaultPartition(t *testing.T) {
	t.Parallel()
	f := newAgedFeed(t)
	at := f.now.AddDate(-2, 0, 0)
	for range 3 {
		mustExec(t, f.conn, "INSERT INTO polls (job_id, polled_at, outcome, latency_us) VALUES ($1, $2, 'timeout', 1)", f.ended.ID, at)
		at = at.Add(time.Minute)
	}
	taken := f.takePolls(t, f.store)
	if last := taken[len(taken)-1]; last.Rows != 3 || last.RangeTo.After(at.AddDate(0, 1, 0)) {
		t.Errorf("it took %+v", last)
	}
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', unanswered, failed) FROM report.taken_polls WHERE job = 'ended'"), "3 3")
}

// TestTakeOldPollsWaitsForNobody: a reader who reads polls is left alone, and whoever
// records does not wait for what is taken.
func TestTakeOldPollsWaitsForNobody(t *testing.T) {
	t.Parallel()
	f := newAgedFeed(t)
	reader := dial(t, f.url)
	mustExec(t, reader, "BEGIN")
	mustExec(t, reader, "SELECT FROM report.polls LIMIT 1")
	before := f.told(t)
	if _, err := f.store.TakeOldPolls(t.Context(), f.by, keepPolls); !errors.Is(err, store.ErrRetentionBusy) {
		t.Fatalf("beside a reader: %v", err)
	}
	equalLines(t, f.told(t), before...)
	equalLines(t, column[string](t, f.conn, "SELECT job FROM report.taken_polls")) // nothing of it is kept
	f.round(t, said{job: f.ended, body: woosmapBody("run-1", "success")})
	mustExec(t, reader, "ROLLBACK")
	if taken := f.takePolls(t, f.store); len(taken) == 0 {
		t.Error("it takes nothing afterwards")
	}
}

// TestTakeOldPollsAlone: of two daemons one takes, and the other one waits for nothing.
func TestTakeOldPollsAlone(t *testing.T) {
	t.Parallel()
	f := newAgedFeed(t)
	other := dial(t, f.url)
	mustExec(t, other, "BEGIN")
	mustExec(t, other, "SELECT retention_turn()")
	if _, err := f.store.TakeOldPolls(t.Context(), f.by, keepPolls); !errors.Is(err, store.ErrRetentionElsewhere) {
		t.Fatalf("beside another: %v", err)
	}
	mustExec(t, other, "ROLLBACK")
	f.takePolls(t, f.store)
}

// TestTakeOldPollsBesideAVacuum: what locks acts as autovacuum and a rebuild do takes nothing.
func TestTakeOldPollsBesideAVacuum(t *testing.T) {
	t.Parallel()
	f := newAgedFeed(t)
	vacuum := dial(t, f.url)
	mustExec(t, vacuum, "BEGIN")
	mustExec(t, vacuum, "LOCK TABLE acts IN SHARE UPDATE EXCLUSIVE MODE")
	if taken := f.takePolls(t, f.store); len(taken) == 0 {
		t.Error("it takes nothing")
	}
}

// TestTakeOldPollsEnded: what was ended in the middle is as if it had never begun.
func TestTakeOldPollsEnded(t *testing.T) {
	t.Parallel()
	f := newAgedFeed(t)
	before := f.told(t)
	killed := dial(t, f.url)
	mustExec(t, killed, "BEGIN")
	mustExec(t, killed, "SELECT polls_take('90 days')")
	mustExec(t, f.conn, "SELECT pg_terminate_backend($1, 60000)", int32(killed.PgConn().PID())) // it waits for the end
	equalLines(t, f.told(t), before...)
	f.takePolls(t, f.store)
	equalLines(t, f.told(t), before...)
}

func TestTakeOldPollsRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sql  string
		keep time.Duration
		err  error
		want string
	}{
		"NoTime":           {"SELECT 1", -time.Hour, store.ErrRetentionShort, "is no time to keep something"},
		"LongSchedule":     {"UPDATE cursors SET planned_every = '100 days'", keepPolls, store.ErrRetentionShort, "is polled every 100 days, which is longer"},
		"ClockAhead":       {"UPDATE cursors SET polled_at = polled_at - interval '366 days'", keepPolls, store.ErrRetentionRefused, "the database's clock says "},
		"NewestFarInFront": {"UPDATE cursors SET polled_at = polled_at + interval '366 days'", keepPolls, store.ErrRetentionRefused, "the database's clock says "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &agedFeed{feed: uncheckedFeed(t)}
			f.now = time.Now().AddDate(0, -6, 0)
			f.by.At = f.now
			f.ended = f.register(t, "woosmap", "ended")[0]
			mustExec(t, f.conn, "SELECT polls_extend($1::timestamptz::date)", f.now)
			f.round(t, said{job: f.ended, body: woosmapBody("run-1", "success")})
			f.now = time.Now().Add(-time.Minute)
			f.round(t, said{job: f.ended, body: woosmapBody("run-1", "success")})
			f.rollUp(t)
			mustExec(t, f.conn, test.sql)
			there := value[int64](t, f.conn, "SELECT count(*) FROM polls")
			_, err := f.store.TakeOldPolls(t.Context(), f.by, test.keep)
			if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it says: %v", err)
			}
			if left := value[int64](t, f.conn, "SELECT count(*) FROM polls"); left != there {
				t.Errorf("of %d polls %d are left", there, left)
			}
		})
	}
}

// TestTakeOldPollsCountsFirst: what reports count is counted before it goes.
func TestTakeOldPollsCountsFirst(t *testing.T) {
	t.Parallel()
	f := newAgedFeed(t)
	mustExec(t, f.conn, "UPDATE rollup SET rolled_up_to = '2000-01-01'")
	if _, err := f.store.TakeOldPolls(t.Context(), f.by, keepPolls); !errors.Is(err, store.ErrRetentionUncounted) {
		t.Errorf("it says: %v", err)
	}
}

func TestTakeOldPollsNeedsTheRight(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	reader := openStore(t, loginAs(t, f.conn, f.url, "tracker_reader").Config().ConnString())
	if _, err := reader.TakeOldPolls(t.Context(), f.by, keepPolls); !errors.Is(err, store.ErrNotRetainer) {
		t.Errorf("a reader: %v", err)
	}
}

// TestPartitionsAreMadeBesideInserts: who records polls does not wait until a partition
// is made, nor the other way round.
func TestPartitionsAreMadeBesideInserts(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	maker, inserter := dial(t, f.url), dial(t, f.url)
	mustExec(t, inserter, "SET lock_timeout = '5s'")
	mustExec(t, inserter, "BEGIN")
	mustExec(t, inserter, seedPoll, job.ID, time.Now().Format(time.RFC3339Nano))
	mustExec(t, maker, "SET lock_timeout = '5s'")
	mustExec(t, maker, "BEGIN")
	mustExec(t, maker, "SELECT polls_extend('2100-02-01')")
	mustExec(t, inserter, seedPoll, job.ID, time.Now().Add(time.Minute).Format(time.RFC3339Nano))
	mustExec(t, inserter, "ROLLBACK")
	mustExec(t, maker, "COMMIT")
}
