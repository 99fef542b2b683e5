package store

import (
	"context"

	"tracker/internal/store/internal/dbsqlc"
)

// eventsApart is how many entries of the journal are looked through at first; then ten
// times as many, and so on: what is rare is looked for in all of it.
const eventsApart = 300

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
	err := s.inPlanned(ctx, planAnew, func(q *planned) (err error) {
		if f.Job != "" {
			rows, err = q.EventsOfJob(ctx, dbsqlc.EventsOfJobParams{
				Job: f.Job, No: first.No, Name: first.Name, Sub: first.Sub, Kind: f.Kind, Source: f.Source, State: f.State, Rows: page.rows(),
			})
			return err
		}
		from := first
		for width := int64(eventsApart); from.No > 0 && len(rows) < int(page.rows()); width *= 10 {
			after := max(0, from.No-width)
			found, err := q.EventsAmong(ctx, dbsqlc.EventsAmongParams{
				After: after, No: from.No, Name: from.Name, Sub: from.Sub,
				Kind: f.Kind, Source: f.Source, State: f.State, Rows: page.rows() - int32(len(rows)),
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
