package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// reasonLeast is how long a reason must last at either end of a gap to be told. The
// last heartbeat of a killed tracker tells its end no more closely.
const reasonLeast = 3 * HeartbeatEvery

// unexplained holds gaps of a job, some without a reason yet.
type unexplained struct {
	gaps     *[]history.Gap
	sourceID int64
	every    time.Duration // how often the job was to be polled
}

// explain gives the gaps without a reason theirs. A gap that has several is split.
func explain(ctx context.Context, q *dbsqlc.Queries, jobs []unexplained) error {
	var window dbsqlc.ReplicaSpansParams
	var sourceIDs []int64
	for _, job := range jobs {
		for _, gap := range *job.gaps {
			if gap.Reason != "" {
				continue
			}
			if sourceIDs == nil || gap.From.Before(window.FromTime) {
				window.FromTime = gap.From
			}
			if sourceIDs == nil || gap.To.After(window.ToTime) {
				window.ToTime = gap.To
			}
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
			told = append(told, gap.Split(ran, held[job.sourceID], max(history.GapLeast(job.every), reasonLeast))...)
		}
		*job.gaps = told
	}
	return nil
}

func addGaps(rows *dbsqlc.GapInsertParams, jobID int64, gaps []history.Gap) {
	for _, gap := range gaps {
		rows.JobIds = append(rows.JobIds, jobID)
		rows.GapFroms, rows.GapTos = append(rows.GapFroms, gap.From), append(rows.GapTos, gap.To)
		rows.Reasons = append(rows.Reasons, gap.Reason)
	}
}

// recordGaps records the gaps of jobs until now. From now on nobody is to poll them,
// for the reason; empty: somebody is.
func (r *registry) recordGaps(ctx context.Context, jobIDs []int64, reason string) error {
	cursors, err := r.queries.CursorListForUpdate(ctx, jobIDs)
	if err != nil {
		return err
	}
	covered := dbsqlc.CursorCoverParams{Reason: toPointer(reason)}
	ended, jobs := make([][]history.Gap, len(cursors)), make([]unexplained, len(cursors))
	for i, row := range cursors {
		cursor, until := toCursor(row), r.by.At
		if inFlight := OrZero(row.ClaimedUntil); inFlight.After(r.by.At) { // its poll may yet be answered
			until = slices.MinFunc([]time.Time{until, inFlight.Add(-claimLease)}, time.Time.Compare)
		}
		covered.JobIds, covered.CoveredUntils = append(covered.JobIds, row.JobID), append(covered.CoveredUntils, until)
		ended[i] = cursor.Coverage().Gaps(until)
		jobs[i] = unexplained{gaps: &ended[i], sourceID: row.SourceID, every: cursor.PlannedEvery}
	}
	if err := explain(ctx, r.queries, jobs); err != nil {
		return err
	}
	var rows dbsqlc.GapInsertParams
	for i, gaps := range ended {
		addGaps(&rows, cursors[i].JobID, gaps)
	}
	if len(rows.JobIds) > 0 {
		if err := r.queries.GapInsert(ctx, rows); err != nil {
			return err
		}
		if err := r.queries.JournalNoteGaps(ctx, rows.JobIds); err != nil {
			return err
		}
	}
	return r.queries.CursorCover(ctx, covered)
}

// recordTrackingGaps is recordGaps for a job whose tracking changes. A finished job
// had no gap, whatever came of its polls: nobody was to poll it.
func (r *registry) recordTrackingGaps(ctx context.Context, was dbsqlc.Job, unseen string) error {
	if was.Tracking != string(TrackingFinished) {
		return r.recordGaps(ctx, []int64{was.JobID}, unseen)
	}
	return r.queries.CursorCover(ctx, dbsqlc.CursorCoverParams{
		Reason: toPointer(unseen), JobIds: []int64{was.JobID}, CoveredUntils: []time.Time{r.by.At},
	})
}
