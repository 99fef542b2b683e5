package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

// readPresent reads what is known now.
func (v *historyView) readPresent(ctx context.Context, s *store.Store, job store.Job, request historyRequest) (err error) {
	params := store.HistoryParams{Job: request.job, RunNo: request.runNo, Most: request.most}
	if request.format == formatTable {
		params.Levels = []string{"warning", "error"}
	}
	if v.History, err = s.History(ctx, params); err != nil {
		return err
	}
	unknownLevel := func(row store.AnomalyRow) bool { return row.Kind == string(history.KindUnknownLevel) }
	if params.Levels != nil && slices.ContainsFunc(v.Anomalies, unknownLevel) {
		params.Levels = nil
		if v.History, err = s.History(ctx, params); err != nil {
			return err
		}
	}
	if request.format == formatJSON {
		return nil
	}
	if v.answeredAt, err = s.AnsweredAt(ctx, job.ID); err != nil {
		return err
	}
	if v.pace, err = s.Pace(ctx, request.job); err != nil {
		return err
	}
	return v.readSource(ctx, s)
}

// readPast derives what was known at one time of how things stood at another.
func (v *historyView) readPast(ctx context.Context, s *store.Store, job store.Job, request historyRequest) (err error) {
	if v.asOf, v.knownAt, err = times(request, v.ReadAt); err != nil {
		return err
	}
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		return err
	}
	row, err := s.JobRow(ctx, request.job)
	if err != nil {
		return err
	}
	trail, err := s.Fold(ctx, job.ID, v.knownAt, provider.Interpret)
	if err != nil {
		return err
	}
	known, err := store.TrailHistory(row, trail)
	if err != nil {
		return err
	}
	v.History = known.AsOf(v.asOf).Select(store.HistoryParams{RunNo: request.runNo, Most: request.most})
	if v.Looked, err = s.PollSummary(ctx, request.job, v.knownAt); err != nil {
		return err
	}
	if err := v.readFirstPoll(ctx, s); err != nil {
		return err
	}
	// How it is polled now says nothing of then.
	v.Job.LastPolledAt, v.Job.LastOutcome, v.Job.NextPollAt, v.Job.Failures = v.Looked.LastAt, v.Looked.LastOutcome, nil, 0
	gaps, err := s.Gaps(ctx, request.job, time.Time{})
	if err != nil {
		return err
	}
	for _, gap := range gaps {
		if gap.GapTo != nil && !gap.GapTo.After(v.knownAt) {
			v.Gaps = append(v.Gaps, gap)
		}
	}
	return v.readAnsweredThen(ctx, s, trail.SnapshotNo)
}

// readFirstPoll finds out when somebody first looked, which may have been later.
func (v *historyView) readFirstPoll(ctx context.Context, s *store.Store) error {
	looked := v.Looked
	if looked.Polls == 0 {
		var err error
		if looked, err = s.PollSummary(ctx, v.Job.Job, v.ReadAt); err != nil {
			return err
		}
	}
	if looked.Polls > 0 {
		v.firstPoll = deref(looked.FirstAt)
	}
	return nil
}

// times reads --as-of and --known-at, each standing in for the other.
func times(request historyRequest, now time.Time) (asOf, knownAt time.Time, err error) {
	asOf, knownAt = now, now
	if request.knownAt != "" {
		if knownAt, err = tracking.PastTime("--known-at", request.knownAt, now); err != nil {
			return asOf, knownAt, err
		}
		asOf = knownAt
	}
	if request.asOf != "" {
		if asOf, err = tracking.PastTime("--as-of", request.asOf, now); err != nil {
			return asOf, knownAt, err
		}
	}
	return asOf, knownAt, nil
}

// readAnsweredThen finds when the last poll was sent that saw a snapshot, as
// far as it was known then; there is none where no is 0.
func (v *historyView) readAnsweredThen(ctx context.Context, s *store.Store, no int) error {
	if no == 0 {
		return nil
	}
	snapshot, err := s.SnapshotRow(ctx, v.Job.Job, no)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if v.answeredAt = snapshot.ConfirmedAt; v.knownAt.Before(v.answeredAt) {
		v.answeredAt = v.knownAt
	}
	return nil
}

// readSource finds out whether the source of an active job is paused.
func (v *historyView) readSource(ctx context.Context, s *store.Store) error {
	if v.Job.NextPollAt != nil || v.Job.Tracking != string(store.TrackingActive) {
		return nil
	}
	rows, err := s.SourceRows(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Source == v.Job.Source && row.PausedAt != nil {
			v.sourcePaused = new(deref(row.PausedReason))
		}
	}
	return nil
}
