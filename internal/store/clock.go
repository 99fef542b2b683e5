package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// ClockSlack is how far ahead of the database's clock a stored time may lie before
// that clock counts as set back. It is more than the second by which slots are ahead.
const ClockSlack = 5 * time.Second

// SetBack counts what lay further ahead than it can and was moved back.
type SetBack struct {
	Jobs    int64
	Sources int64
}

// SetClockBack moves back the times that lie further ahead of the database's clock
// than they can, after that was set back: last polls, next polls, slots and holds, and
// what is to be told. Else nothing would be polled or told until the clock reaches them. The jobs get a gap:
// nobody can tell when they were polled by the clock as it is now.
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
		if err := q.ClockSetBackRollup(ctx, dbsqlc.ClockSetBackRollupParams{Now: now, Slack: ClockSlack}); err != nil {
			return err
		}
		return setTellingBack(ctx, q, now)
	})
	if err != nil {
		return SetBack{}, fmt.Errorf("bring back what lies ahead of the clock: %w", err)
	}
	return found, nil
}

// setTellingBack moves back when deliveries are tried, and since when things go on.
func setTellingBack(ctx context.Context, q *dbsqlc.Queries, now time.Time) error {
	if err := q.ClockSetBackDeliveries(ctx, dbsqlc.ClockSetBackDeliveriesParams{Now: now, Slack: ClockSlack, BackOffMost: BackOffMost}); err != nil {
		return err
	}
	if err := q.ClockSetBackLanes(ctx, dbsqlc.ClockSetBackLanesParams{Now: now, Slack: ClockSlack, Lease: LaneLease, RestMost: RestMost}); err != nil {
		return err
	}
	return q.ClockSetBackGoings(ctx, dbsqlc.ClockSetBackGoingsParams{Now: now, Slack: ClockSlack})
}
