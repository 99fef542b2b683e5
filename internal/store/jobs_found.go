package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
	Counted bool // how many fit is known already
}

// JobsFound is a page of the jobs that fit.
type JobsFound struct {
	Total  int // that fit; 0 where it was known
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
	labels := AnswerFilter{Labels: f.Labels}.labels()
	err := s.inPlanned(ctx, planAnew, func(q *planned) error {
		if !f.Counted {
			total, err := q.JobsFoundCount(ctx, dbsqlc.JobsFoundCountParams{Removed: f.Removed, Part: f.Part, Source: f.Source, State: f.State, Labels: labels})
			if err != nil {
				return err
			}
			found.Total = int(total)
		}
		jobIDs, err := q.JobsFound(ctx, dbsqlc.JobsFoundParams{
			Removed: f.Removed, Part: f.Part, Source: f.Source, State: f.State, Labels: labels, Sort: f.Sort, Skipped: int32(f.Skipped), Rows: int32(f.Most),
		})
		if err != nil {
			return err
		}
		rows, err := q.jobsByID(ctx, jobIDs)
		if err != nil {
			return err
		}
		found.Rows = convert(rows, toJobRow)
		names := make(map[int64]string, len(rows))
		for _, row := range rows {
			names[row.JobID] = row.Job
		}
		found.Strips, err = readStrips(ctx, q.Queries, names)
		return err
	})
	if err != nil {
		return JobsFound{}, fmt.Errorf("read the jobs that fit: %w", err)
	}
	return found, nil
}

// jobsByID reads report.jobs by their numbers, in their order.
func (q *planned) jobsByID(ctx context.Context, ids []int64) ([]dbsqlc.ReportJob, error) {
	if err := q.by(ctx, planOnce); err != nil {
		return nil, err
	}
	rows, err := q.ReportJobsByID(ctx, ids)
	place := make(map[int64]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(rows, func(a, b dbsqlc.ReportJob) int { return cmp.Compare(place[a.JobID], place[b.JobID]) })
	return rows, err
}

// Strips reads the newest runs of jobs, by their names.
func (s *Store) Strips(ctx context.Context, names map[int64]string) (map[string][]StripRun, error) {
	var strips map[string][]StripRun
	err := s.inPlanned(ctx, planOnce, func(q *planned) (err error) {
		strips, err = readStrips(ctx, q.Queries, names)
		return err
	})
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
	open, err := q.RunStripsOpen(ctx, dbsqlc.RunStripsOpenParams{JobIds: ids, Most: stripMost})
	if err != nil {
		return nil, err
	}
	strips := make(map[string][]StripRun, len(names))
	for _, run := range runs {
		strips[names[run.JobID]] = append(strips[names[run.JobID]], StripRun{RunNo: run.RunNo, State: run.State, Duration: OrZero(run.Duration)})
	}
	for _, run := range open {
		strips[names[run.JobID]] = append(strips[names[run.JobID]], StripRun{RunNo: run.RunNo, State: run.State})
	}
	for name, strip := range strips {
		slices.SortFunc(strip, func(a, b StripRun) int { return cmp.Compare(a.RunNo, b.RunNo) })
		strips[name] = strip[max(0, len(strip)-stripMost):]
	}
	return strips, nil
}
