package pages

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// sourceBody tells how a source is asked, and what came of it.
type sourceBody struct {
	sourcesBody
	store.SourceRow
	Hours   []store.HourRow // the newest first
	Chart   hourChart
	Made    []store.ChangeRow
	Removed bool
}

// source answers whether we can look at what one source has.
func (p *Pages) source(ctx context.Context, req *request) (*view, error) {
	from, err := p.findSource(ctx, req.PathValue("source"))
	if err != nil {
		return nil, err
	}
	rows, err := p.store.SourceRows(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(rows, func(r store.SourceRow) bool { return r.Source == from.Name })
	if at < 0 {
		return nil, notFoundError{fmt.Sprintf("Source %s was removed; what was seen of its jobs stays.", from.Name), []string{"/events?source=" + url.QueryEscape(from.Name)}}
	}
	body := sourceBody{SourceRow: rows[at], sourcesBody: sourcesBody{Clock: req.Clock, unserved: req.Unserved(req.ReadAt, req.served)}}
	if body.Hours, err = p.store.Hours(ctx, from.Name, req.ReadAt.Add(-looksSpan)); err != nil {
		return nil, err
	}
	body.Chart = newHourChart(body.Hours, req.Clock)
	slices.Reverse(body.Hours)
	if body.Made, err = p.store.ChangeRows(ctx, from.Name, time.Time{}); err != nil {
		return nil, err
	}
	slices.Reverse(body.Made)
	body.Made = body.Made[:min(len(body.Made), changesKept)]
	return &view{Name: "source", Title: from.Name, Section: "/sources", Live: "all", Every: 15, Body: body}, nil
}

// Row is that of the source.
func (b sourceBody) Row() store.SourceRow { return b.SourceRow }

// Detail tells of a change what its action does not.
func (sourceBody) Detail(c store.ChangeRow) string { return words.Change(c.Action, c.Before, c.After) }

// hourChart pictures the polls of each hour of the last day: those with an answer, and on
// top those without.
type hourChart struct {
	Bars    []hourBar
	Most    int64
	Slowest string // how long nearly all answers of the slowest hour took, at most
}

type hourBar struct {
	X, Width         string
	Answered, Vain   int // heights
	VainY, AnsweredY int
	Slow, SlowY      int // how long nearly all answers took
	SlowTitle        string
	Title            string
}

// The heights of the pictures of counts and of latency.
const (
	hourHeight = 80
	slowHeight = 40
)

func newHourChart(hours []store.HourRow, c words.Clock) hourChart {
	answered, vain, slow := map[time.Time]int64{}, map[time.Time]int64{}, map[time.Time]time.Duration{}
	var slowest time.Duration
	var chart hourChart
	for _, h := range hours {
		hour := h.Hour.UTC()
		if history.Outcome(h.Outcome).Answered() {
			answered[hour] += h.Polls
			slow[hour] = max(slow[hour], h.P95)
			slowest = max(slowest, h.P95)
		} else {
			vain[hour] += h.Polls
		}
		chart.Most = max(chart.Most, answered[hour]+vain[hour])
	}
	if slowest > 0 {
		chart.Slowest = words.Duration(slowest)
	}
	const hoursShown = 25
	first := c.ReadAt.UTC().Truncate(time.Hour).Add(-(hoursShown - 1) * time.Hour)
	for i := range hoursShown {
		at := first.Add(time.Duration(i) * time.Hour)
		if answered[at]+vain[at] == 0 {
			continue
		}
		bar := hourBar{
			X: fmt.Sprintf("%.2f%%", 100*(float64(i)+0.1)/hoursShown), Width: fmt.Sprintf("%.2f%%", 80.0/hoursShown),
			Answered: int(hourHeight * answered[at] / chart.Most), Vain: int(hourHeight * vain[at] / chart.Most),
			Title: fmt.Sprintf("%s: %d polls, %d without an answer", c.At(at), answered[at]+vain[at], vain[at]),
		}
		if vain[at] > 0 {
			bar.Vain = max(bar.Vain, 3)
		}
		if slowest > 0 {
			bar.Slow = int(float64(slowHeight) * float64(slow[at]) / float64(slowest))
			bar.SlowY, bar.SlowTitle = slowHeight-bar.Slow, fmt.Sprintf("%s: nearly all answers within %s", c.At(at), words.Duration(slow[at]))
		}
		bar.AnsweredY = hourHeight - bar.Answered
		bar.VainY = bar.AnsweredY - bar.Vain
		chart.Bars = append(chart.Bars, bar)
	}
	return chart
}

func (p *Pages) noSource(ctx context.Context, name string) error {
	names, err := tracking.SourceNames(ctx, p.store)
	if err != nil {
		return err
	}
	missing := notFoundError{what: fmt.Sprintf("No source is named %s.", words.Quote(name, true))}
	for _, near := range tracking.Near(name, names) {
		missing.near = append(missing.near, "/sources/"+url.PathEscape(near))
	}
	return missing
}

// findSource finds a source, or tells which names are near.
func (p *Pages) findSource(ctx context.Context, name string) (store.Source, error) {
	from, err := p.store.Source(ctx, name)
	if !errors.Is(err, store.ErrNotFound) {
		return from, err
	}
	return store.Source{}, p.noSource(ctx, name)
}
