package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// JobFilter says which jobs are meant, and which page of them.
type JobFilter struct {
	Part    string // of the name; empty: any
	Source  string // empty: any
	State   string // of the latest run; empty: any
	Labels  map[string]string
	Removed bool   // removed ones, too
	Sort    string // state, since, look or source; else by name
	Skipped int
	Most    int
}

// JobsFound is a page of the jobs that fit.
type JobsFound struct {
	Total  int // that fit
	Rows   []JobRow
	Strips map[string][]StripRun // by job
}

// StripRun is one of the newest runs of a job, as much as a strip shows of it.
type StripRun struct {
	RunNo    int32
	State    string
	Duration time.Duration // the least; 0: it has not ended
}

// stripMost is how many runs a strip shows.
const stripMost = 30

// JobsFound reads a page of the jobs that fit, with their newest runs.
func (s *Store) JobsFound(ctx context.Context, f JobFilter) (JobsFound, error) {
	found := JobsFound{}
	err := s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		ids, err := q.JobsFound(ctx, dbsqlc.JobsFoundParams{
			Removed: f.Removed, Part: f.Part, Source: f.Source, State: f.State, Labels: AnswerFilter{Labels: f.Labels}.labels(),
			Sort: f.Sort, Skipped: int32(f.Skipped), Rows: int32(f.Most),
		})
		if err != nil {
			return err
		}
		order := map[int64]int{}
		var jobIDs []int64
		for i, row := range ids {
			found.Total, order[row.JobID] = int(row.Jobs), i
			jobIDs = append(jobIDs, row.JobID)
		}
		rows, err := q.ReportJobsByID(ctx, jobIDs)
		if err != nil {
			return err
		}
		found.Rows = make([]JobRow, len(rows))
		names := map[int64]string{}
		for _, row := range rows {
			found.Rows[order[row.JobID]], names[row.JobID] = toJobRow(row), row.Job
		}
		found.Strips, err = readStrips(ctx, q, names)
		return err
	})
	if err != nil {
		return JobsFound{}, fmt.Errorf("read the jobs that fit: %w", err)
	}
	return found, nil
}

// Strips reads the newest runs of jobs, by their names.
func (s *Store) Strips(ctx context.Context, names map[int64]string) (map[string][]StripRun, error) {
	strips, err := readStrips(ctx, s.queries, names)
	if err != nil {
		return nil, fmt.Errorf("read the newest runs: %w", err)
	}
	return strips, nil
}

func readStrips(ctx context.Context, q *dbsqlc.Queries, names map[int64]string) (map[string][]StripRun, error) {
	ids := make([]int64, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	runs, err := q.RunStrips(ctx, dbsqlc.RunStripsParams{JobIds: ids, Most: stripMost})
	if err != nil {
		return nil, err
	}
	strips := make(map[string][]StripRun, len(names))
	for _, run := range runs {
		name := names[run.JobID]
		strips[name] = append(strips[name], StripRun{RunNo: run.RunNo, State: run.State, Duration: OrZero(run.Duration)})
	}
	return strips, nil
}
