package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"tracker/internal/store/internal/dbsqlc"
)

// eventsApart is how many entries of the journal are looked through at first; then ten
// times as many, and so on: what is rare is looked for in all of it.
const eventsApart = 300

// planAnew has a statement planned for what is asked. Of entries that it does not know the
// planner expects so many that it reads whole tables; of filters that may be left out, so
// few rows that it sorts all.
var planAnew = []string{"SET LOCAL plan_cache_mode = force_custom_plan"}

// anew reads by plans that are made for what is asked.
func (s *Store) anew(ctx context.Context, read func(*dbsqlc.Queries) error) error {
	return s.inTxAfter(ctx, planAnew, func(tx pgx.Tx) error { return read(s.queries.WithTx(tx)) })
}

// EventsNewest lists report.events that fit, the newest first; a key without a name stands
// before all of its entry. What arrives meanwhile moves nothing.
func (s *Store) EventsNewest(ctx context.Context, f ListFilter, page Page) (Part[EventRow], error) {
	first := page.from()
	if page.After == nil {
		var err error
		if first.No, err = s.JournalSize(ctx); err != nil {
			return Part[EventRow]{}, err
		}
	}
	var rows []dbsqlc.ReportEvent
	err := s.inTxAfter(ctx, planAnew, func(tx pgx.Tx) error {
		rows = nil // of an earlier attempt
		from := first
		for width := int64(eventsApart); from.No > 0 && len(rows) < int(page.rows()); width *= 10 {
			after := max(0, from.No-width)
			found, err := s.queries.WithTx(tx).EventsAmong(ctx, dbsqlc.EventsAmongParams{
				After: after, No: from.No, Name: from.Name, Sub: from.Sub,
				Kind: f.Kind, Job: f.Job, Source: f.Source, State: f.State, Rows: page.rows() - int32(len(rows)),
			})
			if err != nil {
				return err
			}
			rows, from = append(rows, found...), Key{No: after}
		}
		return nil
	})
	return part(page, "the newest events", rows, err, toEventRow, func(r dbsqlc.ReportEvent) Key { return Key{No: r.EntryNo, Name: r.Kind, Sub: r.EventNo} })
}
