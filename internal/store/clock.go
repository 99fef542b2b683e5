package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// ClockSlack is how far ahead of the database's clock a time may lie that this
// clock has shown: further than slots are handed out.
const ClockSlack = 5 * time.Second

// SetBack is what lay further ahead than it can be, and was brought back.
type SetBack struct {
	Jobs    int64
	Sources int64
}

// SetClockBack brings back what lies further ahead of the database's clock than
// it can be, since that was set back: last polls and next ones, slots, holds.
// Until then nobody would be polled. The jobs have a gap: when they were polled
// by the clock that holds now, nobody can tell. Where all is well it does nothing.
func (s *Store) SetClockBack(ctx context.Context, now time.Time) (SetBack, error) {
	var found SetBack
	err := s.inTx(ctx, func(q *dbsqlc.Queries) (err error) {
		if found.Jobs, err = q.ClockSetBackCursors(ctx, dbsqlc.ClockSetBackCursorsParams{Now: now, Slack: ClockSlack}); err != nil {
			return err
		}
		if found.Sources, err = q.ClockSetBackBudgets(ctx, dbsqlc.ClockSetBackBudgetsParams{Now: now, Slack: ClockSlack}); err != nil {
			return err
		}
		if err := q.ClockSetBackReplicas(ctx, dbsqlc.ClockSetBackReplicasParams{Now: now, Slack: ClockSlack}); err != nil {
			return err
		}
		return q.ClockSetBackRollup(ctx, dbsqlc.ClockSetBackRollupParams{Now: now, Slack: ClockSlack})
	})
	if err != nil {
		return SetBack{}, fmt.Errorf("bring back what lies ahead of the clock: %w", err)
	}
	return found, nil
}
