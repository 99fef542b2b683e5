package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/store/internal/dbsqlc"
)

// errPipelineRead means that a query with rows was put into a pipeline.
var errPipelineRead = errors.New("a pipeline gives no rows")

// pipeline collects statements and sends them together. The server runs them in one
// transaction and ends it without waiting for us: a frozen process holds no lock.
type pipeline struct{ batch pgx.Batch }

// queries gives sqlc's methods over the pipeline: each call adds its statement.
func (p *pipeline) queries() *dbsqlc.Queries { return dbsqlc.New(p) }

// send runs what was collected: all of it, or, with an error, nothing.
func (p *pipeline) send(ctx context.Context, pool *pool) error {
	if p.batch.Len() == 0 {
		return nil
	}
	return pool.SendBatch(ctx, &p.batch).Close()
}

// Exec implements dbsqlc.DBTX.
func (p *pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	p.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

// Query implements dbsqlc.DBTX.
func (p *pipeline) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return nil, errPipelineRead
}

// QueryRow implements dbsqlc.DBTX. No query of a pipeline asks for a row.
func (p *pipeline) QueryRow(context.Context, string, ...any) pgx.Row { return nil }

// column gives one value of each row, as a statement takes them.
func column[Row, Value any](rows []Row, of func(Row) Value) []Value {
	values := make([]Value, len(rows))
	for i, row := range rows {
		values[i] = of(row)
	}
	return values
}

// byJob gives rows in the order of their jobs. Neighbours in it are neighbours in tables
// and indexes, where a statement finds them for less.
func byJob[Row any](rows []*Row, job func(*Row) int64) []*Row {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b *Row) int { return cmp.Compare(job(a), job(b)) })
	return sorted
}

// pointers gives a pointer to each row.
func pointers[Row any](rows []Row) []*Row {
	to := make([]*Row, len(rows))
	for i := range rows {
		to[i] = &rows[i]
	}
	return to
}
