package tracking

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/store"
)

// Knowledge is what is known of a job, or what was known of it at one time of
// how it stood at another.
type Knowledge struct {
	store.History
	Now     time.Time // when it was read, by the database's clock
	AsOf    time.Time // zero: the present
	KnownAt time.Time // with AsOf
	RunNo   int       // of the run that was asked for; 0: of the newest ones

	FirstPollAt  time.Time  // with AsOf; zero: nobody has polled yet
	AnsweredAt   time.Time  // when the last poll that got an answer was sent; zero: none did
	SourcePaused *string    // of the present: why the source is paused; nil: it is not
	Pace         store.Pace // of the present: what the latest run is judged by, if it goes on
	TargetFields []string   // those of the job's target as its provider has them; nil: it cannot be read
}

// Past reports knowledge of what was, not of what is.
func (k Knowledge) Past() bool { return !k.AsOf.IsZero() }

// Unpolled reports a past in which the job was not polled yet. What is known of
// it all the same is what the service told afterwards.
func (k Knowledge) Unpolled() bool {
	return k.Past() && (k.FirstPollAt.IsZero() || k.AsOf.Before(k.FirstPollAt) || k.KnownAt.Before(k.FirstPollAt))
}

// KnowledgeParams says which part of a job's history is meant, and of when.
type KnowledgeParams struct {
	RunNo   int       // 0: the newest runs
	Most    int       // how many runs at most
	Whole   bool      // log entries of all levels, else warnings and errors
	Now     time.Time // by the database's clock
	AsOf    time.Time // how things stood then; zero: at KnownAt
	KnownAt time.Time // by what was known then; zero: now. Both zero: the present
}

// ReadKnowledge reads what is, or was, known of a job.
func ReadKnowledge(ctx context.Context, s *store.Store, job store.Job, params KnowledgeParams) (Knowledge, error) {
	k := Knowledge{Now: params.Now, RunNo: params.RunNo}
	provider, err := definition.Of(ctx, s, job.From.Provider, job.From.Interpretation)
	if err == nil { // else what was recorded can be told all the same
		k.TargetFields = provider.TargetNames()
	}
	if params.AsOf.IsZero() && params.KnownAt.IsZero() {
		err = k.readPresent(ctx, s, job, params)
	} else {
		err = k.readPast(ctx, s, job, params)
	}
	if err != nil {
		return Knowledge{}, err
	}
	if err := k.readChanges(ctx, s, job); err != nil {
		return Knowledge{}, err
	}
	if params.RunNo > 0 && len(k.Runs) == 0 {
		return Knowledge{}, NoRun(ctx, s, k.Job, params.RunNo, k.Past())
	}
	return k, nil
}

// readPresent reads what is known now. Where the service used levels that
// nobody knows, it reads log entries of all levels.
func (k *Knowledge) readPresent(ctx context.Context, s *store.Store, job store.Job, params KnowledgeParams) (err error) {
	read := store.HistoryParams{Job: job.Name, RunNo: params.RunNo, Most: params.Most}
	if !params.Whole {
		read.Levels = []string{"warning", "error"}
	}
	if k.History, err = s.History(ctx, read); err != nil {
		return err
	}
	unknownLevel := func(row store.AnomalyRow) bool { return row.Kind == string(history.KindUnknownLevel) }
	if read.Levels != nil && slices.ContainsFunc(k.Anomalies, unknownLevel) {
		read.Levels = nil
		if k.History, err = s.History(ctx, read); err != nil {
			return err
		}
	}
	k.AnsweredAt = k.Polled.AnsweredAt
	if !job.From.PausedAt.IsZero() && k.Job.NextPollAt == nil {
		k.SourcePaused = &job.From.PausedReason
	}
	k.Pace, err = s.Pace(ctx, job.Name)
	return err
}

// readPast derives from the snapshots what was known at one time of how things
// stood at another.
func (k *Knowledge) readPast(ctx context.Context, s *store.Store, job store.Job, params KnowledgeParams) error {
	k.KnownAt = cmp.Or(params.KnownAt, params.Now)
	k.AsOf = cmp.Or(params.AsOf, k.KnownAt)
	provider, err := definition.Of(ctx, s, job.From.Provider, job.From.Interpretation)
	if err != nil {
		return err
	}
	row, err := s.JobRow(ctx, job.Name)
	if err != nil {
		return err
	}
	knownAt := k.KnownAt
	if !knownAt.Before(k.Now) {
		knownAt = time.Time{} // all, also what the clock told a later time of before it was set back
	}
	trail, err := s.Fold(ctx, job.ID, knownAt, provider.For(job.Target).Interpret)
	if err != nil {
		return err
	}
	known, err := store.TrailHistory(row, trail)
	if err != nil {
		return err
	}
	k.History = known.AsOf(k.AsOf).Select(store.HistoryParams{RunNo: params.RunNo, Most: params.Most})
	if err := k.readPolls(ctx, s, job.ID); err != nil {
		return err
	}
	if k.Retention, err = s.RetentionRows(ctx, job.ID, cmp.Or(k.FirstPollAt, k.Now)); err != nil {
		return err
	}
	if k.Erasures, err = s.Erasures(ctx, job.ID); err != nil {
		return err
	}
	gaps, err := s.Gaps(ctx, job.Name, time.Time{})
	if err != nil {
		return err
	}
	by := slices.MinFunc([]time.Time{k.AsOf, k.KnownAt}, time.Time.Compare)
	for _, gap := range gaps {
		if then, known := gap.By(by); known {
			k.Gaps = append(k.Gaps, then)
		}
	}
	return k.readAnswered(ctx, s, trail.SnapshotNo)
}

// readPolls reads how the job was polled by then, and when it was polled first,
// which may have been later. How it is polled now says nothing of then.
func (k *Knowledge) readPolls(ctx context.Context, s *store.Store, jobID int64) (err error) {
	if k.Polled, err = s.PollSummary(ctx, jobID, k.KnownAt); err != nil {
		return err
	}
	k.Job.LastPolledAt, k.Job.LastOutcome, k.Job.NextPollAt, k.Job.Failures = k.Polled.LastAt, k.Polled.LastOutcome, nil, 0
	polled := k.Polled
	if polled.Polls == 0 {
		if polled, err = s.PollSummary(ctx, jobID, k.Now); err != nil {
			return err
		}
	}
	if polled.FirstAt != nil {
		k.FirstPollAt = *polled.FirstAt
	}
	return nil
}

// readAnswered finds when the last poll was sent that saw a snapshot, as far as
// that was known then; there is none where no is 0.
func (k *Knowledge) readAnswered(ctx context.Context, s *store.Store, no int) error {
	if no == 0 {
		return nil
	}
	snapshot, err := s.SnapshotRow(ctx, k.Job.Job, no)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	// A poll may have been sent by then whose answer, another one, was read later.
	k.AnsweredAt = snapshot.ConfirmedAt
	if last := k.Polled.AnsweredAt; last.Before(k.AnsweredAt) {
		k.AnsweredAt = last
	}
	return nil
}

// readChanges reads what was done to the job and to its source: since the first
// of the runs that were read, or since ever where there is none before it.
func (k *Knowledge) readChanges(ctx context.Context, s *store.Store, job store.Job) (err error) {
	var since time.Time
	if n := len(k.Runs); n > 0 && k.Runs[n-1].RunNo > 1 {
		since = k.Runs[n-1].FirstSeenAt
	}
	if k.Changes, err = s.TrackingChanges(ctx, job, since); err != nil {
		return err
	}
	if k.Past() {
		k.Changes = slices.DeleteFunc(k.Changes, func(c store.ChangeRow) bool { return c.At.After(k.AsOf) || c.At.After(k.KnownAt) })
	}
	return nil
}
