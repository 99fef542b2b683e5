package store

import "context"

// CheckServer refuses servers that are older than a version.
var CheckServer = checkServer

// DurationOf converts an interval as rows are read.
var DurationOf = durationOf

var (
	MakePatch  = makePatch
	ApplyPatch = applyPatch
)

// PlanOf gives plan_cache_mode as it is where statements are planned once.
func (s *Store) PlanOf(ctx context.Context) (mode string, err error) {
	err = s.inPlanned(ctx, planOnce, func(q *planned) error {
		return q.tx.QueryRow(ctx, "SELECT current_setting('plan_cache_mode')").Scan(&mode)
	})
	return mode, err
}
