package pages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

const (
	jobsMost  = 100 // on a page
	watchMost = 30  // rows of what needs somebody, and of what runs
)

// overviewBody is what needs somebody now, what runs, and every job.
type overviewBody struct {
	words.Watch
	Strips  map[string]strip
	Stalled []store.WatchRun
	Going   []store.WatchRun // that are not stalled
	Jobs    []overviewJob
	Found   int
	Pages   pager
	Filter  store.JobFilter
	Labels  []string
	Sources []string
	Wrong   string // why the filter cannot be read
	query   url.Values
}

type overviewJob struct {
	store.JobRow
	Since []terminal.Span
	Strip strip
}

// overview answers what needs somebody now, and what runs.
func (p *Pages) overview(ctx context.Context, req *request) (*view, error) {
	body := overviewBody{query: req.query, Strips: map[string]strip{}, Labels: labelsAsked(req.query)}
	body.Filter = store.JobFilter{
		Part: strings.TrimSpace(req.query.Get("q")), Source: req.query.Get("source"), State: req.query.Get("state"), Sort: req.query.Get("sort"), Most: jobsMost,
	}
	body.Clock = req.Clock
	if body.Filter.Labels, body.Wrong = readLabels(body.Labels); body.Wrong != "" {
		sources, err := tracking.SourceNames(ctx, p.store)
		body.Sources = sources
		return &view{Name: "overview", Title: "Overview", Section: "/", Status: http.StatusBadRequest, Query: body.Filter.Part, Body: body}, err
	}
	page := pageNo(req.query)
	body.Filter.Skipped = (page - 1) * jobsMost
	filtered := body.Filtered() // asked before others write to the body
	reading, reads := errgroup.WithContext(ctx)
	reading.Go(func() (err error) {
		body.Sources, err = tracking.SourceNames(reads, p.store)
		return err
	})
	if !filtered { // beside a filter only the jobs that fit are told of
		body.Filter.Counted = true // by how the jobs stand
		reading.Go(func() error { return p.readWatch(reads, req, &body) })
	}
	found, err := p.store.JobsFound(ctx, body.Filter)
	if err := errors.Join(err, reading.Wait()); err != nil {
		return nil, err
	}
	if len(found.Rows) == 0 && page > 1 { // beyond the last one: the first
		req.query.Del("page")
		return p.overview(ctx, req)
	}
	if body.Found = found.Total; !filtered {
		body.Found = body.Total()
	}
	body.Pages = newPager(req.URL, page, body.Found, jobsMost)
	for _, row := range found.Rows {
		body.Jobs = append(body.Jobs, overviewJob{JobRow: row, Strip: newStrip(found.Strips[row.Job]), Since: req.StateSince(row)})
	}
	return &view{Name: "overview", Title: "Overview", Section: "/", Live: "all", Every: 15, Query: body.Filter.Part, Body: body}, nil
}

// readWatch reads what needs somebody, and what runs.
func (p *Pages) readWatch(ctx context.Context, req *request, body *overviewBody) error {
	watch, err := p.watched.read(ctx, p.store)
	if err != nil {
		return err
	}
	body.Watch = words.Watch{Watch: watch, Clock: req.Clock}
	names := map[int64]string{}
	for _, runs := range [][]store.WatchRun{watch.Failed, watch.Running} {
		for _, run := range runs {
			names[run.JobID] = run.Job
		}
	}
	strips, err := p.store.Strips(ctx, names)
	if err != nil {
		return err
	}
	for job, runs := range strips {
		body.Strips[job] = newStrip(runs)
	}
	for _, run := range watch.Running {
		if run.Stalled != nil && *run.Stalled {
			body.Stalled = append(body.Stalled, run)
		} else {
			body.Going = append(body.Going, run)
		}
	}
	return nil
}

// watched is how the jobs stood just now. Many look at once when something happens.
type watched struct {
	mu    sync.Mutex
	at    time.Time
	watch store.Watch
}

// watchedMost is how old it may be.
const watchedMost = time.Second

func (w *watched) read(ctx context.Context, s *store.Store) (store.Watch, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.at.IsZero() && time.Since(w.at) < watchedMost {
		return w.watch, nil
	}
	began := time.Now()
	watch, err := s.Watch(ctx, store.WatchParams{Rows: watchMost})
	if err != nil {
		return store.Watch{}, err
	}
	w.at, w.watch = began, watch
	return watch, nil
}

// labelsAsked are the labels that a query asks for: each in a field of its own, or several in
// the one field of a form, where a word without = goes on with the value before it.
func labelsAsked(query url.Values) []string {
	given := query["label"]
	if len(given) != 1 {
		return given
	}
	var labels []string
	for word := range strings.FieldsSeq(given[0]) {
		if last := len(labels) - 1; last >= 0 && !strings.Contains(word, "=") {
			labels[last] += " " + word
		} else {
			labels = append(labels, word)
		}
	}
	return labels
}

// readLabels reads labels, or tells why they cannot be read.
func readLabels(asked []string) (labels map[string]string, wrong string) {
	labels, err := tracking.Pairs(asked, "label", "KEY=VALUE")
	if err != nil {
		wrong = err.Error() + ", such as team=geo"
	}
	return labels, wrong
}

// Filtered reports that not all jobs are meant.
func (b overviewBody) Filtered() bool {
	return b.Filter.Part != "" || b.Filter.Source != "" || b.Filter.State != "" || len(b.Labels) > 0 || b.Filter.Skipped > 0
}

// Calm reports that nothing needs anybody.
func (b overviewBody) Calm() bool {
	return len(b.Failed) == 0 && len(b.Stalled) == 0 && len(b.Unseen()) == 0
}

// Empty reports that no job is registered.
func (b overviewBody) Empty() bool { return b.Total() == 0 && !b.Filtered() && b.Found == 0 }

// More is how many runs have failed that are not told of.
func (b overviewBody) More() int { return max(0, b.Count(words.Unsuccessful)-len(b.Failed)) }

// SortBy is the address of the same list in another order.
func (b overviewBody) SortBy(sort string) string { return with(b.query, "sort", sort, "page", "") }

// States are those that may be asked for.
func (overviewBody) States() []history.State { return history.States() }

// Bar pictures how far a run has come of what is usual.
func (b overviewBody) Bar(run store.WatchRun) bar {
	if run.Pace.Median <= 0 {
		return bar{}
	}
	d, _ := b.SoFar(run)
	return newBar(float64(d) / float64(run.Pace.Median))
}

// bar is a part of a whole, in percent; more than it, in what is beyond.
type bar struct {
	Known bool
	Done  string // of the width
	Usual string // where the whole ends, where there is more
}

func newBar(part float64) bar {
	b := bar{Known: true, Done: fmt.Sprintf("%.1f%%", 100*min(1, part))}
	if part > 1 {
		b.Usual = fmt.Sprintf("%.1f%%", 100/part)
	}
	return b
}

// pager leads to the other pages of a list.
type pager struct {
	From, To, Total int
	Earlier, Later  string // addresses; empty: there is none
}

func newPager(address *url.URL, page, total, most int) pager {
	p := pager{From: min(total, (page-1)*most+1), To: min(total, page*most), Total: total}
	if page > 1 {
		p.Earlier = with(address.Query(), "page", strconv.Itoa(page-1))
	}
	if page*most < total {
		p.Later = with(address.Query(), "page", strconv.Itoa(page+1))
	}
	return p
}

// Needed reports that there is more than one page.
func (p pager) Needed() bool { return p.Earlier != "" || p.Later != "" }

const pagesMost = 1_000_000

// pageNo is the number of the page that is asked for.
func pageNo(query url.Values) int {
	no, err := strconv.Atoi(query.Get("page"))
	if err != nil || no < 1 || no > pagesMost {
		return 1
	}
	return no
}

// with is a query in which some fields have other values; empty: none.
func with(query url.Values, pairs ...string) string {
	changed := url.Values{}
	for key, values := range query {
		for _, value := range values {
			if value != "" && key != "done" {
				changed.Add(key, value)
			}
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if changed.Del(pairs[i]); pairs[i+1] != "" {
			changed.Set(pairs[i], pairs[i+1])
		}
	}
	return "?" + changed.Encode()
}

// RunWhere tells which run it is, and where it failed.
func (overviewBody) RunWhere(run store.WatchRun) string {
	return strings.TrimSpace(fmt.Sprintf("run %d %s", run.RunNo, words.Where(run)))
}

// RunWhy tells why a run has not succeeded.
func (overviewBody) RunWhy(run store.WatchRun) string {
	return terminal.OneLine(cmp.Or(words.Why(run.RunRow), "the service gives no reason"))
}

// Step names the step that a run is in.
func (overviewBody) Step(run store.WatchRun) string { return words.InStep(run) }
