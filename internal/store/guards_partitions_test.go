package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/testdb"
)

// partitionWeek makes the partitions of this day and the one in a week, as
// polls_extend makes those of today and the next days.
const partitionWeek = "SELECT polls_extend($1::text::date + 7 * i) FROM generate_series(0, 1) i"

func TestGuardsPollsExtendMakesMonths(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := seedHistory(t, conn)
	mustExec(t, conn, "SET timezone = 'Pacific/Auckland'") // months are UTC's, wherever the session is
	for range 2 {                                          // the second call finds them
		mustExec(t, conn, partitionWeek, "2100-02-26")
		if got := partitionsOf(t, conn, "2100"); !slices.Equal(got, []string{"polls_210002", "polls_210003"}) {
			t.Errorf("it made %q", got)
		}
	}
	mustExec(t, conn, partitionWeek, "2100-12-02")
	for at, want := range map[string]string{
		"2100-01-31 23:59:59.999999+00": "polls_default",
		"2100-02-01 00:00:00+00":        "polls_210002",
		"2100-02-28 23:59:59.999999+00": "polls_210002",
		"2100-03-01 00:00:00+00":        "polls_210003",
		"2100-04-01 00:00:00+00":        "polls_default",
		"2100-12-31 23:59:59.999999+00": "polls_210012",
		"2101-01-01 00:00:00+00":        "polls_default",
	} {
		if got := pollInto(t, conn, job, at); got != want {
			t.Errorf("a poll at %s is in %s, not %s", at, got, want)
		}
	}
	for _, partition := range partitionsOf(t, conn, "2100") {
		wantCode(t, conn, codeRestrict, "TRUNCATE "+partition)
	}
}

func TestGuardsPollsExtendLeavesMonthsOfTheDefaultPartition(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := seedHistory(t, conn)
	pollInto(t, conn, job, "2100-02-01 00:00:00+00")
	mustExec(t, conn, partitionWeek, "2100-02-26")
	if made := partitionsOf(t, conn, "2100"); !slices.Equal(made, []string{"polls_210003"}) {
		t.Errorf("it made %q", made)
	}
	if got := pollInto(t, conn, job, "2100-02-27 12:00:00+00"); got != "polls_default" {
		t.Errorf("the month's next poll is in %s", got)
	}
}

// TestGuardsPollsTakeFewLocks reads the polls of four years, by twenty readers
// at once: a server as it comes has room for 6,400 locks.
func TestGuardsPollsTakeFewLocks(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	mustExec(t, conn, "SELECT polls_extend(current_date - 30 * i) FROM generate_series(1, 49) i")
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	mustExec(t, conn, "SELECT count(*) FROM report.polls")
	if locks := value[int64](t, conn, "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"); locks > 6400/20 {
		t.Errorf("one reader takes %d locks", locks)
	}
}

func TestGuardsPollsExtendRunsConcurrently(t *testing.T) {
	t.Parallel()
	address := testdb.New(t)
	owner := dial(t, address)
	made := partitions(t, owner)
	for _, partition := range made {
		if partition != "polls_default" {
			mustExec(t, owner, "DROP TABLE "+partition)
		}
	}
	var conns []*pgx.Conn
	for range 4 {
		conns = append(conns, loginAs(t, owner, address, "tracker_writer"))
	}
	failed := make([]error, len(conns))
	var group sync.WaitGroup
	for i, conn := range conns {
		group.Go(func() { _, failed[i] = conn.Exec(t.Context(), "SELECT polls_extend()") })
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Fatal(err)
	}
	months := column[string](t, owner, `SELECT DISTINCT format('polls_%s', to_char(now() AT TIME ZONE 'UTC' + 7 * i * interval '1 day', 'YYYYMM')) FROM generate_series(0, 1) i ORDER BY 1`)
	if again := partitions(t, owner); !slices.Equal(again, append(months, "polls_default")) {
		t.Errorf("they made %q", again)
	}
	strangers := column[string](t, owner, `SELECT relname::text FROM pg_class
		WHERE relname ~ '^polls_' AND relowner <> (SELECT relowner FROM pg_class WHERE oid = 'polls'::regclass)`)
	if len(strangers) > 0 {
		t.Errorf("of another owner than polls are %q", strangers)
	}
}

// pollInto adds a poll and returns the partition that it went to.
func pollInto(t *testing.T, conn *pgx.Conn, job int64, at string) string {
	t.Helper()
	return value[string](t, conn, seedPoll+" RETURNING tableoid::regclass::text", job, at)
}

// partitionsOf lists the partitions of a year.
func partitionsOf(t *testing.T, conn *pgx.Conn, year string) []string {
	t.Helper()
	return slices.DeleteFunc(partitions(t, conn), func(name string) bool { return !strings.HasPrefix(name, "polls_"+year) })
}
