package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// takeOnCall takes what is old of a job's runs when it is called for the third time.
func takeOnCall(t *testing.T, f *feed, interpret store.Interpret) store.Interpret {
	t.Helper()
	calls := 0
	return func(body []byte) (history.Answer, error) {
		if calls++; calls == 3 {
			takeRuns(t, f, openStore(t, f.url))
		}
		return interpret(body)
	}
}

// TestTakeOldRunsBesideARewrite: what was taken meanwhile does not come back, and later
// more can be taken.
func TestTakeOldRunsBesideARewrite(t *testing.T) {
	t.Parallel()
	for name, rewrite := range map[string]func(*testing.T, *feed, store.RebuildParams) error{
		"Rebuild": func(t *testing.T, f *feed, p store.RebuildParams) error {
			t.Helper()
			_, err := f.store.Rebuild(t.Context(), p)
			return err
		},
		"Erase": func(t *testing.T, f *feed, p store.RebuildParams) error {
			t.Helper()
			_, err := f.store.Erase(t.Context(), store.EraseParams{
				JobID: p.JobID, RunNo: 2, Reason: "a name", By: f.by, Owner: p.Owner, Now: p.Now, Interpret: p.Interpret, Interpretation: p.Interpretation,
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, job := agedRuns(t)
			params := f.rebuildParams(t, job)
			interpret := params.Interpret
			params.Interpret = takeOnCall(t, f, interpret)
			if err := rewrite(t, f, params); !errors.Is(err, store.ErrClaimed) {
				t.Errorf("it gives %v", err)
			}
			equalLines(t, column[string](t, f.conn, "SELECT r.run_no::text FROM runs r JOIN taken_runs USING (job_id, run_no)"))
			params.Interpret = interpret
			if err := rewrite(t, f, params); err != nil {
				t.Errorf("tried again, it gives %v", err)
			}
			if again := takeRuns(t, f, f.store); len(again) > 0 {
				t.Errorf("retention takes again %+v", again)
			}
		})
	}
}

// TestTakeOldRunsBesideAReader: who reads the history sees it as it was when he began.
func TestTakeOldRunsBesideAReader(t *testing.T) {
	t.Parallel()
	f, now := newOldFeed(t)
	job := f.register(t, "woosmap", "stores-eu")[0]
	const runs = 220 // more than are read at once
	for i := range runs {
		f.round(t, said{job: job, body: woosmapBody(fmt.Sprint("run-", i+1), "success")})
	}
	f.now = now.Add(-10 * time.Minute)
	f.round(t, said{job: job, body: woosmapBody("newest", "success")})
	old, err := f.store.OldRuns(t.Context(), keepPolls)
	if err != nil {
		t.Fatal(err)
	}
	params, calls := f.rebuildParams(t, job), 0
	trail, err := f.store.Fold(t.Context(), job.ID, time.Time{}, func(body []byte) (history.Answer, error) {
		if calls++; calls == 3 {
			for range 3 { // a hundred at once
				if _, err := f.store.TakeOldRuns(t.Context(), f.by, keepPolls, old[0]); err != nil {
					return history.Answer{}, err
				}
			}
		}
		return params.Interpret(body)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(trail.Runs) != runs+1 {
		t.Errorf("it reads %d runs", len(trail.Runs))
	}
	equalLines(t, column[string](t, f.conn, "SELECT count(*)::text FROM report.runs"), "1")
}

// TestTakeOldRunsBesideARecorder: an answer of a run that was taken since it was compared
// comes late; the next one begins the run anew. Of other runs none is lost.
func TestTakeOldRunsBesideARecorder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run  string
		late bool
		runs []string
	}{
		"Returned": {"run-1", true, []string{"2", "4", "6", "7"}},
		"Newest":   {"run-6", false, []string{"2", "4", "6"}},
		"New":      {"run-7", false, []string{"2", "4", "6", "7"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, job := agedRuns(t)
			answer := said{job: job, body: woosmapBody(test.run, "failed")}
			takes := f.take(t, answer)
			f.compare(t, takes)
			takeRuns(t, f, openStore(t, f.url)) // although the job is claimed, as one that is polled often mostly is
			if results := f.record(t, takes); results[0].Late != test.late {
				t.Errorf("recording it gives %+v", results)
			}
			f.round(t, answer)
			equalLines(t, column[string](t, f.conn, "SELECT run_no::text FROM report.runs ORDER BY run_no"), test.runs...)
		})
	}
}

// TestTakeOldRunsAfterARecorder: it gives way where a poll was recorded while it took.
func TestTakeOldRunsAfterARecorder(t *testing.T) {
	t.Parallel()
	f, job := agedRuns(t)
	_, holder := giveWay(t, f, "UPDATE cursors SET snapshot_no = snapshot_no WHERE job_id = $1", job.ID) // as who records does at last
	mustExec(t, holder, "ROLLBACK")
	if taken := takeRuns(t, f, f.store); !slices.ContainsFunc(taken, func(one store.Taken) bool { return one.What == store.TakenRuns && one.Rows == 3 }) {
		t.Errorf("after it: %+v", taken)
	}
}
