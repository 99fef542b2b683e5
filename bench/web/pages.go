package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"text/tabwriter"
	"time"

	"tracker/internal/pages"
	"tracker/internal/store"
)

const (
	// bytesMost is what a page may weigh, packed, beside what it loads once.
	bytesMost = 80_000
	// rest is how long nothing is asked before a page that is asked once in a while: some
	// virtual machines take memory away that lay idle for a second, and give it back page
	// by page.
	rest = 1100 * time.Millisecond
)

// task is a page with the time that it may take in the middle of all.
type task struct {
	name, path string
	most       time.Duration
	alone      bool // shares nothing with the one before: what needs somebody is read once a second for all who look
	rested     bool // after a rest
	figure     bool // is told at the end
}

// measurePages measures pages at the server.
func measurePages(ctx context.Context, s *store.Store, times int, f *figures, stdout, stderr io.Writer) error {
	if err := addLargeRun(ctx, s); err != nil {
		return err
	}
	tasks, err := tasksOf(ctx, s)
	if err != nil {
		return err
	}
	fresh := func() http.Handler {
		return pages.New(s, pages.Options{Logger: slog.New(slog.NewTextHandler(stderr, nil)), Actor: func(*http.Request) string { return "bench" }})
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "PAGE\tMEDIAN\tLONGEST\tBAR\tBYTES\t")
	heavy := figure{what: "a page, packed, without what it loads once", bar: fmt.Sprintf("%d bytes", bytesMost)}
	heaviest := 0
	for _, t := range tasks {
		took, size, err := t.measure(ctx, fresh, times)
		if err != nil {
			return err
		}
		slices.Sort(took)
		median := took[len(took)/2]
		note := ""
		if median > t.most {
			note = "missed"
		}
		fmt.Fprintf(table, "%s\t%d ms\t%d ms\t%d ms\t%d\t%s\n", t.name, median.Milliseconds(), took[len(took)-1].Milliseconds(), t.most.Milliseconds(), size, note)
		if t.figure || note != "" {
			*f = append(*f, figure{t.name + ", at the server", fmt.Sprintf("%d ms", median.Milliseconds()), fmt.Sprintf("%d ms", t.most.Milliseconds()), note != ""})
		}
		heaviest = max(heaviest, size)
	}
	heavy.measured, heavy.missed = fmt.Sprintf("%d bytes", heaviest), heaviest > bytesMost
	*f = append(*f, heavy)
	return table.Flush()
}

// tasksOf are the pages that are measured.
func tasksOf(ctx context.Context, s *store.Store) ([]task, error) {
	jobs, err := s.JobsFound(ctx, store.JobFilter{Part: "-", Most: 1})
	if err != nil {
		return nil, err
	}
	if len(jobs.Rows) == 0 || jobs.Rows[0].RunNo == nil {
		return nil, errors.New("the database has no history: make seed makes one")
	}
	job := jobs.Rows[0]
	large := "/jobs/" + largeJob + "/runs/1"
	return []task{
		{name: fmt.Sprintf("overview of %d jobs", jobs.Total), path: "/", most: overviewMost, alone: true, figure: true},
		{name: "overview, after a second's rest", path: "/", most: overviewMost, alone: true, rested: true},
		{name: "overview, again within a second", path: "/", most: overviewMost},
		{name: "overview, failed ones", path: "/?state=failed", most: overviewMost},
		{name: "overview, page 50", path: "/?page=50", most: overviewMost},
		{name: "run of 20 steps, 5,000 entries", path: large, most: runMost, figure: true},
		{name: "the same, its errors", path: large + "?level=error&find=step+7", most: runMost},
		{name: "run", path: fmt.Sprintf("/jobs/%s/runs/%d", job.Job, *job.RunNo), most: runMost},
		{name: "job", path: "/jobs/" + job.Job, most: runMost},
		{name: "sources", path: "/sources", most: runMost},
		{name: "events", path: "/events", most: runMost},
		{name: "audit", path: "/audit", most: runMost},
	}, nil
}

// measure asks for a page so often, after once to warm up.
func (t task) measure(ctx context.Context, fresh func() http.Handler, times int) (took []time.Duration, size int, err error) {
	handler := fresh()
	for range times + 1 {
		if t.alone {
			handler = fresh()
		}
		if t.rested {
			select {
			case <-ctx.Done():
				return nil, 0, ctx.Err()
			case <-time.After(rest):
			}
		}
		request := httptest.NewRequestWithContext(ctx, http.MethodGet, t.path, http.NoBody)
		request.Header.Set("Accept-Encoding", "gzip")
		answer := httptest.NewRecorder()
		began := time.Now()
		handler.ServeHTTP(answer, request)
		took = append(took, time.Since(began))
		if size = answer.Body.Len(); answer.Code != http.StatusOK {
			return nil, 0, fmt.Errorf("%s: %d %s", t.path, answer.Code, http.StatusText(answer.Code))
		}
	}
	return took[1:], size, nil
}
