package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// reasonLeast is how short a reason why nobody looked may be at either end of a
// gap: when a tracker was killed is known that closely.
const reasonLeast = 3 * ReplicaBeat

// Unseen is a gap in which nobody looked at a job of a source.
type Unseen struct {
	history.Gap
	SourceID int64
	Every    time.Duration // how often the job was to be polled
}

// FindReasons splits each of the gaps by why nobody looked. The pieces of one
// gap stand together, in its place.
func (s *Store) FindReasons(ctx context.Context, gaps []Unseen) ([][]history.Gap, error) {
	found, err := findReasons(ctx, s.queries, gaps)
	if err != nil {
		return nil, fmt.Errorf("find out why nobody looked: %w", err)
	}
	return found, nil
}

func findReasons(ctx context.Context, q *dbsqlc.Queries, gaps []Unseen) ([][]history.Gap, error) {
	if len(gaps) == 0 {
		return nil, nil
	}
	window := dbsqlc.ReplicaSpansParams{FromTime: gaps[0].From, ToTime: gaps[0].To, Beat: 2 * ReplicaBeat}
	sourceIDs := make([]int64, len(gaps))
	for i, gap := range gaps {
		sourceIDs[i] = gap.SourceID
		if gap.From.Before(window.FromTime) {
			window.FromTime = gap.From
		}
		if gap.To.After(window.ToTime) {
			window.ToTime = gap.To
		}
	}
	replicas, err := q.ReplicaSpans(ctx, window)
	if err != nil {
		return nil, err
	}
	ran := convert(replicas, func(row dbsqlc.ReplicaSpansRow) history.Stretch {
		return history.Stretch{From: row.StartedAt, To: row.Until}
	})
	holds, err := q.BudgetHolds(ctx, sourceIDs)
	if err != nil {
		return nil, err
	}
	held := make(map[int64]history.Stretch, len(holds))
	for _, row := range holds {
		held[row.SourceID] = history.Stretch{From: row.HeldFrom, To: row.HeldUntil}
	}
	found := make([][]history.Gap, len(gaps))
	for i, gap := range gaps {
		found[i] = gap.Split(ran, held[gap.SourceID], max(2*gap.Every, reasonLeast))
	}
	return found, nil
}

// settle ends what held until now at some jobs, and says why nobody is to look
// from now on; empty: somebody is.
func (r *registry) settle(ctx context.Context, jobIDs []int64, reason string) error {
	cursors, err := r.queries.CursorListToSettle(ctx, jobIDs)
	if err != nil {
		return err
	}
	var rows dbsqlc.GapAppendParams
	add := func(jobID int64, gaps ...history.Gap) {
		for _, gap := range gaps {
			rows.JobIds = append(rows.JobIds, jobID)
			rows.GapFroms, rows.GapTos = append(rows.GapFroms, gap.From), append(rows.GapTos, gap.To)
			rows.Reasons = append(rows.Reasons, gap.Reason)
		}
	}
	var unseen []Unseen
	var jobs []int64
	settled := dbsqlc.CursorSettleParams{Reason: toPointer(reason)}
	for _, row := range cursors {
		cursor, until := toCursor(row), r.by.At
		if inFlight := fromPointer(row.ClaimedUntil); inFlight.After(r.by.At) { // its poll may yet be answered
			until = earlier(until, inFlight.Add(-claimLease))
		}
		settled.JobIds, settled.SettledAts = append(settled.JobIds, row.JobID), append(settled.SettledAts, until)
		for _, gap := range cursor.Account().Gaps(until) {
			if gap.Reason != "" {
				add(row.JobID, gap)
				continue
			}
			unseen, jobs = append(unseen, Unseen{Gap: gap, SourceID: row.SourceID, Every: cursor.PlannedEvery}), append(jobs, row.JobID)
		}
	}
	reasons, err := findReasons(ctx, r.queries, unseen)
	if err != nil {
		return err
	}
	for i, pieces := range reasons {
		add(jobs[i], pieces...)
	}
	if len(rows.JobIds) > 0 {
		if err := r.queries.GapAppend(ctx, rows); err != nil {
			return err
		}
	}
	return r.queries.CursorSettle(ctx, settled)
}

// settleTracked settles a job whose tracking changes. While it was finished
// nobody was to look: there was no gap, whatever came of a poll.
func (r *registry) settleTracked(ctx context.Context, was dbsqlc.Job, unseen string) error {
	if was.Tracking != string(TrackingFinished) {
		return r.settle(ctx, []int64{was.JobID}, unseen)
	}
	return r.queries.CursorSettle(ctx, dbsqlc.CursorSettleParams{
		Reason: toPointer(unseen), JobIds: []int64{was.JobID}, SettledAts: []time.Time{r.by.At},
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
