package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

// plan is how the server plans prepared statements: by itself it weighs what it would
// win by planning anew, and knows neither how long that takes nor how many rows of a
// list are wanted. The views take longer to plan for than to read by keys.
type plan string

const (
	// planAnew is for what is asked: of filters that may be left out a plan for all
	// expects so few rows that it sorts all, of entries that it does not know so many that
	// it reads whole tables.
	planAnew plan = "force_custom_plan"
	// planOnce is for whatever is asked: what is read by keys, or whole.
	planOnce plan = "force_generic_plan"
)

// set says so for the transaction. Citus, which must know in which shards it looks, has no
// plan for whatever is asked: there it decides as ever.
func (p plan) set() string {
	if p == planOnce {
		return "SELECT set_config('plan_cache_mode', CASE WHEN to_regclass('pg_catalog.pg_dist_partition') IS NULL THEN '" + string(p) + "' ELSE 'auto' END, true)"
	}
	return "SET LOCAL plan_cache_mode = " + string(p)
}

// planned are queries of which the transaction can say how they are planned.
type planned struct {
	*dbsqlc.Queries
	tx     pgx.Tx
	how    plan
	judged *judged
}

// by has what comes planned so.
func (p *planned) by(ctx context.Context, how plan) error {
	if p.how == how {
		return nil
	}
	_, err := p.tx.Exec(ctx, how.set())
	p.how = how
	return err
}

// inPlanned is inSnapshot with statements that are planned so, until the work says otherwise.
func (s *Store) inPlanned(ctx context.Context, how plan, work func(*planned) error) error {
	return s.inMoment(ctx, oneMoment+"; "+how.set(), func(tx pgx.Tx) error { return work(&planned{s.queries.WithTx(tx), tx, how, &s.judged}) })
}
