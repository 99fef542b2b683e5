package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

const (
	// limitedFirst is how long a source is held after a 429 without a Retry-After.
	// After each further 429 it is twice as long, up to limitedMost.
	limitedFirst = 10 * time.Second
	limitedMost  = 15 * time.Minute
)

// Advance is what a recorded poll changes in its job's cursor.
type Advance struct {
	Cursor                    // as it is from now on
	Claim       time.Time     // Until of the claim that ends with it
	ClaimedPoll time.Time     // the claim's NextPollAt: where the cursor has another by now, or none, that stays
	Unseen      string        // the claim's UnseenReason: this poll has ended it
	Gaps        []history.Gap // that this poll has ended; explain adds missing reasons
	SourceID    int64
	HeldUntil   time.Time // a Retry-After for the source; zero: none
	ToldAt      time.Time // when we knew the outcome
	ExtraTaken  int       // requests that had no slot
	RequestedAt time.Time // when they were sent

	returned bool // it is of a run that may be taken meanwhile
}

// AdvanceCursors updates the cursors of a made-up past, once all of its polls are
// recorded. A real poll is recorded together with its advance (Record).
func (s *Store) AdvanceCursors(ctx context.Context, advances []Advance) error {
	if len(advances) == 0 {
		return nil
	}
	var ended []unexplained
	for i := range advances {
		ended = append(ended, advances[i].unexplained()...)
	}
	if err := explain(ctx, s.queries, ended); err != nil {
		return fmt.Errorf("advance cursors: %w", err)
	}
	var p pipeline
	if err := advance(ctx, p.queries(), pointers(advances)); err != nil {
		return fmt.Errorf("advance cursors: %w", err)
	}
	if err := p.send(ctx, s.pool); err != nil {
		return fmt.Errorf("advance cursors: %w", err)
	}
	return nil
}

// unexplained returns the gaps that a poll has ended, if any.
func (a *Advance) unexplained() []unexplained {
	if len(a.Gaps) == 0 {
		return nil
	}
	return []unexplained{{gaps: &a.Gaps, sourceID: a.SourceID, every: a.PlannedEvery}}
}

// advance records the gaps that polls have ended, updates the cursors, ends the
// claims, and charges and holds the sources' budgets. A lost claim fails the
// transaction. A change of the registry records gaps as well: so the cursors of jobs
// with gaps are locked first.
func advance(ctx context.Context, q *dbsqlc.Queries, advances []*Advance) error {
	if len(advances) == 0 {
		return nil
	}
	if gaps := gapRows(advances); len(gaps.JobIds) > 0 {
		if err := q.CursorLockForGaps(ctx, gaps.JobIds); err != nil {
			return err
		}
		if err := q.GapInsert(ctx, gaps); err != nil {
			return err
		}
		if err := q.JournalNoteGaps(ctx, gaps.JobIds); err != nil {
			return err
		}
	}
	if err := q.CursorAdvance(ctx, cursorRows(byJob(advances, func(a *Advance) int64 { return a.JobID }))); err != nil {
		return err
	}
	return spendBudgets(ctx, q, advances)
}

// spendBudgets charges and holds sources, lets in those whose holds are over, and resets
// the refusals of those that answered.
func spendBudgets(ctx context.Context, q *dbsqlc.Queries, advances []*Advance) error {
	var answered []int64
	letIn := map[int64]time.Time{} // by source, the last poll
	for _, a := range advances {
		if err := spendBudget(ctx, q, a); err != nil {
			return err
		}
		if a.Outcome.Answered() {
			answered = append(answered, a.SourceID)
		}
		if a.Outcome.LetIn() && a.PolledAt.After(letIn[a.SourceID]) {
			letIn[a.SourceID] = a.PolledAt
		}
	}
	if len(letIn) > 0 {
		var params dbsqlc.BudgetLetInParams
		for _, id := range slices.Sorted(maps.Keys(letIn)) {
			params.SourceIds, params.PolledAts = append(params.SourceIds, id), append(params.PolledAts, letIn[id])
		}
		if err := q.BudgetLetIn(ctx, params); err != nil {
			return err
		}
	}
	if len(answered) > 0 {
		return q.BudgetResetRefusals(ctx, answered)
	}
	return nil
}

// spendBudget holds a source after a Retry-After or a 429, and charges requests that had
// no slot.
func spendBudget(ctx context.Context, q *dbsqlc.Queries, a *Advance) error {
	if a.Outcome == history.OutcomeRateLimited {
		if err := q.BudgetLimit(ctx, limitation(a)); err != nil {
			return err
		}
	}
	if !a.HeldUntil.IsZero() {
		if err := q.BudgetHold(ctx, dbsqlc.BudgetHoldParams{SourceID: a.SourceID, Now: a.RequestedAt, HeldUntil: a.HeldUntil}); err != nil {
			return err
		}
	}
	if a.ExtraTaken == 0 {
		return nil
	}
	return q.BudgetMoveOn(ctx, dbsqlc.BudgetMoveOnParams{SourceID: a.SourceID, Now: a.RequestedAt, Requests: int32(a.ExtraTaken)})
}

// limitation is the hold after a 429: limitedFirst or longer where it came without a
// Retry-After.
func limitation(a *Advance) dbsqlc.BudgetLimitParams {
	hold := dbsqlc.BudgetLimitParams{SourceID: a.SourceID, PolledAt: a.PolledAt, Now: a.ToldAt, First: limitedFirst, Most: limitedMost}
	if !a.HeldUntil.IsZero() {
		hold.First = 0
	}
	return hold
}

func gapRows(advances []*Advance) dbsqlc.GapInsertParams {
	var p dbsqlc.GapInsertParams
	for _, a := range advances {
		addGaps(&p, a.JobID, a.Gaps)
	}
	return p
}

// knownRewrites is how often what is known of the job was written anew when the poll's
// answer was compared with it; -1: it does not matter, since the newest run stays.
func (a *Advance) knownRewrites() int32 {
	if !a.returned {
		return -1
	}
	return int32(a.Rewrites)
}

func cursorRows(advances []*Advance) dbsqlc.CursorAdvanceParams {
	return dbsqlc.CursorAdvanceParams{
		JobIds:         column(advances, func(a *Advance) int64 { return a.JobID }),
		ClaimedUntils:  column(advances, func(a *Advance) time.Time { return a.Claim }),
		ClaimedPollAts: column(advances, func(a *Advance) time.Time { return a.ClaimedPoll }),
		NextPollAts:    column(advances, func(a *Advance) time.Time { return a.NextPollAt }),
		PolledAts:      column(advances, func(a *Advance) time.Time { return a.PolledAt }),
		Outcomes:       column(advances, func(a *Advance) string { return string(a.Outcome) }),
		Failures:       column(advances, func(a *Advance) int32 { return int32(a.Failures) }),
		SnapshotNos:    column(advances, func(a *Advance) int32 { return int32(a.SnapshotNo) }),
		Keys:           column(advances, func(a *Advance) []byte { return a.Key }),
		States:         column(advances, func(a *Advance) string { return string(a.State) }),
		ChangedAts:     column(advances, func(a *Advance) time.Time { return a.ChangedAt }),
		ConfirmedAts:   column(advances, func(a *Advance) time.Time { return a.ConfirmedAt }),
		Confirmations:  column(advances, func(a *Advance) int32 { return int32(a.Confirmations) }),
		GracePolls:     column(advances, func(a *Advance) int32 { return int32(a.GracePolls) }),
		PlannedEverys:  column(advances, func(a *Advance) time.Duration { return a.PlannedEvery }),
		CoveredUntils:  column(advances, func(a *Advance) time.Time { return a.CoveredUntil }),
		UnseenReasons:  column(advances, func(a *Advance) string { return a.Unseen }),
		KnownRewrites:  column(advances, func(a *Advance) int32 { return a.knownRewrites() }),
	}
}
