package main

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// keep stores polls of the past, one of each job a second, in the order in which they
// would have come. They end long enough ago that nobody counts them any more. They say
// less than polls have to: of the snapshot that they confirm nothing is there.
func (l *lab) keep(ctx context.Context, polls int) error {
	if _, err := l.prepare(ctx, tracker, "http://127.0.0.1:1"); err != nil { // so that there are jobs
		return err
	}
	db, err := pgx.Connect(ctx, l.urls[tracker])
	if err != nil {
		return err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	for _, statement := range []string{`SET session_replication_role = replica`, `UPDATE rollup SET rolled_up_to = date_trunc('hour', now())`} {
		if _, err := db.Exec(ctx, statement); err != nil {
			return err
		}
	}
	const atOnce = 100 // seconds
	for ago := polls / l.jobs; ago > 0; ago -= atOnce {
		if _, err := db.Exec(ctx, `INSERT INTO polls (job_id, polled_at, latency_us, snapshot_no)
			SELECT job_id, date_trunc('hour', now()) - interval '2 h' - n * interval '1 s', 20000, 1 FROM jobs, generate_series(greatest($1::integer, 1), $2::integer) n ORDER BY n DESC, job_id`, ago-atOnce+1, ago); err != nil {
			return err
		}
	}
	_, err = db.Exec(ctx, `VACUUM ANALYZE polls`)
	return err
}
