package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// SettleDoubts takes the truth into claims of cursors that may be behind it, as
// after a process that ended between a poll's record and its cursor's advance,
// and makes keys anew that leave out other fields than they should. key gives
// the comparison key of a job's stored body.
func (s *Store) SettleDoubts(ctx context.Context, claims []Claim, key func(jobID int64, body []byte) [32]byte) error {
	var ids []int64
	var since dbsqlc.PollFirstAnsweredParams
	for _, c := range claims {
		if !c.Doubt && !c.KeyStale {
			continue
		}
		ids = append(ids, c.JobID)
		since.JobIds, since.Sinces = append(since.JobIds, c.JobID), append(since.Sinces, c.AccountedAt)
	}
	if len(ids) == 0 {
		return nil
	}
	heads, err := s.Heads(ctx, ids)
	if err != nil {
		return err
	}
	rows, err := s.queries.PollFirstAnswered(ctx, since)
	if err != nil {
		return fmt.Errorf("read polls that were not heard of: %w", err)
	}
	unheard := make(map[int64]time.Time, len(rows))
	for _, row := range rows {
		unheard[row.JobID] = row.PolledAt
	}
	for i := range claims {
		c := &claims[i]
		head, ok := heads[c.JobID]
		if !ok {
			continue
		}
		body, err := s.queries.SnapshotBody(ctx, dbsqlc.SnapshotBodyParams{JobID: c.JobID, SnapshotNo: int32(head.SnapshotNo)})
		if err != nil {
			return fmt.Errorf("read snapshot %d of job %d: %w", head.SnapshotNo, c.JobID, err)
		}
		made := key(c.JobID, body)
		c.Key = made[:]
		if c.Doubt || c.SnapshotNo != head.SnapshotNo {
			c.settle(head, unheard[c.JobID])
		}
	}
	return nil
}

// settle takes in the head. What the first answer that the cursor did not hear
// of has ended is owed from now on.
func (c *Claim) settle(head Head, unheard time.Time) {
	if !unheard.IsZero() && !head.ConfirmedAt.After(c.StartAt) {
		c.Owed, _ = c.Account().Poll(unheard, history.OutcomeUnchanged)
		c.AccountedAt = head.ConfirmedAt
	}
	c.SnapshotNo, c.State, c.Confirmations = head.SnapshotNo, head.State, head.Confirmations
	if head.LastPolledAt.After(c.StartAt) { // the clock was set back meanwhile: what the cursor has is right
		return
	}
	c.ChangedAt, c.ConfirmedAt = head.ObservedAt, head.ConfirmedAt
	if head.LastPolledAt.After(c.PolledAt) {
		c.PolledAt = head.LastPolledAt
	}
	if !head.ConfirmedAt.Before(c.PolledAt) {
		c.Failures = 0
	}
}

// Head is a job's newest snapshot and the polls that saw it, read from the
// snapshots and polls themselves.
type Head struct {
	SnapshotNo    int
	State         history.State
	ObservedAt    time.Time
	ConfirmedAt   time.Time
	Confirmations int
	LastPolledAt  time.Time // whatever came of it
}

// Heads returns the heads of those of the jobs that have one, by job.
func (s *Store) Heads(ctx context.Context, jobIDs []int64) (map[int64]Head, error) {
	rows, err := s.queries.SnapshotHeadList(ctx, jobIDs)
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	heads := make(map[int64]Head, len(rows))
	for _, row := range rows {
		heads[row.JobID] = Head{
			SnapshotNo: int(row.SnapshotNo), State: history.State(row.State), ObservedAt: row.ObservedAt,
			ConfirmedAt: row.ConfirmedAt, Confirmations: int(row.Confirmations), LastPolledAt: row.LastPolledAt,
		}
	}
	return heads, nil
}
