package tracking

import (
	"context"
	"errors"
	"fmt"

	"tracker/internal/store"
)

// ReadRun reads a run of a job with all that is known of it; runNo 0: the
// latest, of which there may be none.
func ReadRun(ctx context.Context, s *store.Store, job string, runNo int) (store.History, error) {
	h, err := s.History(ctx, store.HistoryParams{Job: job, RunNo: runNo, Most: 1})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.History{}, UnknownJob(ctx, s, job)
	case err == nil && runNo > 0 && len(h.Runs) == 0:
		return h, NoRun(ctx, s, h.Job, runNo, false)
	}
	return h, err
}

// NoRun refuses a run that a job has not, or has no more, and says which there are.
func NoRun(ctx context.Context, s *store.Store, job store.JobRow, runNo int, past bool) error {
	taken, err := s.RunTaken(ctx, job.Job, runNo)
	if err != nil {
		return err
	}
	then := ""
	if past {
		then = " then"
	}
	switch {
	case taken:
		return RequestError{fmt.Errorf("job %s has no run %d any more: retention took it, see  tracker history %s", job.Job, runNo, job.Job)}
	case job.RunNo == nil:
		return RequestError{fmt.Errorf("job %s has no run %d: none was known%s", job.Job, runNo, then)}
	default:
		return RequestError{fmt.Errorf("job %s has no run %d%s; its latest is %d, see  tracker history %s", job.Job, runNo, then, *job.RunNo, job.Job)}
	}
}
