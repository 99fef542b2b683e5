package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pace is what a run that goes on is judged by, as report.open_runs has it.
type Pace struct {
	StallAfter time.Duration // as declared of the job; 0: it is not, and three times Usual decides
	Usual      time.Duration // nearly all runs took no longer; 0: nothing is known
	Median     time.Duration // of those that succeeded, if any did; 0: nothing is known
}

// Pace reads what the latest run of a job is judged by; it is zero where that
// has ended.
func (s *Store) Pace(ctx context.Context, job string) (Pace, error) {
	row, err := s.queries.ReportOpenRun(ctx, job)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Pace{}, nil
	case err != nil:
		return Pace{}, fmt.Errorf("read how long runs of job %s take: %w", job, err)
	}
	return toPace(row.StallAfter, row.UsualDuration, row.MedianDuration), nil
}

func toPace(stallAfter, usual, median *time.Duration) Pace {
	return Pace{StallAfter: OrZero(stallAfter), Usual: OrZero(usual), Median: OrZero(median)}
}
