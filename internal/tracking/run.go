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
		return h, NoRun(h.Job, runNo, false)
	}
	return h, err
}

// NoRun refuses a run that a job has not, and says which there are.
func NoRun(job store.JobRow, runNo int, past bool) error {
	then := ""
	if past {
		then = " then"
	}
	if job.RunNo == nil {
		return RequestError{fmt.Errorf("job %s has no run %d: none was known%s", job.Job, runNo, then)}
	}
	return RequestError{fmt.Errorf("job %s has no run %d%s; its latest is %d, see  tracker history %s", job.Job, runNo, then, *job.RunNo, job.Job)}
}
