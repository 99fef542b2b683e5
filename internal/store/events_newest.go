package store

import (
	"context"
	"fmt"

	"tracker/internal/store/internal/dbsqlc"
)

// eventsApart is how many entries of the journal are looked through at first; then ten
// times as many, and so on: what is rare is looked for in all of it.
const eventsApart = 300

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
	for width := int64(eventsApart); before > 1 && len(events) < rows; width *= 10 {
		after := max(0, before-1-width)
		found, err := s.queries.EventsAmong(ctx, dbsqlc.EventsAmongParams{
			After: after, Before: before, Kind: f.Kind, Job: f.Job, Source: f.Source, State: f.State, Rows: int32(rows - len(events)),
		})
		if err != nil {
			return nil, false, fmt.Errorf("read the newest events: %w", err)
		}
		events = append(events, convert(found, toEventRow)...)
		before = after + 1
	}
	return events, before > 1 || len(events) == rows, nil
}
