package store_test

import (
	"slices"
	"strings"
	"testing"

	"tracker/internal/testdb"
)

// timelineJob has transitions (number, step, state, happened_at, observed_at in
// minutes from 2024-06-07 09:00) of all kinds that make a timeline hard.
const timelineJob = `
	WITH source AS (
		INSERT INTO sources (name, provider, base_url, credential, schedule, active_every, rate_every, rate_burst, registered_at)
		VALUES ('s', 'p', 'u', 'c', '@every 1m', '1 s', '1 s', 1, now()) RETURNING source_id
	), job AS (
		INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at)
		SELECT source_id, 'j', '{}', '{}', 'active', now() FROM source RETURNING job_id
	), said (no, run, step, state, happened, observed) AS (VALUES
		(1, 1, NULL::integer, 'running', 10, 20),
		(2, 1, 1,    'running',   10, 20),   -- a step's: in no timeline
		(3, 1, NULL, 'succeeded', 25, 30),
		(4, 2, NULL, 'running',   35, 40),
		(5, 2, NULL, 'failed',    22, 50),   -- earlier than what it follows: what is between was never so
		(6, 3, NULL, 'running',   90, 60),   -- the upstream's clock is ahead: no later than seen
		(7, 3, NULL, 'succeeded', NULL, 70),
		(8, 3, NULL, 'unknown',   NULL, 80),
		(9, 4, NULL, 'queued',    NULL, 80)  -- at once: the one before has no interval
	), run AS (
		INSERT INTO runs (job_id, run_no, run_id, status, state, first_seen_at, last_changed_at, step_count, warnings, errors, unknown_words, shape)
		SELECT job_id, n, 'r' || n, 'x', 'running', now(), now(), 0, 0, 0, '{}', '{}' FROM job, generate_series(1, 5) n
	), snapshot AS (
		INSERT INTO snapshots (job_id, snapshot_no, polled_at, observed_at, previous_polls, run_no, status, state, body, body_is_text, sha256, interpretation, size)
		SELECT job_id, 1, now(), now(), 0, 1, 'x', 'running', '', true, sha256(''), 1, 0 FROM job
	), transition AS (
		INSERT INTO transitions (job_id, transition_no, run_no, step_no, to_state, to_status, happened_at, observed_at, snapshot_no)
		SELECT job_id, no, run, step, state, 'x', timestamptz '2024-06-07 09:00:00+00' + happened * interval '1 minute',
			timestamptz '2024-06-07 09:00:00+00' + observed * interval '1 minute', no FROM said, job
	)
	SELECT job_id FROM job`

// afterwards adds a transition that is observed later than now, as one that was
// recorded before the database's clock was set back.
const afterwards = `INSERT INTO transitions (job_id, transition_no, run_no, to_state, to_status, happened_at, observed_at, snapshot_no)
	VALUES ($1, 10, 5, 'running', 'x', '2024-06-07 10:00:00+00', now() + interval '1 hour', 10)`

const intervals = `SELECT format('%s %s %s-%s', run_no, state, to_char(starts_at AT TIME ZONE 'UTC', 'HH24:MI'),
	CASE WHEN ends_at = now() THEN 'now' ELSE to_char(ends_at AT TIME ZONE 'UTC', 'HH24:MI') END)
	FROM report.state_timeline($1::text::timestamptz, $2::text::timestamptz)`

func TestReportTimeline(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := value[int64](t, conn, timelineJob)
	mustExec(t, conn, afterwards, job)
	for _, test := range []struct {
		from, to string
		want     []string
	}{
		{"2024-06-07 00:00+00", "2024-06-08 00:00+00", []string{
			"1 running 09:10-09:22", "2 failed 09:22-10:00", "5 running 10:00-00:00",
		}},
		{"2024-06-07 09:30+00", "2024-06-07 09:40+00", []string{"2 failed 09:30-09:40"}},
		{"2024-06-07 09:22+00", "2024-06-07 10:00+00", []string{"2 failed 09:22-10:00"}},
		{"2024-06-07 10:30+00", "infinity", []string{"5 running 10:30-now"}},
		{"2024-06-07 09:00+00", "2024-06-07 09:10+00", nil},
		{"2024-06-07 09:40+00", "2024-06-07 09:30+00", nil},
	} {
		if got := column[string](t, conn, intervals, test.from, test.to); !slices.Equal(got, test.want) {
			t.Errorf("from %s to %s: %q, not %q", test.from, test.to, got, test.want)
		}
	}
}

func TestReportTimelineAgreesWithStatusAsOf(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	job := value[int64](t, conn, timelineJob)
	mustExec(t, conn, afterwards, job)
	differing := column[string](t, conn, `
		WITH line AS MATERIALIZED (SELECT * FROM report.state_timeline('2024-06-07 09:00+00', 'infinity'))
		SELECT format('at %s: %s %s, in the line %s %s', at, a.run_no, a.state, l.run_no, l.state)
		FROM generate_series(timestamptz '2024-06-07 09:00+00', '2024-06-07 10:40+00', '30 s') AS at
		LEFT JOIN LATERAL report.status_as_of(at) a ON true
		LEFT JOIN line l ON l.starts_at <= at AND at < l.ends_at
		WHERE (a.run_no, a.state) IS DISTINCT FROM (l.run_no, l.state)`)
	if len(differing) > 0 {
		t.Errorf("%q", differing)
	}
	if moments := value[int64](t, conn, "SELECT count(*) FROM report.status_as_of('2024-06-07 09:10+00')"); moments != 1 {
		t.Errorf("at the first effective time %d jobs have a state", moments)
	}
	if early := value[int64](t, conn, "SELECT count(*) FROM report.status_as_of('2024-06-07 09:15+00', '2024-06-07 09:19+00')"); early != 0 {
		t.Error("a state is known before it was observed")
	}
	known := value[string](t, conn, "SELECT run_no || ' ' || state FROM report.status_as_of('2024-06-07 09:36+00', '2024-06-07 09:45+00')")
	if known != "2 running" {
		t.Errorf("before the end was known it was %s", known)
	}
}

// TestReportTimelineOfSome asks for the timelines of some sources or jobs only.
func TestReportTimelineOfSome(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	mustExec(t, conn, timelineJob)
	mustExec(t, conn, strings.NewReplacer("'s', 'p'", "'s2', 'p'", "'j', '{}'", "'j2', '{}'").Replace(timelineJob))
	for _, test := range []struct {
		sources, jobs []string // nil: all
		want          []string
	}{
		{nil, nil, []string{"j", "j2"}},
		{[]string{"s2", "none"}, nil, []string{"j2"}},
		{nil, []string{"j"}, []string{"j"}},
		{[]string{"s", "s2"}, []string{"j2"}, []string{"j2"}},
		{[]string{"s"}, []string{"j2"}, nil},
		{[]string{}, nil, nil},
		{nil, []string{}, nil},
	} {
		got := column[string](t, conn, "SELECT DISTINCT job FROM report.state_timeline('2024-06-07', '2024-06-08', $1, $2) ORDER BY 1", test.sources, test.jobs)
		if !slices.Equal(got, test.want) {
			t.Errorf("of sources %q and jobs %q: %q, not %q", test.sources, test.jobs, got, test.want)
		}
		if rows := value[int64](t, conn, "SELECT count(*) FROM report.state_timeline('2024-06-07', '2024-06-08', $1, $2)", test.sources, test.jobs); rows != int64(5*len(test.want)) {
			t.Errorf("of sources %q and jobs %q: %d rows, not 5 for each job", test.sources, test.jobs, rows)
		}
	}
}
