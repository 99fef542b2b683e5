package pages

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// eventsMost is how many events stand on a page.
const eventsMost = 100

// eventsBody is what happened, the newest first.
type eventsBody struct {
	words.Clock
	Rows     []store.EventRow
	Filter   store.ListFilter
	Sources  []string
	Earlier  string // address; empty: there is nothing more
	Newest   string // address; empty: these are
	Wrong    string
	Nobody   string // no job has the name that is asked for
	Filtered bool
	facts    store.Facts
}

// eventKinds are those that may be asked for.
func eventKinds() []string {
	return []string{store.EventTransition, store.EventAnomaly, store.EventGap, store.EventChange}
}

// events answers what happened, in order.
func (p *Pages) events(ctx context.Context, req *request) (*view, error) {
	body := eventsBody{Clock: req.Clock, Filter: store.ListFilter{
		Kind: req.query.Get("kind"), Job: strings.TrimSpace(req.query.Get("job")), Source: req.query.Get("source"), State: req.query.Get("state"),
	}}
	body.Filtered = body.Filter.Kind != "" || body.Filter.Job != "" || body.Filter.Source != "" || body.Filter.State != ""
	part := store.Page{Rows: eventsMost}
	if text := req.query.Get("before"); text != "" {
		if part.After = eventKey(text); part.After == nil {
			body.Wrong = fmt.Sprintf("before %q: want the number of an entry, such as 1200", text)
		}
	}
	if job := body.Filter.Job; job != "" {
		if _, err := p.findJob(ctx, job); err != nil {
			if !isMissing(err) {
				return nil, err
			}
			body.Nobody = job
		}
	}
	found, err := p.store.EventsNewest(ctx, body.Filter, part)
	if err != nil {
		return nil, err
	}
	body.Rows = found.Rows
	if body.facts, err = p.anomaliesOf(ctx, found.Rows); err != nil {
		return nil, err
	}
	if next := found.Next; next != nil {
		body.Earlier = with(req.query, "before", fmt.Sprintf("%d-%s-%d", next.No, next.Name, next.Sub))
	}
	if body.Sources, err = tracking.SourceNames(ctx, p.store); err != nil {
		return nil, err
	}
	v := &view{Name: "events", Title: "Events", Section: "/events"}
	if part.After != nil {
		body.Newest = with(req.query, "before", "")
	} else {
		v.Live, v.Every = "all", 30
	}
	v.Body = body
	return v, nil
}

// anomaliesOf reads what the anomalies among events are.
func (p *Pages) anomaliesOf(ctx context.Context, events []store.EventRow) (store.Facts, error) {
	var asked store.FactsParams
	for _, e := range events {
		if e.Kind == store.EventAnomaly {
			asked.Anomalies = append(asked.Anomalies, anomalyKey(e))
		}
	}
	return p.store.Facts(ctx, asked)
}

func anomalyKey(e store.EventRow) store.RunKey {
	return store.RunKey{JobID: store.OrZero(e.JobID), No: int(e.EventNo)}
}

// eventKey reads before what a page begins: an entry, as 1200, or an event of one, as
// 1200-transition-7; nil: it is neither.
func eventKey(text string) *store.Key {
	entry, event, exact := strings.Cut(text, "-")
	no, err := strconv.ParseInt(entry, 10, 64)
	if err != nil || no < 1 {
		return nil
	}
	if !exact {
		return &store.Key{No: no - 1}
	}
	kind, number, _ := strings.Cut(event, "-")
	sub, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !slices.Contains(eventKinds(), kind) {
		return nil
	}
	return &store.Key{No: no, Name: kind, Sub: sub}
}

// Kinds are those that may be asked for.
func (eventsBody) Kinds() []string { return eventKinds() }

// States are those that may be asked for.
func (eventsBody) States() []history.State { return history.States() }

// When tells when it happened, as exactly as that is known.
func (b eventsBody) When(e store.EventRow) string {
	switch {
	case e.Kind == store.EventGap && e.NotBefore != nil:
		return b.Near(*e.NotBefore) + " to " + b.Near(e.ObservedAt)
	case e.Kind == store.EventTransition && e.HappenedAt != nil:
		return b.Near(*e.HappenedAt)
	case e.Kind == store.EventTransition:
		return b.Bound(e.NotBefore, e.ObservedAt, true)
	default:
		return b.Near(words.CeilSecond(e.ObservedAt))
	}
}

// What tells what happened.
func (b eventsBody) What(e store.EventRow) string {
	return words.EventText(e, b.facts.Anomalies[anomalyKey(e)])
}

// Address is where the page is of what it happened to.
func (eventsBody) Address(e store.EventRow) string {
	switch {
	case e.Job != nil && e.RunNo != nil:
		return fmt.Sprintf("/jobs/%s/runs/%d", url.PathEscape(*e.Job), *e.RunNo)
	case e.Job != nil:
		return "/jobs/" + url.PathEscape(*e.Job)
	case e.Source != nil:
		return "/sources/" + url.PathEscape(*e.Source)
	default:
		return ""
	}
}

// Of names what it happened to.
func (eventsBody) Of(e store.EventRow) string {
	text := store.OrZero(e.Job)
	if text == "" {
		text = "source " + store.OrZero(e.Source)
	}
	if e.RunNo != nil {
		text += fmt.Sprintf(" run %d", *e.RunNo)
	}
	return text
}
