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

// partitionDays makes the partitions of eight days from $1 on, as polls_extend
// makes those of today and the next days.
const partitionDays = "SELECT polls_partition($1::text::date + i) FROM generate_series(0, 7) i"

func TestGuardsPollsExtendMakesEightDays(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := seedHistory(t, conn)
	mustExec(t, conn, "SET timezone = 'Pacific/Auckland'") // days are UTC's, wherever the session is
	for range 2 {                                          // the second call finds them
		mustExec(t, conn, partitionDays, "2100-02-26")
		want := []string{
			"polls_21000226", "polls_21000227", "polls_21000228", "polls_21000301",
			"polls_21000302", "polls_21000303", "polls_21000304", "polls_21000305",
		}
		if got := partitionsOf(t, conn, "2100"); !slices.Equal(got, want) {
			t.Errorf("it made %q", got)
		}
	}
	for at, want := range map[string]string{
		"2100-02-25 23:59:59.999999+00": "polls_default",
		"2100-02-26 00:00:00+00":        "polls_21000226",
		"2100-02-28 23:59:59.999999+00": "polls_21000228",
		"2100-03-01 00:00:00+00":        "polls_21000301",
		"2100-03-06 00:00:00+00":        "polls_default",
	} {
		if got := pollInto(t, conn, job, at); got != want {
			t.Errorf("a poll at %s is in %s, not %s", at, got, want)
		}
	}
	for _, partition := range partitionsOf(t, conn, "2100") {
		wantCode(t, conn, codeRestrict, "TRUNCATE "+partition)
	}
}

func TestGuardsPollsExtendLeavesDaysOfTheDefaultPartition(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := seedHistory(t, conn)
	pollInto(t, conn, job, "2100-02-27 23:59:59.999999+00")
	mustExec(t, conn, partitionDays, "2100-02-26")
	made := partitionsOf(t, conn, "2100")
	if len(made) != 7 || slices.Contains(made, "polls_21000227") {
		t.Errorf("it made %q", made)
	}
	if got := pollInto(t, conn, job, "2100-02-27 12:00:00+00"); got != "polls_default" {
		t.Errorf("the day's next poll is in %s", got)
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
	days := column[string](t, owner, `SELECT format('polls_%s', to_char(now() AT TIME ZONE 'UTC' + i * interval '1 day', 'YYYYMMDD')) FROM generate_series(0, 7) i`)
	if again := partitions(t, owner); !slices.Equal(again, append(days, "polls_default")) {
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

// partitionsOf lists the daily partitions of a year.
func partitionsOf(t *testing.T, conn *pgx.Conn, year string) []string {
	t.Helper()
	return slices.DeleteFunc(partitions(t, conn), func(name string) bool { return !strings.HasPrefix(name, "polls_"+year) })
}
