package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// watchEvery is how often it is looked what is new in the journal. Up to so much a lag is
// told too long.
const watchEvery = 20 * time.Millisecond

// journaled tells how long after it was observed each snapshot stood in the journal: that
// is longer than since its commit.
type journaled []time.Duration

// watchJournal looks what comes to the journal until ctx ends.
func watchJournal(ctx context.Context, url string) (lags journaled, err error) {
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	var last int64
	if err := db.QueryRow(ctx, `SELECT coalesce(max(entry_no), 0) FROM journal`).Scan(&last); err != nil {
		return nil, err
	}
	again := time.NewTicker(watchEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return lags, nil
		case <-again.C:
		}
		rows, err := db.Query(ctx, `SELECT entry_no, kind = 'snapshot', clock_timestamp() - at FROM report.journal WHERE entry_no > $1 ORDER BY entry_no`, last)
		if err == nil {
			var isSnapshot bool
			var lag time.Duration
			_, err = pgx.ForEachRow(rows, []any{&last, &isSnapshot, &lag}, func() error {
				if isSnapshot {
					lags = append(lags, lag)
				}
				return nil
			})
		}
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
	}
}

// String tells how long it took.
func (j journaled) String() string {
	if len(j) == 0 {
		return "nothing came to the journal"
	}
	slices.Sort(j)
	at := func(hundredths int) time.Duration { return j[(len(j)-1)*hundredths/100].Round(time.Millisecond) }
	return fmt.Sprintf("%d snapshots stood in the journal %v after they were observed (median), 99 of 100 within %v, all within %v", len(j), at(50), at(99), at(100))
}
