package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

const (
	// usualRuns is how many of a job's newest ended runs tell what is usual.
	usualRuns = 100
	// usualLeast is how few of them are too few: then all jobs of its source tell.
	usualLeast = 5
)

// Usual is how long runs take, by those that have ended.
type Usual struct {
	Runs   int           // of the job's own, how many have ended
	Median time.Duration // of those that succeeded, if any did; 0: nothing is known
	P95    time.Duration // nearly all took no longer; 0: nothing is known
}

// UsualOf says of which job to tell what is usual.
type UsualOf struct {
	JobID  int64
	Source string
}

// Usuals tells what is usual for jobs, by job: by their own newest runs. Where
// fewer than five have ended, P95 is that of all jobs of their source, and where
// none has, Median is too.
func (s *Store) Usuals(ctx context.Context, jobs []UsualOf) (map[int64]Usual, error) {
	usual := make(map[int64]Usual, len(jobs))
	if len(jobs) == 0 {
		return usual, nil
	}
	rows, err := s.queries.WatchUsual(ctx, dbsqlc.WatchUsualParams{
		JobIds: convert(jobs, func(j UsualOf) int64 { return j.JobID }), Most: usualRuns,
	})
	if err != nil {
		return nil, fmt.Errorf("read how long runs take: %w", err)
	}
	for _, row := range rows {
		usual[row.JobID] = toUsual(row.Runs, row.Median, row.P95)
	}
	var young []UsualOf
	for _, job := range jobs {
		if usual[job.JobID].Runs < usualLeast {
			young = append(young, job)
		}
	}
	if len(young) == 0 {
		return usual, nil
	}
	bySource, err := s.usualBySource(ctx, young)
	if err != nil {
		return nil, err
	}
	for _, job := range young {
		own, all := usual[job.JobID], bySource[job.Source]
		if own.P95 = all.P95; own.Runs == 0 {
			own.Median = all.Median
		}
		usual[job.JobID] = own
	}
	return usual, nil
}

// usualBySource tells what is usual for the sources of jobs. Of each of their
// jobs the newest few runs count, so that none outweighs the others.
func (s *Store) usualBySource(ctx context.Context, jobs []UsualOf) (map[string]Usual, error) {
	usual := map[string]Usual{}
	params := dbsqlc.WatchUsualBySourceParams{Most: usualLeast}
	for _, job := range jobs {
		if _, asked := usual[job.Source]; !asked {
			usual[job.Source] = Usual{}
			params.Sources = append(params.Sources, job.Source)
		}
	}
	rows, err := s.queries.WatchUsualBySource(ctx, params)
	if err != nil {
		return nil, fmt.Errorf("read how long runs take: %w", err)
	}
	for _, row := range rows {
		usual[row.Source] = toUsual(row.Runs, row.Median, row.P95)
	}
	return usual, nil
}

func toUsual(runs int64, median, p95 float64) Usual {
	return Usual{Runs: int(runs), Median: history.Seconds(median), P95: history.Seconds(p95)}
}
