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
func InParts(from, to time.Time, before []HourPolls, known ...time.Time) (parts [][2]time.Time) {
	counted := map[int64]countedHour{}
	for _, until := range known {
		counted[until.Add(-1).Truncate(time.Hour).Unix()] = countedHour{until: until}
	}
	for _, one := range inParts(pollPart{from, to}, before, counted) {
		parts = append(parts, [2]time.Time{one.from, one.to})
	}
	return parts
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
