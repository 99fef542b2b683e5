package pages

import (
	"context"
	"net/url"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

const (
	runsMost    = 60 // that a job's page lists and draws
	pacesOf     = 100
	changesKept = 50
	looksSpan   = 24 * time.Hour
	looksParts  = 96
)

// jobBody is how a job's import usually goes.
type jobBody struct {
	words.History
	Head    []terminal.Span
	Lines   []line
	Chart   runChart
	Paces   []store.StepPace
	Looks   lookStrip
	Made    []store.ChangeRow // the newest first
	Hint    string
	Paused  bool
	Resumes bool // it can be polled again
}

// job answers how an import usually goes.
func (p *Pages) job(ctx context.Context, req *request) (*view, error) {
	job, err := p.findJob(ctx, req.PathValue("job"))
	if err != nil {
		return nil, err
	}
	known, err := tracking.ReadKnowledge(ctx, p.store, job, tracking.KnowledgeParams{Most: runsMost, Now: req.ReadAt})
	if err != nil {
		return nil, err
	}
	body := jobBody{History: words.History{Knowledge: known, Clock: req.Clock}}
	body.Head = body.State()
	body.Lines = lines(body.Summary(false), words.NewHistory(known).Summary(false))
	body.Paused = job.Tracking == store.TrackingPaused
	body.Resumes = body.Paused || job.Tracking == store.TrackingFinished
	body.Chart = newRunChart(known.Runs, req.Clock)
	latest := int(store.OrZero(known.Job.RunNo))
	if body.Paces, err = p.store.StepPaces(ctx, job.ID, latest-pacesOf); err != nil {
		return nil, err
	}
	if body.Looks, err = p.lookStrip(ctx, job, req.Clock); err != nil {
		return nil, err
	}
	if body.Made, err = p.store.ChangeRows(ctx, job.Name, time.Time{}); err != nil {
		return nil, err
	}
	slices.Reverse(body.Made)
	body.Made = body.Made[:min(len(body.Made), changesKept)]
	restless, err := tracking.ReadRestless(ctx, p.store, job)
	if err != nil {
		return nil, err
	}
	body.Hint = words.Restless(restless)
	v := &view{Name: "job", Title: job.Name, Section: "/", Live: job.Name, Every: 30, Body: body}
	if going := body.Job.State; going != nil && !history.State(*going).Terminal() {
		v.Every = 10
	}
	return v, nil
}

// Address is that of the job.
func (b jobBody) Address() string { return "/jobs/" + url.PathEscape(b.Job.Job) }

// AllRuns is how many runs there are, those that are not listed included.
func (b jobBody) AllRuns() int { return len(b.Runs) + b.LeftOut }

// Noted is what makes a run unlike others.
func (b jobBody) Noted(run store.RunRow) terminal.Span { return b.Note(run, false, false) }

// Target is what is polled.
func (b jobBody) Target() string { return words.Pairs(b.Job.Target) }

// StallAfter is how long its runs may go on before they count as stalled; empty: not set.
func (b jobBody) StallAfter() string {
	if b.Job.StallAfter == nil {
		return ""
	}
	return words.Duration(time.Duration(*b.Job.StallAfter))
}

// Labels are those of the job.
func (b jobBody) Labels() string { return words.Pairs(b.Job.Labels) }

// Detail tells of a change what its action does not.
func (jobBody) Detail(c store.ChangeRow) string { return words.Change(c.Action, c.Before, c.After) }
