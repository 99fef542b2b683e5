package tracking

import (
	"cmp"
	"context"
	"fmt"

	"tracker/internal/store"
)

// ReadRun reads a run of a job with all that is known of it; runNo 0: the
// newest, of which there may be none.
func ReadRun(ctx context.Context, s *store.Store, job string, runNo int) (store.History, error) {
	if _, err := FindJob(ctx, s, job); err != nil {
		return store.History{}, err
	}
	row, err := s.JobRow(ctx, job)
	if err != nil {
		return store.History{}, err
	}
	latest := 0
	if row.RunNo != nil {
		latest = int(*row.RunNo)
	}
	h, err := s.History(ctx, store.HistoryParams{Job: job, RunNo: cmp.Or(runNo, latest), Most: 1})
	if err == nil && runNo > 0 && len(h.Runs) == 0 {
		err = NoRun(row, runNo, false)
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
