// Command pages measures how long the web pages take at the server, on the database that
// make seed has filled, and on a run of 20 steps and 5,000 log entries that it adds. It
// prints a table and fails where a bar is missed.
//
//	go run ./bench/pages
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"text/tabwriter"
	"time"

	"tracker/bench/program"
	"tracker/bench/seed/seeddb"
	"tracker/internal/pages"
	"tracker/internal/store"
)

func main() { program.Run("pages", run) }

// task is a page with the time that it may take in the middle of all.
type task struct {
	name, path string
	most       time.Duration
}

// bytesMost is what a page may weigh, packed, beside what it loads once.
const bytesMost = 80_000

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("pages", flag.ContinueOnError)
	flags.SetOutput(stderr)
	times := flags.Int("times", 20, "how often each is measured, after once to warm up")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *times < 1 {
		return errors.New("want -times of 1 or more")
	}
	return seeddb.With(ctx, getenv, nil, func(db seeddb.Database) error {
		s, err := store.Open(ctx, db.URL, store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		if err := addLargeRun(ctx, s); err != nil {
			return err
		}
		tasks, err := tasksOf(ctx, s)
		if err != nil {
			return err
		}
		handler := pages.New(s, pages.Options{Logger: slog.New(slog.NewTextHandler(stderr, nil)), Actor: func(*http.Request) string { return "bench" }})
		return measure(ctx, handler, tasks, *times, stdout)
	})
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
	return []task{
		{"overview", "/", 150 * time.Millisecond},
		{"overview, failed ones", "/?state=failed", 150 * time.Millisecond},
		{"overview, page 50", "/?page=50", 150 * time.Millisecond},
		{"run of 20 steps, 5,000 entries", "/jobs/" + largeJob + "/runs/1", 200 * time.Millisecond},
		{"the same, its errors", "/jobs/" + largeJob + "/runs/1?level=error&find=step+7", 200 * time.Millisecond},
		{"run", fmt.Sprintf("/jobs/%s/runs/%d", job.Job, *job.RunNo), 200 * time.Millisecond},
		{"job", "/jobs/" + job.Job, 200 * time.Millisecond},
		{"sources", "/sources", 200 * time.Millisecond},
		{"events", "/events", 200 * time.Millisecond},
		{"audit", "/audit", 200 * time.Millisecond},
	}, nil
}

func measure(ctx context.Context, handler http.Handler, tasks []task, times int, stdout io.Writer) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "page\tmedian\tlongest\tbar\tbytes\t")
	var missed error
	for _, t := range tasks {
		var took []time.Duration
		size := 0
		for range times + 1 {
			request := httptest.NewRequestWithContext(ctx, http.MethodGet, t.path, http.NoBody)
			request.Header.Set("Accept-Encoding", "gzip")
			answer := httptest.NewRecorder()
			began := time.Now()
			handler.ServeHTTP(answer, request)
			took = append(took, time.Since(began))
			if size = answer.Body.Len(); answer.Code != http.StatusOK {
				return fmt.Errorf("%s: %d %s", t.path, answer.Code, http.StatusText(answer.Code))
			}
		}
		took = took[1:]
		slices.Sort(took)
		median, note := took[len(took)/2], ""
		if median > t.most || size > bytesMost {
			missed, note = program.ErrMissed, "missed"
		}
		fmt.Fprintf(table, "%s\t%d ms\t%d ms\t%d ms\t%d\t%s\n", t.name, median.Milliseconds(), took[len(took)-1].Milliseconds(), t.most.Milliseconds(), size, note)
	}
	return errors.Join(table.Flush(), missed)
}
