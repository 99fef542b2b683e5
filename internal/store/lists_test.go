package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// listed is a list, read page by page as JSON.
type listed func(ctx context.Context, s *store.Store, page store.Page) (rows []string, next *store.Key, err error)

func listing[T any](read func(context.Context, *store.Store, store.Page) (store.Part[T], error)) listed {
	return func(ctx context.Context, s *store.Store, page store.Page) (rows []string, next *store.Key, err error) {
		part, err := read(ctx, s, page)
		for _, row := range part.Rows {
			text, _ := json.Marshal(row)
			rows = append(rows, string(text))
		}
		return rows, part.Next, err
	}
}

// lists are all that there are, of a job and one of its runs.
func lists(job store.Job, runNo int, now time.Time) map[string]listed {
	run := store.ListFilter{Job: job.Name, RunNo: runNo}
	one := store.ListFilter{Job: job.Name, JobID: job.ID}
	var all store.ListFilter
	return map[string]listed{
		"jobs": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.JobRow], error) {
			return s.ListJobs(ctx, all, p)
		}),
		"stalled": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.StalledRow], error) {
			return s.ListStalled(ctx, all, p)
		}),
		"status": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.StatusRow], error) {
			return s.ListStatus(ctx, now, now, all, p)
		}),
		"runs": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.RunRow], error) {
			return s.ListRuns(ctx, all, p)
		}),
		"runs of job": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.RunRow], error) {
			return s.ListRuns(ctx, one, p)
		}),
		"steps": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.StepRow], error) {
			return s.ListSteps(ctx, run, p)
		}),
		"log": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.LogEntryRow], error) {
			return s.ListLogEntries(ctx, run, p)
		}),
		"transitions": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.TransitionRow], error) {
			return s.ListTransitions(ctx, all, p)
		}),
		"transitions of run": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.TransitionRow], error) {
			return s.ListTransitions(ctx, run, p)
		}),
		"anomalies": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.AnomalyRow], error) {
			return s.ListAnomalies(ctx, all, p)
		}),
		"anomalies of run": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.AnomalyRow], error) {
			return s.ListAnomalies(ctx, run, p)
		}),
		"results": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.ResultItemRow], error) {
			return s.ListResultItems(ctx, run, p)
		}),
		"snapshots": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.SnapshotHead], error) {
			return s.ListSnapshots(ctx, run, p)
		}),
		"polls": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.PollRow], error) {
			return s.ListPolls(ctx, one, p)
		}),
		"gaps": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.GapRow], error) {
			return s.ListGaps(ctx, all, p)
		}),
		"gaps of job": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.GapRow], error) {
			return s.ListGaps(ctx, one, p)
		}),
		"events": listing(func(ctx context.Context, s *store.Store, p store.Page) (store.Part[store.EventRow], error) {
			return s.ListEvents(ctx, all, p)
		}),
	}
}

// TestListsPageByPage reads each list by pages of each size, which together are the whole.
func TestListsPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustExec(t, w.owner, `INSERT INTO result_items (job_id, run_no, item_no, item_id, url, labels, output, metadata)
		SELECT r.job_id, r.run_no, n, 'item-' || n, 'https://results.example.com', ARRAY['ok'], '{}', '{}' FROM runs r, generate_series(1, 3) n`)
	mustExec(t, w.owner, `UPDATE cursors SET confirmed_at = now(), confirmations = 1 WHERE confirmed_at IS NULL`) // as recording does
	mustExec(t, w.owner, `UPDATE jobs SET stall_after = '1 s'`)
	mustExec(t, w.owner, `INSERT INTO anomalies SELECT (a).* FROM (
		SELECT jsonb_populate_record(a, jsonb_build_object('anomaly_no', 100 + n)) AS a FROM anomalies a, generate_series(1, 2) n) more`)
	mustExec(t, w.owner, `UPDATE runs r SET state = 'running', ended_at = NULL, ended_seen_at = NULL, ended_not_before = NULL
		WHERE r.run_no = (SELECT n.run_no FROM snapshots n WHERE n.job_id = r.job_id ORDER BY n.snapshot_no DESC LIMIT 1)`)
	jobs, err := w.store.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	long := map[string]bool{}
	for _, job := range jobs {
		for runNo := range 7 {
			for list, read := range lists(job, runNo, w.now) {
				what := fmt.Sprintf("%s (job %s, run %d)", list, job.Name, runNo)
				long[list] = readPages(t, w.store, what, read) > 1 || long[list]
			}
		}
	}
	for list := range long {
		if !long[list] {
			t.Errorf("%s: the world has no two rows", list)
		}
	}
}

// readPages reads a list whole and by pages, and tells how many rows it has.
func readPages(t *testing.T, s *store.Store, what string, read listed) int {
	t.Helper()
	whole, next, err := read(t.Context(), s, store.Page{Rows: 1000})
	if err != nil || next != nil {
		t.Fatalf("%s: %v, and then %v", what, err, next)
	}
	for _, size := range []int{1, 2} {
		var paged []string
		page := store.Page{Rows: size}
		for more := true; more; more = page.After != nil {
			rows, next, err := read(t.Context(), s, page)
			if err != nil || len(rows) > size {
				t.Fatalf("%s: %d rows, %v", what, len(rows), err)
			}
			paged, page.After = append(paged, rows...), next
		}
		if !slices.Equal(paged, whole) {
			t.Errorf("%s by %d:\n got %q\nwant %q", what, size, paged, whole)
		}
	}
	return len(whole)
}

// TestRowsHaveTheColumnsOfTheirViews: in JSON a row is one of its view, but for the job's
// number and what is large.
func TestRowsHaveTheColumnsOfTheirViews(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	for view, row := range map[string]any{
		"jobs": store.JobRow{}, "sources": store.SourceRow{}, "changes": store.ChangeRow{}, "retention": store.RetentionRow{}, "runs": store.RunRow{},
		"steps": store.StepRow{}, "transitions": store.TransitionRow{}, "anomalies": store.AnomalyRow{}, "log_entries": store.LogEntryRow{},
		"gaps": store.GapRow{}, "snapshots": store.SnapshotRow{}, "polls": store.PollRow{}, "result_items": store.ResultItemRow{},
		"stalled": store.StalledRow{}, "events": store.EventRow{},
	} {
		want := column[string](t, conn, `SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('report.' || $1) AND attnum > 0
			AND attname NOT IN ('job_id') AND NOT ($1 = 'snapshots' AND attname IN ('polled_at', 'previous_polls')) ORDER BY attname`, view)
		var have []string
		for _, field := range reflect.VisibleFields(reflect.TypeOf(row)) {
			if !field.Anonymous {
				if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "-" {
					have = append(have, name)
				}
			}
		}
		if slices.Sort(have); !slices.Equal(have, want) {
			t.Errorf("report.%s has %q, and its rows %q", view, want, have)
		}
	}
}
