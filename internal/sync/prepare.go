package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tracker/internal/definition"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
)

// preparedJob is a job with what is needed to poll it.
type preparedJob struct {
	store.Job
	endpoint source.Endpoint
	cron     schedule.Schedule
	fault    error // what in its row keeps it from being polled; nil: nothing does
}

// task is the job's poll under a claim, with the account of its source.
func (j *preparedJob) task(account *source.Account, claim store.Claim, clock clock) *task {
	return &task{job: &j.Job, account: account, endpoint: j.endpoint, cron: j.cron, claim: claim, clock: clock}
}

// schedules keeps the schedules that were parsed, by their expressions.
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

// prepare works out how a job is polled with the account of its source. It checks
// the row, which another version of the tracker may have written.
func (s schedules) prepare(job store.Job, account *source.Account) *preparedJob {
	r := &preparedJob{Job: job, fault: job.Fault}
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

// check reports what is wrong in a source's row.
func (s schedules) check(from store.Source) error {
	if err := source.CheckBaseURL(from.BaseURL); err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	if _, err := s.parse(from.Schedule); err != nil {
		return err
	}
	return errors.Join(source.CheckActiveEvery(from.ActiveEvery), source.CheckRateEvery(from.RateEvery), source.CheckRateBurst(from.RateBurst))
}

// pause pauses a source that cannot be asked, with the reason.
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

// pauseJob pauses a job that cannot be polled, with the reason.
func (s *Syncer) pauseJob(ctx context.Context, at time.Time, job *preparedJob) error {
	_, err := s.Store.PauseJob(ctx, store.Author{Actor: actor, At: at}, job.Name, job.fault.Error())
	if err != nil && !errors.Is(err, store.ErrConflict) { // somebody has removed it
		return err
	}
	s.Logger.ErrorContext(ctx, "job paused", "job", job.Name, "source", job.Source, "error", job.fault)
	return nil
}

// provider returns the provider of a source, by its definition where that is written
// down. An error other than a noProviderError says that it could not be read.
func (s *Syncer) provider(ctx context.Context, from store.Source) (source.Provider, error) {
	provider, err := definition.Of(ctx, s.Store, from.Provider, from.Interpretation)
	if errors.Is(err, source.ErrUnknownProvider) || errors.Is(err, definition.ErrUnreadable) {
		return source.Provider{}, noProviderError{err}
	}
	return provider, err
}

// noProviderError says why a source has no provider.
type noProviderError struct{ error }

// open returns the account with which a source is asked. read reads its credential.
// An error says why the source cannot be asked.
func (s schedules) open(from store.Source, provider source.Provider, read func(ref string) (source.Credential, error)) (account *source.Account, warning string, err error) {
	if err := s.check(from); err != nil {
		return nil, "", err
	}
	credential, err := read(from.Credential)
	if err != nil {
		return nil, "", err
	}
	return source.NewAccount(provider.Ignoring(from.Volatile), from.BaseURL, credential.Secret), credential.Warning, nil
}

// renewKeys computes the keys of heads again where the source's volatile fields are
// not those of the key: compared with the old key any answer would count as changed.
// provider returns the provider of a job.
func (s *Syncer) renewKeys(ctx context.Context, claims []store.Claim, provider func(jobID int64) source.Provider) error {
	for i := range claims {
		claim := &claims[i]
		if claim.SnapshotNo == 0 || provider(claim.JobID).IsKey(claim.Key) {
			continue
		}
		body, err := s.Store.SnapshotBody(ctx, claim.JobID, claim.SnapshotNo)
		if err != nil {
			return err
		}
		key := provider(claim.JobID).Key(body)
		claim.Key = key[:]
	}
	return nil
}
