package pages

import (
	"context"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// sourcesBody tells of every source whether it can be asked.
type sourcesBody struct {
	words.Clock
	Rows     []store.SourceRow
	unserved string
}

// sources answers whether we can look.
func (p *Pages) sources(ctx context.Context, req *request) (*view, error) {
	rows, err := p.store.SourceRows(ctx)
	if err != nil {
		return nil, err
	}
	body := sourcesBody{Clock: req.Clock, Rows: rows, unserved: req.Unserved(req.ReadAt, req.served)}
	return &view{Name: "sources", Title: "Sources", Section: "/sources", Live: "all", Every: 15, Body: body}, nil
}

// Standing tells whether a source may be asked.
func (b sourcesBody) Standing(row store.SourceRow) terminal.Span {
	return b.Availability(row, b.unserved)
}

// Why tells why it may not.
func (b sourcesBody) Why(row store.SourceRow) string { return b.AvailabilityWhy(row, b.unserved) }

// Rate tells how often it may be asked.
func (sourcesBody) Rate(row store.SourceRow) string { return words.Rate(row) }

// Stopped reports one that somebody can resume.
func (b sourcesBody) Stopped(row store.SourceRow) bool { return row.Unasked(b.ReadAt) }

// Load pictures what is planned of what can be had.
func (sourcesBody) Load(row store.SourceRow) load {
	planned := store.OrZero(row.PlannedPerHour)
	return load{Planned: int64(planned + 0.5), Attainable: int64(row.AttainablePerHour + 0.5), Known: row.PlannedPerHour != nil}
}

// load is how many polls an hour are planned of those that the rate allows.
type load struct {
	Planned, Attainable int64
	Known               bool
}

// Bar pictures it.
func (l load) Bar() bar {
	if l.Attainable == 0 {
		return bar{}
	}
	return newBar(float64(l.Planned) / float64(l.Attainable))
}
