package tracking

import (
	"context"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// Polling is how a job is polled. Of a job whose polling has stopped no more is
// read than that.
type Polling struct {
	Job       store.Job
	Unserved  bool            // no tracker serves the database
	HeldUntil time.Time       // the service asked to be left alone until then; zero: it did not
	Outcome   history.Outcome // of the last poll where that got no answer, else empty
	Error     string          // what was said then
}

// Stopped reports that nobody polls the job until somebody changes what is tracked.
func (p Polling) Stopped() bool {
	switch p.Job.Tracking {
	case store.TrackingPaused, store.TrackingRemoved, store.TrackingFinished:
		return true
	default:
		return !p.Job.From.PausedAt.IsZero()
	}
}

// ReadPolling finds out how a job is polled.
func ReadPolling(ctx context.Context, s *store.Store, job store.Job) (Polling, error) {
	p := Polling{Job: job}
	if p.Stopped() {
		return p, nil
	}
	now, served, err := s.Served(ctx)
	if err != nil {
		return Polling{}, err
	}
	if p.Unserved = !served.Until.After(now); p.Unserved {
		return p, nil
	}
	heads, err := s.WatchHeads(ctx, []int64{job.ID})
	if err != nil || len(heads) == 0 {
		return p, err
	}
	if until := heads[0].HeldUntil; until.After(now) {
		p.HeldUntil = until
		return p, nil
	}
	if heads[0].Failures == 0 {
		return p, nil
	}
	said, err := s.LastErrors(ctx, []int64{job.ID})
	if err != nil {
		return Polling{}, err
	}
	p.Outcome, p.Error = heads[0].Outcome, said[job.ID]
	return p, nil
}
