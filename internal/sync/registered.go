package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
)

// registered is a job with what is needed to poll it.
type registered struct {
	store.Job
	endpoint source.Endpoint
	cron     schedule.Schedule
	fault    error // why it cannot be polled for what its row holds; nil: it can
}

// schedules keeps those that were parsed, by their expressions.
type schedules map[string]schedule.Schedule

func (s schedules) parse(expr string) (schedule.Schedule, error) {
	if cron, ok := s[expr]; ok {
		return cron, nil
	}
	cron, err := schedule.Parse(expr)
	if err != nil {
		return schedule.Schedule{}, err
	}
	s[expr] = cron
	return cron, nil
}

// prepare works out how a job is polled that the account asks for. Another
// version of the tracker, or another machine, may have registered it.
func (s schedules) prepare(job store.Job, account source.Account) *registered {
	r := &registered{Job: job, fault: job.Fault}
	if r.fault == nil {
		r.fault = account.Provider.CheckTarget(job.Target)
	}
	if r.fault == nil {
		r.cron, r.fault = s.parse(job.Cron())
	}
	if r.fault == nil {
		r.endpoint = account.Provider.Endpoint(account.BaseURL, job.Target) // where its secret belongs
		r.fault = r.endpoint.Err()
	}
	return r
}

// check reports what of a source's row cannot be worked with.
func (s schedules) check(from store.Source) error {
	if err := source.CheckBaseURL(from.BaseURL); err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	if _, err := s.parse(from.Schedule); err != nil {
		return err
	}
	return errors.Join(source.CheckActiveEvery(from.ActiveEvery), source.CheckRateEvery(from.RateEvery), source.CheckRateBurst(from.RateBurst))
}

// pause leaves a source alone that cannot be asked, so that it is seen why.
func (s *Syncer) pause(ctx context.Context, at time.Time, from store.Source, why error) error {
	pause := s.Store.PauseSource
	if errors.Is(why, source.ErrCredential) {
		pause = s.Store.PauseForCredential
	}
	if _, err := pause(ctx, store.Author{Actor: actor, At: at}, from.Name, why.Error()); err != nil {
		return err
	}
	s.Logger.ErrorContext(ctx, "source paused", "source", from.Name, "error", why)
	return nil
}

// pauseJob does so with a job.
func (s *Syncer) pauseJob(ctx context.Context, at time.Time, job *registered) error {
	_, err := s.Store.PauseJob(ctx, store.Author{Actor: actor, At: at}, job.Name, job.fault.Error())
	if err != nil && !errors.Is(err, store.ErrConflict) { // somebody has removed it
		return err
	}
	s.Logger.ErrorContext(ctx, "job paused", "job", job.Name, "source", job.Source, "error", job.fault)
	return nil
}
