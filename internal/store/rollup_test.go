package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// rollupTest is a database with two jobs of one source whose runs and polls
// are made by hand. The clock stands at noon of 2024-06-10.
type rollupTest struct {
	*testing.T
	conn  *pgx.Conn
	store *store.Store
	jobs  [2]int64
	now   time.Time
}

func newRollupTest(t *testing.T) *rollupTest {
	t.Helper()
	url := testdb.New(t)
	r := &rollupTest{T: t, conn: dial(t, url), store: openStore(t, url), now: time.Date(2024, 6, 10, 12, 0, 0, 0, time.UTC)}
	source := value[int64](t, r.conn, `INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
		VALUES ('prod', 'woosmap', 'u', 'c', '@every 1m', '1 s', '1 s', 1, now()) RETURNING source_id`)
	for i := range r.jobs {
		r.jobs[i] = value[int64](t, r.conn, `INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
			VALUES ($1, 'job-' || $2::integer, '{}', '{}', 'active', now()) RETURNING job_id`, source, i)
	}
	return r
}

// run makes or changes a run of a job that was observed at a time of ours to
// have begun at another and, unless it is running, to have taken ten seconds
// for each of its number. Times are days and hours of June 2024, such as "09 22:00".
func (r *rollupTest) run(job, no int, state, started, observed string) {
	r.Helper()
	mustExec(r.T, r.conn, `
		WITH seen AS (
			SELECT $1::bigint AS job_id, $2::integer AS run_no, $3::text AS state, ('2024-06-' || $4 || '+00')::timestamptz AS started,
				('2024-06-' || $5 || '+00')::timestamptz AS observed
		), snapshot AS (
			INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state,
				body, body_is_text, sha256, interpretation, size)
			SELECT n.job_id, 1 + count(s.*), observed, observed, CASE WHEN count(s.*) > 0 THEN observed - interval '1 s' END, count(s.*), n.run_no,
				'x', n.state, '', true, sha256(''), 1, 0
			FROM seen n LEFT JOIN snapshots s ON s.job_id = n.job_id GROUP BY n.job_id, n.run_no, n.state, n.observed
		)
		INSERT INTO runs (job_id, run_no, run_id, status, state, started_at, ended_at, first_seen_at, ended_seen_at, last_changed_at,
			step_count, warnings, errors, unknown_words, shape)
		SELECT job_id, run_no, 'r' || run_no, 'x', state, started, CASE WHEN state <> 'running' THEN started + run_no * interval '10 s' END,
			observed, CASE WHEN state <> 'running' THEN observed END, observed, 0, 0, 0, '{}', '{}' FROM seen
		ON CONFLICT (job_id, run_no) DO UPDATE SET state = excluded.state, started_at = excluded.started_at, ended_at = excluded.ended_at,
			ended_seen_at = excluded.ended_seen_at`, r.jobs[job], no, state, started, observed)
}

// polls adds polls of a job, a second apart.
func (r *rollupTest) polls(job int, outcome, from string, count int) {
	r.Helper()
	mustExec(r.T, r.conn, `INSERT INTO polls (job_id, polled_at, outcome, latency_us, snapshot_no)
		SELECT $1, ('2024-06-' || $3 || '+00')::timestamptz + n * interval '1 s', $2, 1000 * n, CASE WHEN $2 = 'unchanged' THEN 1 END
		FROM generate_series(1, $4::integer) n`, r.jobs[job], outcome, from, count)
}

// rollUp counts and sweeps, a minute later than the last time.
func (r *rollupTest) rollUp() {
	r.Helper()
	r.now = r.now.Add(time.Minute)
	if err := r.store.RollUp(r.Context(), r.now); err != nil {
		r.Fatal(err)
	}
	if err := r.store.Sweep(r.Context(), r.now); err != nil {
		r.Fatal(err)
	}
}

// daily is what report.daily shows: day, runs, succeeded, failed, the
// durations, and polls with those that failed.
func (r *rollupTest) daily() []string {
	r.Helper()
	return column[string](r.T, r.conn, `SELECT format('%s: %s runs, %s succeeded, %s failed, %s to %s, %s polls, %s failed', to_char(day, 'MM-DD'),
		runs, succeeded, failed, extract(epoch FROM p50_duration)::real, extract(epoch FROM p95_duration)::real, polls, failed_polls)
		FROM report.daily ORDER BY day`)
}

func TestRollUpCountsByDay(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.run(0, 1, "succeeded", "08 23:59:55", "09 00:01")
	r.run(0, 2, "failed", "09 00:00", "09 00:02")
	r.run(1, 1, "partial", "09 10:00", "09 10:01")
	r.run(1, 3, "running", "09 11:00", "09 11:01")
	r.polls(0, "unchanged", "08 23:59:55", 7)
	r.polls(1, "timeout", "09 10:00", 2)
	r.rollUp()
	// Four of the seven polls were sent before midnight; the run that began then ended the day after.
	equalLines(t, r.daily(),
		"06-08: 1 runs, 1 succeeded, 0 failed, 10 to 10, 4 polls, 0 failed",
		"06-09: 3 runs, 0 succeeded, 1 failed, 15 to 19.5, 5 polls, 2 failed")
	equalLines(t, column[string](t, r.conn, `SELECT format('%s %s %s: %s, %s to %s', source, to_char(hour AT TIME ZONE 'UTC', 'MM-DD HH24:MI'), outcome, polls,
			p50_latency, p95_latency) FROM report.hourly ORDER BY hour`),
		"prod 06-08 23:00 unchanged: 4, 00:00:00.002 to 00:00:00.004",
		"prod 06-09 00:00 unchanged: 3, 00:00:00.006 to 00:00:00.007",
		"prod 06-09 10:00 timeout: 2, 00:00:00.001 to 00:00:00.002")
}

func TestRollUpOfNothing(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.rollUp()
	r.rollUp()
	equalLines(t, r.daily())
}

func TestRollUpCorrectsDays(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.run(0, 1, "running", "07 22:00", "10 11:59")
	r.polls(0, "unchanged", "10 11:59", 1)
	r.rollUp()
	r.run(0, 1, "succeeded", "07 22:00", "10 12:00:10")
	r.polls(0, "unchanged", "10 12:00", 2)
	r.polls(0, "timeout", "10 11:46", 1) // recorded late
	r.rollUp()
	equalLines(t, r.daily(),
		"06-07: 1 runs, 1 succeeded, 0 failed, 10 to 10, 0 polls, 0 failed",
		"06-10: 0 runs, 0 succeeded, 0 failed,  to , 4 polls, 1 failed")
}

func TestRollUpSweepFindsWhatNobodyObserved(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	for day := 1; day <= 5; day++ {
		r.run(0, day, "failed", fmt.Sprintf("%02d 10:00", day), fmt.Sprintf("%02d 11:00", day))
	}
	r.polls(0, "unchanged", "09 09:00", 1)
	r.rollUp()
	// As after a rebuild; and a poll that was recorded a day after it was sent.
	mustExec(t, r.conn, "UPDATE runs SET state = 'succeeded', started_at = started_at + interval '1 day', ended_at = ended_at + interval '1 day'")
	r.polls(1, "unchanged", "09 09:00", 1)
	for range 6 + 2*24 { // days, two of them by their hours
		r.rollUp()
	}
	lines := r.daily()
	want := []string{"06-09: 0 runs, 0 succeeded, 0 failed,  to , 2 polls, 0 failed"}
	for day := 5; day >= 1; day-- {
		want = slices.Insert(want, 0, fmt.Sprintf("06-%02d: 1 runs, 1 succeeded, 0 failed, %d to %d, 0 polls, 0 failed", day+1, 10*day, 10*day))
	}
	equalLines(t, lines, want...)
}

func TestRollUpCountsAFullHourInParts(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.polls(0, "timeout", "10 10:59:59", 3000)
	r.polls(1, "timeout", "10 10:59:59", 1)
	r.rollUp()
	mustExec(t, r.conn, "UPDATE hourly SET polls = 3000, p50_latency_us = 0, p95_latency_us = 0") // fewer than there are
	r.countedBefore(3_500_000)
	r.rollUp()
	equalLines(t, column[string](t, r.conn, `SELECT format('%s: %s, %s to %s', outcome, polls, p50_latency, p95_latency) FROM report.hourly ORDER BY outcome`),
		"timeout: 3001, 00:00:01.5 to 00:00:02.85",
		"unreachable: 3500000, 00:00:00.000001 to 00:00:00.000001")
}

// countedBefore has an hour known for so many polls that it is counted in parts.
func (r *rollupTest) countedBefore(polls int) {
	r.Helper()
	mustExec(r.T, r.conn, `INSERT INTO hourly (source_id, hour, outcome, polls, p50_latency_us, p95_latency_us)
		SELECT source_id, '2024-06-10 11:00+00', 'unreachable', $1, 1, 1 FROM sources`, polls)
}

// fullHour has 3,000 polls that failed in that hour, and counts them.
func (r *rollupTest) fullHour() {
	r.Helper()
	r.polls(0, "timeout", "10 11:00", 3000)
	r.countedBefore(1_000_000)
	r.counts("3000, 00:00:01.5 to 00:00:02.85")
}

// counts counts, and checks what there is of polls of that hour that failed.
func (r *rollupTest) counts(want string) {
	r.Helper()
	r.rollUp()
	equalLines(r.T, column[string](r.T, r.conn, `SELECT format('%s, %s to %s', polls, p50_latency, p95_latency) FROM report.hourly
		WHERE outcome = 'timeout' AND hour = '2024-06-10 11:00+00'`), want)
}

// TestRollUpCountsWhatEndedOnce: of a full hour no part is counted again, but by the sweep.
func TestRollUpCountsWhatEndedOnce(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.fullHour()
	r.polls(1, "timeout", "10 11:10", 10)   // recorded too late
	r.polls(1, "timeout", "10 11:57", 2000) // until after the hour
	r.counts("3179, 00:00:01.41 to 00:00:02.84")
	for range 9 { // the hours before
		r.rollUp()
	}
	r.counts("3189, 00:00:01.4 to 00:00:02.84")
}

// TestRollUpForgetsWhatIsAhead: where the clock was set back, what ended is still to come.
func TestRollUpForgetsWhatIsAhead(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.fullHour()
	r.now = time.Date(2024, 6, 10, 11, 10, 0, 0, time.UTC)
	r.polls(1, "timeout", "10 11:10", 10)
	r.counts("3010, 00:00:01.49 to 00:00:02.85")
}

func TestPartsOfHours(t *testing.T) {
	t.Parallel()
	at := func(clock string) time.Time {
		at, err := time.Parse(time.DateTime, "2024-06-10 "+clock+":00")
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	full := []string{"09:05", "09:10", "09:15", "09:20", "09:25", "09:30", "09:35", "09:40", "09:45", "09:50", "09:55", "10:00"}
	for name, test := range map[string]struct {
		counted map[string]int64 // by hour
		known   []string
		parts   []string // each from the end of the one before, or as is said
	}{
		"NothingKnown":  {nil, nil, []string{"12:00"}},
		"Few":           {map[string]int64{"09:00": 300_000, "11:00": 600_000}, nil, []string{"12:00"}},
		"TooManyAtOnce": {map[string]int64{"08:00": 600_000, "09:00": 600_000, "10:00": 300_000, "11:00": 200_000}, nil, []string{"09:00", "11:00", "12:00"}},
		"OneIsFull":     {map[string]int64{"08:00": 10, "09:00": 1_000_000, "10:00": 10}, nil, append([]string{"09:00"}, append(full, "12:00")...)},
		"BeforeNothing": {map[string]int64{"09:00": 1_000_000}, nil, append([]string{"09:00"}, append(full, "12:00")...)},
		"PartIsCounted": {map[string]int64{"09:00": 1_000_000}, []string{"09:45"}, []string{"09:00", "09:45 to 09:50", "09:55", "10:00", "12:00"}},
		"AllIsCounted":  {map[string]int64{"09:00": 1_000_000}, []string{"10:00"}, []string{"09:00", "10:00 to 12:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hours []store.HourPolls
			for hour, polls := range test.counted {
				hours = append(hours, store.HourPolls{Hour: at(hour), Polls: polls})
			}
			var known []time.Time
			for _, until := range test.known {
				known = append(known, at(until))
			}
			var parts []string
			end := at("08:00")
			for _, part := range store.InParts(end, at("12:00"), hours, known...) {
				text := part[1].Format("15:04")
				if !part[0].Equal(end) {
					text = part[0].Format("15:04") + " to " + text
				}
				parts, end = append(parts, text), part[1]
			}
			equalLines(t, parts, test.parts...)
		})
	}
}

func TestRollUpNeverLowersPolls(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.polls(0, "unchanged", "10 11:58", 20)
	r.polls(0, "timeout", "10 11:00", 3)
	r.rollUp()
	want := []string{"06-10: 0 runs, 0 succeeded, 0 failed,  to , 23 polls, 3 failed"}
	equalLines(t, r.daily(), want...)
	for _, taken := range []string{"outcome = 'timeout'", "polled_at < '2024-06-10 11:58:11+00'", "true"} {
		mustExec(t, r.conn, "SET tracker.rewrite = 'on'; DELETE FROM polls WHERE "+taken)
		for range 3 {
			r.rollUp()
		}
		equalLines(t, r.daily(), want...)
	}
	r.polls(1, "unchanged", "10 12:05", 1)
	r.rollUp()
	equalLines(t, r.daily(), "06-10: 0 runs, 0 succeeded, 0 failed,  to , 24 polls, 3 failed")
}

func TestRollUpAlone(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.polls(0, "unchanged", "10 11:58", 20)
	other, err := r.conn.Begin(t.Context()) // somebody who is at it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(t.Context(), "SELECT FROM rollup FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	r.rollUp()
	if err := other.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	equalLines(t, r.daily())
	r.rollUp()
	equalLines(t, r.daily(), "06-10: 0 runs, 0 succeeded, 0 failed,  to , 20 polls, 0 failed")
}

func TestRollUpGoesOnWhereItWasEnded(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	for day := 1; day <= 9; day++ {
		r.run(0, day, "succeeded", fmt.Sprintf("%02d 10:00", day), fmt.Sprintf("%02d 10:01", day))
		r.polls(0, "unchanged", fmt.Sprintf("%02d 10:00", day), day)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.store.RollUp(ctx, r.now); err == nil {
		t.Error("it did not notice its end")
	}
	mustExec(t, r.conn, "UPDATE rollup SET rolled_up_to = '2024-06-05 00:00:00+00'") // the days before are done
	r.rollUp()
	if days := value[string](t, r.conn, "SELECT min(day) || ' ' || sum(polls) || ' ' || count(*) FILTER (WHERE polls > 0) FROM report.daily"); days != "2024-06-01 35 5" {
		t.Error(days) // the first of June is the sweep's
	}
}

func TestRollUpByTheWriter(t *testing.T) {
	t.Parallel()
	r := newRollupTest(t)
	r.run(0, 1, "succeeded", "09 10:00", "09 10:01")
	r.polls(0, "unchanged", "09 10:00", 1)
	writer := loginAs(t, r.conn, r.conn.Config().ConnString(), "tracker_writer")
	r.store = openStore(t, writer.Config().ConnString())
	r.rollUp()
	r.rollUp()
	equalLines(t, r.daily(), "06-09: 1 runs, 1 succeeded, 0 failed, 10 to 10, 1 polls, 0 failed")
}
