package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"text/tabwriter"
	"time"

	"tracker/internal/store"
)

const (
	// warmUp is how long requests are sent before they count.
	warmUp = 5 * time.Second
	// jobsAsked is how many jobs are asked about, spread over all.
	jobsAsked = 500
)

// target is a path that is asked for, of any of many jobs.
type target struct {
	name  string
	paths []string
}

// targetsOf are what programs read mostly.
func targetsOf(ctx context.Context, s *store.Store) ([]target, error) {
	all := []target{
		{name: "/jobs", paths: []string{"/jobs", "/jobs?tracking=active", "/jobs?q=a"}},
		{name: "/runs", paths: []string{"/runs", "/runs?state=failed", "/runs?since=7d"}},
		{name: "/transitions", paths: []string{"/transitions"}},
		{name: "/anomalies", paths: []string{"/anomalies"}},
		{name: "/events", paths: []string{"/events", "/events?after=1000"}},
	}
	jobs, err := someJobs(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, form := range []string{"/jobs/%s", "/jobs/%s/runs", "/jobs/%s/polls?since=1d"} {
		one := target{name: fmt.Sprintf(form, "{job}")}
		for _, job := range jobs {
			one.paths = append(one.paths, fmt.Sprintf(form, job.Job))
		}
		all = append(all, one)
	}
	for _, part := range []string{"", "/steps", "/log_entries", "/transitions", "/snapshots"} {
		one := target{name: "/jobs/{job}/runs/{run_no}" + part}
		for _, job := range jobs {
			one.paths = append(one.paths, fmt.Sprintf("/jobs/%s/runs/%d%s", job.Job, 1+rand.Int32N(*job.RunNo), part)) //nolint:gosec // any will do
		}
		all = append(all, one)
	}
	return all, nil
}

// someJobs are jobs that have a run, spread over all.
func someJobs(ctx context.Context, s *store.Store) (jobs []store.JobRow, err error) {
	const pages = 10
	total := 0
	for n := range pages {
		found, err := s.JobsFound(ctx, store.JobFilter{Skipped: n * total / pages, Most: jobsAsked / pages})
		if err != nil {
			return nil, err
		}
		total = found.Total
		jobs = append(jobs, found.Rows...)
	}
	jobs = slices.DeleteFunc(jobs, func(job store.JobRow) bool { return job.RunNo == nil })
	if len(jobs) == 0 {
		return nil, errors.New("no job has a run: make seed makes some")
	}
	return jobs, nil
}

// measureAPI counts polls without requests, with them, and without them again.
func (l *lab) measureAPI(ctx context.Context, targets []target, asked request, f *figures, stdout io.Writer) error {
	if _, err := l.store.ResumeSource(ctx, l.by(ctx), pollSource); err != nil {
		return err
	}
	d, err := l.start(ctx)
	if err != nil {
		return err
	}
	defer d.stop()
	var asking *waits
	idle := func() error { return wait(ctx, asked.lasting) }
	send := func() error { asking = d.send(ctx, targets, asked.rate, asked.lasting); return ctx.Err() }
	var rates [3]float64
	for i, during := range []func() error{idle, send, idle} {
		if i == 1 {
			d.send(ctx, targets, asked.rate, warmUp)
		}
		if rates[i], err = d.polls(ctx, during); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout)
	p99 := asking.print(stdout)
	alone := (rates[0] + rates[2]) / 2
	fmt.Fprintf(stdout, "polls a second: %.0f before the requests, %.0f beside them, %.0f after them\n", rates[0], rates[1], rates[2])
	slowed := 1 - rates[1]/alone
	*f = append(*f,
		figure{
			fmt.Sprintf("99 of 100 of %d API reads a second, at the client", asked.rate), fmt.Sprintf("%.1f ms", p99.Seconds()*1000),
			fmt.Sprintf("%d ms", waitMost.Milliseconds()), asking.failed != nil || p99 > waitMost,
		},
		figure{"polls a second without them", fmt.Sprintf("%.0f", alone), strconv.Itoa(asked.polls), alone < float64(asked.polls)*(1-slowedMost)},
		figure{"fewer polls beside them", fmt.Sprintf("%.1f %%", 100*slowed), fmt.Sprintf("%.0f %%", 100*slowedMost), slowed > slowedMost})
	return nil
}

// polls are how many a second are recorded during something.
func (d *daemon) polls(ctx context.Context, during func() error) (float64, error) {
	const counter = "tracker_polls_total"
	before, err := d.counted(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := during(); err != nil {
		return 0, err
	}
	after, err := d.counted(ctx)
	return (after[counter] - before[counter]) / time.Since(began).Seconds(), err
}

// waits are how long was waited, by target; a request that failed waited for ever.
type waits struct {
	mu     sync.Mutex
	by     map[string][]time.Duration
	failed error
}

func (w *waits) add(name string, took time.Duration, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		took, w.failed = time.Hour, err
	}
	w.by[name] = append(w.by[name], took)
}

// send sends requests at a rate, whether or not those before were answered. Each waits
// from when it was due.
func (d *daemon) send(ctx context.Context, targets []target, rate int, lasting time.Duration) *waits {
	w := &waits{by: map[string][]time.Duration{}}
	var sending sync.WaitGroup
	began := time.Now()
	for n := range int(lasting.Seconds() * float64(rate)) {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(rate))
		if wait(ctx, time.Until(due)) != nil {
			break
		}
		one := targets[n%len(targets)]
		path := one.paths[rand.IntN(len(one.paths))] //nolint:gosec // any will do
		sending.Go(func() {
			_, err := d.get(ctx, "/api/v1"+path)
			w.add(one.name, time.Since(due), err)
		})
	}
	sending.Wait()
	return w
}

// print prints a table, and gives the 99th percentile of all.
func (w *waits) print(out io.Writer) (p99 time.Duration) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "PATH\tREQUESTS\tMEDIAN\t99 OF 100\tLONGEST\t")
	var all []time.Duration
	var names []string
	for name, took := range w.by {
		names, all = append(names, name), append(all, took...)
	}
	slices.Sort(names)
	w.by["all"] = all
	for _, name := range append(names, "all") {
		took := w.by[name]
		slices.Sort(took)
		at := func(part float64) time.Duration { return took[int(part*float64(len(took)-1))] }
		text := func(part float64) string { return fmt.Sprintf("%.1f ms", at(part).Seconds()*1000) }
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t\n", name, len(took), text(0.5), text(0.99), text(1))
		p99 = at(0.99)
	}
	_ = table.Flush()
	if w.failed != nil {
		fmt.Fprintln(out, "a request failed:", w.failed)
	}
	return p99
}
