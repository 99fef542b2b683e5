package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"tracker/internal/store"
)

// It is not parallel: what others hold would count.
func TestSeenHoldsOneRow(t *testing.T) {
	const entries, most = 100_000, 8 << 20
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	f.round(t, said{job: job, body: woosmapBody("run-1", "in_progress", woosmapStep("fetch", "in_progress", "10:00:00", ""))})
	mustExec(t, f.conn, `INSERT INTO log_entries (job_id, created_at, first_seen_at, run_no, step_no, entry_no, position, zone_assumed, level, detail)
		SELECT $1, '2024-06-07 10:00+00'::timestamptz + n * interval '1 ms', '2024-06-07 12:00+00', 1, 1, n, n, false, 'info', repeat('x', 200) FROM generate_series(1, $2) n`,
		job.ID, entries)
	before, held, rows := heap(), uint64(0), 0
	err := f.store.Seen(t.Context(), store.SeenParams{Job: "stores-eu"}, func(store.SeenRow) error {
		if rows++; rows%(entries/4) == 0 {
			held = max(held, heap())
		}
		return nil
	})
	if err != nil || rows < entries+2 {
		t.Fatalf("%d rows: %v", rows, err)
	}
	if held > before+most {
		t.Errorf("%d MiB are held for %d rows", (held-before)>>20, rows)
	}
}

// TestSeenOfARun has the gaps around it, and those of others not.
func TestSeenOfARun(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	jobs := f.register(t, "woosmap", "stores-eu", "stores-us")
	job := jobs[0]
	var times []time.Time
	for _, body := range []string{
		woosmapBody("run-1", "in_progress"), woosmapBody("run-1", "success"), woosmapBody("run-2", "in_progress"), woosmapBody("run-2", "success"), woosmapBody("run-3", "success"),
	} {
		times = append(times, f.now)
		f.round(t, said{job: job, body: body}, said{job: jobs[1], body: body})
	}
	for no, after := range []int{0, 2, 4} { // in run 1, in run 2, in run 3
		mustExec(t, f.conn, `INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason) VALUES ($1, $2, $3, $3::timestamptz + interval '1 s', 'paused')`,
			job.ID, no+1, times[after].Add(2*time.Second))
	}
	read := func(params store.SeenParams) (kinds []string) {
		t.Helper()
		if err := f.store.Seen(t.Context(), params, func(row store.SeenRow) error {
			kinds = append(kinds, row.Job+" "+row.Kind)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return kinds
	}
	want := []string{"stores-eu gap", "stores-eu transition", "stores-eu transition"}
	if got := read(store.SeenParams{Job: "stores-eu", RunNo: 2}); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("of run 2: %q", got)
	}
	all := read(store.SeenParams{})
	if gaps := len(slices.DeleteFunc(slices.Clone(all), func(row string) bool { return row != "stores-eu gap" })); gaps < 3 || len(all) < 13 || !slices.IsSorted(jobsOf(all)) {
		t.Errorf("of all jobs: %q", all)
	}
	enough := errors.New("enough")
	if err := f.store.Seen(t.Context(), store.SeenParams{}, func(store.SeenRow) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("it goes on: %v", err)
	}
	if err := f.store.Seen(t.Context(), store.SeenParams{Job: "none"}, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a job that there is not: %v", err)
	}
}

// TestSeenByThen: a past has the gaps that were open, and the entries that were withdrawn,
// though they came back.
func TestSeenByThen(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	listing := func(entries ...string) string {
		return woosmapBody("run-1", "in_progress", woosmapStep("fetch", "in_progress", "10:00:00", "", entries...))
	}
	odd := woosmapEntry("10:00:01", "info", "odd")
	var times []time.Time
	for _, body := range []string{listing(odd), listing(), listing(odd)} {
		f.round(t, said{job: job, body: body})
		times = append(times, f.now)
	}
	mustExec(t, f.conn, `INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason) VALUES ($1, 1, $2, $3, 'paused')`, job.ID, times[1].Add(10*time.Second), times[2])
	during, after := times[1].Add(30*time.Second), times[2].Add(30*time.Second)
	for name, test := range map[string]struct {
		asOf, knownAt   time.Time
		withdrawn, ends bool
	}{
		"KnownThen":        {during, during, true, false},
		"AsOfThen":         {asOf: during},
		"AsOfThenKnownNow": {during, after, false, false},
		"KnownAfter":       {after, after, false, true},
		"Now":              {ends: true},
	} {
		var gaps, entries, withdrawn, ended int
		if err := f.store.Seen(t.Context(), store.SeenParams{Job: "stores-eu", AsOf: test.asOf, KnownAt: test.knownAt, Interpret: interpretOf}, func(row store.SeenRow) error {
			switch {
			case row.Kind == "gap" && row.Detail != nil && *row.Detail == "paused":
				gaps++
				ended += map[bool]int{true: 1}[row.ObservedAt != nil]
			case row.Kind == "log_entry":
				entries++
				withdrawn += map[bool]int{true: 1}[row.WithdrawnAt != nil]
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if gaps != 1 || entries != 1 || (withdrawn == 1) != test.withdrawn || (ended == 1) != test.ends {
			t.Errorf("%s: %d gaps, %d ended; %d entries, %d withdrawn", name, gaps, ended, entries, withdrawn)
		}
	}
}

// TestSeenByThen_StepVanished: likewise those of a step that vanished and came back.
func TestSeenByThen_StepVanished(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	step := woosmapStep("fetch", "in_progress", "10:00:00", "", woosmapEntry("10:00:01", "info", "odd"))
	f.round(t, said{job: job, body: woosmapBody("run-1", "in_progress", step)})
	f.round(t, said{job: job, body: woosmapBody("run-1", "in_progress")})
	during := f.now.Add(30 * time.Second)
	f.round(t, said{job: job, body: woosmapBody("run-1", "in_progress", step)})
	for at, want := range map[time.Time]bool{during: true, f.now.Add(30 * time.Second): false} {
		var withdrawn []bool
		if err := f.store.Seen(t.Context(), store.SeenParams{Job: "stores-eu", AsOf: at, KnownAt: at, Interpret: interpretOf}, func(row store.SeenRow) error {
			if row.Kind == "log_entry" {
				withdrawn = append(withdrawn, row.WithdrawnAt != nil)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(withdrawn, []bool{want}) {
			t.Errorf("by %s entries were withdrawn: %v", at, withdrawn)
		}
	}
}

func jobsOf(rows []string) (jobs []string) {
	for _, row := range rows {
		jobs = append(jobs, row[:len("stores-eu")])
	}
	return jobs
}
