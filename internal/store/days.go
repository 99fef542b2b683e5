package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"tracker/internal/ledger"
	"tracker/internal/store/internal/dbsqlc"
)

const (
	dayJobs = 1000           // of how many jobs polls are read at once
	aDay    = 24 * time.Hour // of UTC
)

// DayOf is the day that an entry of polls has as its number.
func DayOf(no int64) (time.Time, error) {
	day, err := time.Parse("20060102", strconv.FormatInt(no, 10))
	if err != nil {
		return time.Time{}, fmt.Errorf("%d is no day: %w", no, err)
	}
	return day, nil
}

// DaysBetween is how many days of UTC after one a time is.
func DaysBetween(first, at time.Time) int { return int(at.Sub(first) / aDay) }

// DayLeaves reads the polls of so many days from one on, and makes the leaf of each: its
// entry's number is left out.
func (s *Store) DayLeaves(ctx context.Context, first time.Time, days int) ([]ledger.Day, error) {
	trees := newDayTrees(first, days)
	err := s.eachJob(ctx, func(jobs []dbsqlc.ReportJobNamesRow) error { return s.readPolls(ctx, jobs, trees) })
	var leaves []ledger.Day
	if err == nil {
		leaves, err = trees.leaves()
	}
	if err != nil {
		return nil, fmt.Errorf("read the polls of %d days from %s on: %w", days, first.Format(time.DateOnly), err)
	}
	return leaves, nil
}

// eachJob goes through the names of all jobs, some at a time.
func (s *Store) eachJob(ctx context.Context, do func([]dbsqlc.ReportJobNamesRow) error) error {
	for beyond := int64(0); ; {
		jobs, err := s.queries.ReportJobNames(ctx, dbsqlc.ReportJobNamesParams{Beyond: beyond, Most: dayJobs})
		if err != nil || len(jobs) == 0 {
			return err
		}
		if err := do(jobs); err != nil {
			return err
		}
		beyond = jobs[len(jobs)-1].JobID
	}
}

// pollsOfJobsSQL reads polls of jobs whose numbers lie between two, of some days, by job
// and time. It is no query of sqlc's, since that would keep all of them.
const pollsOfJobsSQL = `SELECT job_id, polled_at, outcome, snapshot_no, http_status, latency FROM report.polls
WHERE job_id BETWEEN $1 AND $2 AND polled_at >= $3 AND polled_at < $4
ORDER BY job_id, polled_at`

// readPolls reads the polls of some jobs.
func (s *Store) readPolls(ctx context.Context, jobs []dbsqlc.ReportJobNamesRow, trees *dayTrees) error {
	rows, err := s.pool.Query(ctx, pollsOfJobsSQL, jobs[0].JobID, jobs[len(jobs)-1].JobID,
		trees.first, trees.first.Add(time.Duration(len(trees.days))*aDay))
	if err != nil {
		return err
	}
	defer rows.Close()
	var jobID int64
	var poll ledger.Poll
	var outcome lastText
	var snapshotNo pgtype.Int4
	var httpStatus pgtype.Int2
	for rows.Next() {
		if err := rows.Scan(&jobID, &poll.PolledAt, &outcome, &snapshotNo, &httpStatus, &poll.Latency); err != nil {
			return err
		}
		poll.Outcome = string(outcome)
		poll.SnapshotNo, poll.HTTPStatus = int(snapshotNo.Int32), int(httpStatus.Int16)
		for jobs[0].JobID < jobID { // both are in the order of jobs
			jobs = jobs[1:]
		}
		if err := trees.add(jobs[0], poll); err != nil {
			return err
		}
	}
	return rows.Err()
}

// lastText is a text that mostly is what it was in the row before.
type lastText string

// ScanBytes implements pgtype.BytesScanner.
func (l *lastText) ScanBytes(src []byte) error {
	if string(src) != string(*l) {
		*l = lastText(src)
	}
	return nil
}

// dayTrees are the trees of days in a row, to which polls are added in the order of jobs
// and times.
type dayTrees struct {
	first time.Time
	days  []dayTree
}

type dayTree struct {
	leaf  ledger.Day
	tree  ledger.Edge
	jobID int64
	of    *ledger.JobDay // the job's part; nil: none was polled
}

func newDayTrees(first time.Time, days int) *dayTrees {
	t := &dayTrees{first: first.UTC(), days: make([]dayTree, days)}
	for i := range t.days {
		t.days[i].leaf.Day = t.first.Add(time.Duration(i) * aDay)
	}
	return t
}

func (t *dayTrees) add(job dbsqlc.ReportJobNamesRow, poll ledger.Poll) error {
	day := &t.days[DaysBetween(t.first, poll.PolledAt)]
	if day.of == nil || day.jobID != job.JobID {
		if err := day.end(); err != nil {
			return err
		}
		day.of, day.jobID = ledger.NewJobDay(job.Job, day.leaf.Day), job.JobID
	}
	day.of.Add(poll)
	return nil
}

// end ends the part of a job.
func (d *dayTree) end() error {
	if d.of == nil {
		return nil
	}
	d.leaf.Jobs, d.leaf.Polls = d.leaf.Jobs+1, d.leaf.Polls+d.of.Polls
	return d.tree.Add(ledger.HashOf(d.of))
}

func (t *dayTrees) leaves() ([]ledger.Day, error) {
	leaves := make([]ledger.Day, len(t.days))
	for i := range t.days {
		day := &t.days[i]
		if err := day.end(); err != nil {
			return nil, err
		}
		root, err := day.tree.Root()
		if err != nil {
			return nil, err
		}
		leaves[i], leaves[i].Root = day.leaf, root
	}
	return leaves, nil
}
