package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

// CheckServer refuses servers that are older than a version.
var CheckServer = checkServer

// HourPolls is how many polls of an hour were counted.
type HourPolls = dbsqlc.RollupCountedRow

// InParts is inParts where of some hours it is known until when they are counted.
func InParts(from, to time.Time, hours []HourPolls, known ...time.Time) [][2]time.Time {
	counted := countedHours{}
	for _, until := range known {
		counted[until.Add(-1).Truncate(time.Hour).Unix()] = countedHour{until: until}
	}
	return inParts(from, to, hours, counted)
}

// DurationOf converts an interval as rows are read.
var DurationOf = durationOf

var (
	MakePatch  = makePatch
	ApplyPatch = applyPatch
)

// MomentOf gives transaction_isolation as it is where all is read at one moment.
func (s *Store) MomentOf(ctx context.Context) (level string, err error) {
	err = s.inMoment(ctx, oneMoment, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT current_setting('transaction_isolation')").Scan(&level)
	})
	return level, err
}

// PlanOf gives plan_cache_mode as it is where statements are planned once.
func (s *Store) PlanOf(ctx context.Context) (mode string, err error) {
	err = s.inPlanned(ctx, planOnce, func(q *planned) error {
		return q.tx.QueryRow(ctx, "SELECT current_setting('plan_cache_mode')").Scan(&mode)
	})
	return mode, err
}
