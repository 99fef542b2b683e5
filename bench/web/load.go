package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// target is a path that is asked for, of any of many jobs.
type target struct {
	name  string
	paths []string
}

// targets are what programs read mostly.
func (d *daemon) targets(ctx context.Context) ([]target, error) {
	text, err := d.get(ctx, "/api/v1/runs?limit=500&since=365d")
	if err != nil {
		return nil, err
	}
	var runs struct {
		Items []struct {
			Job   string `json:"job"`
			RunNo int    `json:"run_no"`
		} `json:"items"`
	}
	if err := json.Unmarshal([]byte(text), &runs); err != nil {
		return nil, err
	}
	all := []target{
		{name: "/jobs", paths: []string{"/jobs", "/jobs?tracking=active", "/jobs?q=a"}},
		{name: "/runs", paths: []string{"/runs", "/runs?state=failed", "/runs?since=7d"}},
		{name: "/transitions", paths: []string{"/transitions"}},
		{name: "/anomalies", paths: []string{"/anomalies"}},
		{name: "/events", paths: []string{"/events", "/events?after=1000"}},
	}
	ofRun := map[string]string{
		"/jobs/{job}": "/jobs/%s", "/jobs/{job}/runs": "/jobs/%s/runs", "/jobs/{job}/polls": "/jobs/%s/polls?since=1d", "/jobs/{job}/runs/{run_no}": "/jobs/%s/runs/%d",
		".../steps": "/jobs/%s/runs/%d/steps", ".../log_entries": "/jobs/%s/runs/%d/log_entries", ".../transitions": "/jobs/%s/runs/%d/transitions",
		".../snapshots": "/jobs/%s/runs/%d/snapshots",
	}
	for name, form := range ofRun {
		one := target{name: name}
		for _, run := range runs.Items {
			if name == "/jobs/{job}" || name == "/jobs/{job}/runs" || name == "/jobs/{job}/polls" {
				one.paths = append(one.paths, fmt.Sprintf(form, run.Job))
			} else {
				one.paths = append(one.paths, fmt.Sprintf(form, run.Job, run.RunNo))
			}
		}
		all = append(all, one)
	}
	return all, nil
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

// load sends requests at a rate, whether or not those before were answered.
func load(ctx context.Context, d *daemon, targets []target, asked request) *waits {
	w := &waits{by: map[string][]time.Duration{}}
	var sending sync.WaitGroup
	began := time.Now()
	for n := range int(asked.lasting.Seconds() * float64(asked.rate)) {
		due := began.Add(time.Duration(n) * time.Second / time.Duration(asked.rate))
		select {
		case <-ctx.Done():
			return w
		case <-time.After(time.Until(due)):
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

// printWaits prints a table, and tells whether the bar is missed.
func printWaits(out io.Writer, w *waits) (missed bool) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "PATH\tREQUESTS\tMEDIAN\t99 OF 100\tMOST\t")
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
		at := func(part float64) string {
			return fmt.Sprintf("%.1f ms", took[int(part*float64(len(took)-1))].Seconds()*1000)
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t\n", name, len(took), at(0.5), at(0.99), at(1))
	}
	_ = table.Flush()
	if w.failed != nil {
		fmt.Fprintln(out, "a request failed:", w.failed)
	}
	return w.failed != nil || len(all) == 0 || all[int(0.99*float64(len(all)-1))] > waitMost
}
