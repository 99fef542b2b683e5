package sync_test

import (
	"testing"
	"testing/synctest"
	"time"

	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// turnClock makes the database's clock show another time.
func (l *lab) turnClock(by string) {
	l.t.Helper()
	l.Exec(`SET allow_system_table_mods = on`)
	l.Exec(`DO $$ BEGIN ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO true_clock_timestamp; EXCEPTION WHEN duplicate_function THEN NULL; END $$`)
	l.Exec(`CREATE OR REPLACE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$
		SELECT pg_catalog.true_clock_timestamp() + interval '` + by + `' $$`)
	l.store = testkit.OpenStore(l.t, l.URL) // prepared statements go on to show the old one
	l.syncer = l.newSyncer("turned", l.store)
}

func TestOnceGoesByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.turnClock("3 hours")
	l.Exec(`UPDATE budgets SET next_slot_at = next_slot_at + interval '3 hours'`)
	l.dataset("a", testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"), upstreamsim.WoosmapError(429).With("Retry-After", "60"))
	before := time.Now().Add(3 * time.Hour)
	l.expect("a", "changed")
	l.expect("a", "changed")
	l.expect("a", "rate_limited")
	after := time.Now().Add(3 * time.Hour)
	l.Want("holds", []string{"1"}, `SELECT count(held_until)::text FROM budgets`)
	for _, column := range []string{"p.polled_at", "n.observed_at", "t.observed_at", "b.held_until - interval '60 s'"} {
		l.Want(column, nil, `SELECT (`+column+`)::text FROM polls p JOIN snapshots n USING (job_id, snapshot_no) JOIN transitions t USING (job_id, snapshot_no)
			JOIN jobs j USING (job_id) JOIN budgets b USING (source_id)
			WHERE `+column+` NOT BETWEEN $1 AND $2`, before, after)
	}
}

func TestOnceGoesOnWhereTheDatabasesClockWasSetBack(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.turnClock("1 hour")
	l.Exec(`UPDATE budgets SET next_slot_at = next_slot_at + interval '1 hour'`)
	l.dataset("a", testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"))
	l.expect("a", "changed")
	l.turnClock("0")
	for _, outcome := range []string{"unchanged", "changed"} {
		l.expect("a", outcome)
		l.Want("times by the clock of now", []string{"true"}, `SELECT (max(polled_at) FILTER (WHERE polled_at < now() + interval '30 min') > now() - interval '1 min')::text FROM polls`)
	}
	l.Want("the run's state", []string{"succeeded"}, `SELECT state FROM report.jobs`)
	l.Want("the run's state as of now", []string{"succeeded"}, `SELECT state FROM report.status_as_of(now())`)
	l.Want("the gap", []string{"clock"}, `SELECT DISTINCT reason FROM report.gaps`)
	l.Want("polls", []string{"unchanged 1", "changed 2", "changed 1"}, `SELECT concat_ws(' ', coalesce(outcome, 'unchanged'), snapshot_no) FROM polls ORDER BY polled_at`)
}

func TestOncePollsAtTimesThatGrow(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("a", testkit.WoosmapRun("r1", "success"))
	for range 10 {
		l.once("a")
	}
	l.Want("polls", []string{"10"}, `SELECT count(DISTINCT polled_at)::text FROM polls`)
	l.Want("bounds", nil, `SELECT snapshot_no::text FROM snapshots WHERE observed_at <= polled_at`)
}

func TestClockIsBetweenItsBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		read := time.Date(2024, 6, 7, 9, 30, 0, 0, time.UTC) // nothing like our own clock
		asked := time.Now()
		time.Sleep(300 * time.Millisecond) // in the bubble no time passes
		told := time.Now()
		time.Sleep(2 * time.Second)
		earliest, latest := sync.ClockBounds(read, asked, told)
		if want := read.Add(2 * time.Second); !earliest.Equal(want) {
			t.Errorf("at the earliest it is %s, not %s", earliest, want)
		}
		if want := read.Add(2300 * time.Millisecond); !latest.Equal(want) {
			t.Errorf("at the latest it is %s, not %s", latest, want)
		}
	})
}

func TestCeilRoundsUpToMicroseconds(t *testing.T) {
	t.Parallel()
	second := time.Date(2024, 6, 7, 9, 30, 0, 0, time.UTC)
	for at, want := range map[time.Duration]time.Duration{0: 0, 1: 1000, 999: 1000, 1000: 1000, 1001: 2000} {
		if got := sync.Ceil(second.Add(at)).Sub(second); got != want {
			t.Errorf("%s becomes %s, not %s", at, got, want)
		}
	}
}

// TestOnceTakesAnotherSlotForOneThatPassed has the first claim take so long
// that its slot has passed when it is there.
func TestOnceTakesAnotherSlotForOneThatPassed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("a", testkit.WoosmapRun("r1", "success"))
	l.Exec(`CREATE SEQUENCE dawdled`)
	l.Exec(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF nextval('dawdled') = 1 THEN PERFORM pg_sleep(1.2); END IF; RETURN NEW; END $$`)
	l.Exec(`CREATE TRIGGER dawdle BEFORE UPDATE OF next_slot_at ON budgets FOR EACH ROW EXECUTE FUNCTION dawdle()`)
	if told := l.once("a").texts(); len(told) != 1 || told[0] != "polled a changed" {
		t.Errorf("told %q", told)
	}
	l.Want("claims", []string{"2"}, `SELECT last_value::text FROM dawdled`)
	if n := len(l.Requests.All()); n != 1 {
		t.Errorf("%d requests", n)
	}
	if n := l.claims(); n != "0" {
		t.Errorf("%s jobs are claimed still", n)
	}
}

// TestOnceObservesInOrder sees a snapshot no earlier than the one before,
// whose bound may have been wider.
func TestOnceObservesInOrder(t *testing.T) {
	t.Parallel()
	l := newLab(t) // not checked: no history is in the future
	l.dataset("a", testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"))
	l.once("a")
	l.Exec(`UPDATE cursors SET changed_at = clock_timestamp() + interval '1 hour'`)
	l.once("a")
	l.Want("snapshots", []string{"1", "2"}, `SELECT snapshot_no::text FROM snapshots ORDER BY 1`)
	l.Want("the second's time", []string{"true"}, `SELECT (s.observed_at > clock_timestamp() + interval '50 min')::text FROM snapshots s WHERE snapshot_no = 2`)
}
