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
const reasonLeast = 3 * HeartbeatEvery

// unexplained are gaps of a job, some of which have no reason yet.
type unexplained struct {
	gaps     *[]history.Gap
	sourceID int64
	every    time.Duration // how often the job was to be polled
}

// explain splits the gaps that have no reason by why nobody looked.
func explain(ctx context.Context, q *dbsqlc.Queries, jobs []unexplained) error {
	window := dbsqlc.ReplicaSpansParams{Silence: heartbeatSilence}
	var sourceIDs []int64
	for _, job := range jobs {
		for _, gap := range *job.gaps {
			if gap.Reason != "" {
				continue
			}
			if sourceIDs == nil {
				window.FromTime, window.ToTime = gap.From, gap.To
			}
			window.FromTime, window.ToTime = earlier(window.FromTime, gap.From), later(window.ToTime, gap.To)
			sourceIDs = append(sourceIDs, job.sourceID)
		}
	}
	if sourceIDs == nil {
		return nil
	}
	replicas, err := q.ReplicaSpans(ctx, window)
	if err != nil {
		return fmt.Errorf("read when trackers ran: %w", err)
	}
	ran := convert(replicas, func(row dbsqlc.ReplicaSpansRow) history.Stretch {
		return history.Stretch{From: row.StartedAt, To: row.Until}
	})
	holds, err := q.BudgetHolds(ctx, sourceIDs)
	if err != nil {
		return fmt.Errorf("read when sources were held: %w", err)
	}
	held := make(map[int64]history.Stretch, len(holds))
	for _, row := range holds {
		held[row.SourceID] = history.Stretch{From: row.HeldFrom, To: row.HeldUntil}
	}
	for _, job := range jobs {
		var told []history.Gap
		for _, gap := range *job.gaps {
			if gap.Reason != "" {
				told = append(told, gap)
				continue
			}
			told = append(told, gap.Split(ran, held[job.sourceID], max(2*job.every, reasonLeast))...)
		}
		*job.gaps = told
	}
	return nil
}

// settle ends what held until now at some jobs, and says why nobody is to look
// from now on; empty: somebody is.
func (r *registry) settle(ctx context.Context, jobIDs []int64, reason string) error {
	cursors, err := r.queries.CursorListToSettle(ctx, jobIDs)
	if err != nil {
		return err
	}
	settled := dbsqlc.CursorSettleParams{Reason: toPointer(reason)}
	ended, jobs := make([][]history.Gap, len(cursors)), make([]unexplained, len(cursors))
	for i, row := range cursors {
		cursor, until := toCursor(row), r.by.At
		if inFlight := fromPointer(row.ClaimedUntil); inFlight.After(r.by.At) { // its poll may yet be answered
			until = earlier(until, inFlight.Add(-claimLease))
		}
		settled.JobIds, settled.SettledAts = append(settled.JobIds, row.JobID), append(settled.SettledAts, until)
		ended[i] = cursor.Account().Gaps(until)
		jobs[i] = unexplained{gaps: &ended[i], sourceID: row.SourceID, every: cursor.PlannedEvery}
	}
	if err := explain(ctx, r.queries, jobs); err != nil {
		return err
	}
	var rows dbsqlc.GapAppendParams
	for i, gaps := range ended {
		for _, gap := range gaps {
			rows.JobIds = append(rows.JobIds, cursors[i].JobID)
			rows.GapFroms, rows.GapTos = append(rows.GapFroms, gap.From), append(rows.GapTos, gap.To)
			rows.Reasons = append(rows.Reasons, gap.Reason)
		}
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

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
