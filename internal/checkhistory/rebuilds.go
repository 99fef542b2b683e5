package checkhistory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"tracker/internal/definition"
	"tracker/internal/store"
)

// derived are the tables that a rebuild writes.
var derived = []string{"runs", "steps", "log_entries", "result_items", "transitions", "anomalies"}

// checkRebuilds rebuilds each job that nobody has claimed: no row differs.
func (c *check) checkRebuilds(ctx context.Context) error {
	for _, job := range c.jobs {
		provider, err := definition.Of(ctx, c.store, job.From.Provider, job.From.Interpretation)
		if err != nil {
			return fmt.Errorf("job %s: %w", job.Name, err)
		}
		before, err := c.derivedRows(ctx, job)
		if err != nil {
			return err
		}
		now, err := c.store.Now(ctx)
		if err != nil {
			return err
		}
		rebuilt, err := c.store.Rebuild(ctx, store.RebuildParams{JobID: job.ID, Owner: "check", Now: now, Interpret: provider.For(job.Target).Interpret, Interpretation: provider.Interpretation})
		if errors.Is(err, store.ErrClaimed) {
			continue
		}
		if err != nil {
			return fmt.Errorf("job %s: %w", job.Name, err)
		}
		after, err := c.derivedRows(ctx, job)
		if err != nil {
			return err
		}
		if rebuilt.Rows != 0 || !maps.EqualFunc(before, after, slices.Equal) {
			c.violated(job.Name, "a rebuild changes nothing, but it wrote %d rows (-before +after):\n%s", rebuilt.Rows, difference(before, after))
		}
	}
	return nil
}

// derivedRows gives all that a rebuild may write of a job, by table, each row as its text.
func (c *check) derivedRows(ctx context.Context, job store.Job) (map[string][]string, error) {
	all := map[string][]string{}
	for _, table := range derived {
		rows, err := c.conn.Query(ctx, strings.ReplaceAll(`SELECT x::text FROM TABLE_NAME x WHERE job_id = $1 ORDER BY 1`, "TABLE_NAME", table), job.ID)
		if err != nil {
			return nil, err
		}
		if all[table], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
