package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

// eventsApart is how many entries of the journal are looked through at first; then ten
// times as many, and so on: what is rare is looked for in all of it.
const eventsApart = 300

// planAnew has a statement planned for what is asked: of entries that it does not know,
// the planner expects so many that it reads whole tables.
var planAnew = []string{"SET LOCAL plan_cache_mode = force_custom_plan"}

// EventsNewest reads so many of the newest events that fit, of entries before one (0: of
// all). What arrives meanwhile moves nothing. more: there are entries that were not
// looked through.
func (s *Store) EventsNewest(ctx context.Context, f ListFilter, before int64, rows int) (events []EventRow, more bool, err error) {
	if before == 0 {
		end, err := s.JournalSize(ctx)
		if err != nil {
			return nil, false, err
		}
		before = end + 1
	}
	err = s.inTxAfter(ctx, planAnew, func(tx pgx.Tx) error {
		events = nil // of an earlier attempt
		from := before
		for width := int64(eventsApart); from > 1 && len(events) < rows; width *= 10 {
			after := max(0, from-1-width)
			found, err := s.queries.WithTx(tx).EventsAmong(ctx, dbsqlc.EventsAmongParams{
				After: after, Before: from, Kind: f.Kind, Job: f.Job, Source: f.Source, State: f.State, Rows: int32(rows - len(events)),
			})
			if err != nil {
				return err
			}
			events = append(events, convert(found, toEventRow)...)
			from = after + 1
		}
		more = from > 1 || len(events) == rows
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("read the newest events: %w", err)
	}
	return events, more, nil
}
