package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/store"
)

// verifyAtOnce is how many jobs are derived again at once.
const verifyAtOnce = 2

// checkJobs checks that what is derived is what the snapshots give, and that counts are
// what the polls give.
func (r *verifier) checkJobs(ctx context.Context, found *findings) error {
	jobs, err := r.Store.Jobs(ctx)
	if err != nil {
		return err
	}
	if len(r.Jobs) > 0 {
		jobs = slices.DeleteFunc(jobs, func(j store.Job) bool { return !slices.Contains(r.Jobs, j.Name) })
	}
	if err := r.checkCounts(ctx, found); err != nil {
		return err
	}
	var done atomic.Int64
	working, ctx := errgroup.WithContext(ctx)
	working.SetLimit(verifyAtOnce)
	for _, job := range jobs {
		working.Go(func() error {
			err := r.checkJob(ctx, found, job)
			r.tell(Progress{What: "jobs", Done: done.Add(1), Total: int64(len(jobs))})
			return err
		})
	}
	if err := working.Wait(); err != nil {
		return err
	}
	r.found.Jobs = len(jobs)
	slices.Sort(r.found.Stale)
	slices.SortStableFunc(found.wrong, func(a, b Wrong) int { return strings.Compare(a.Job, b.Job) })
	return nil
}

// checkCounts compares counts with what is counted.
func (r *verifier) checkCounts(ctx context.Context, found *findings) error {
	unjournaled, err := r.Store.Unjournaled(ctx)
	if err != nil {
		return err
	}
	miscounted, err := r.Store.Miscounted(ctx)
	if err != nil {
		return err
	}
	for _, m := range unjournaled {
		if r.wants(m.Job) {
			found.add(Wrong{Job: m.Job}, "it has %d snapshots, and the journal %d: somebody has inserted one, or no tracker runs", m.Told, m.Counted)
		}
	}
	for _, m := range miscounted {
		if r.wants(m.Job) {
			found.add(Wrong{Job: m.Job}, "snapshot %d is said to be seen by %d polls, and there are %d: somebody has altered one of them", m.SnapshotNo, m.Told, m.Counted)
		}
	}
	return nil
}

func (r *verifier) wants(job string) bool { return len(r.Jobs) == 0 || slices.Contains(r.Jobs, job) }

// checkJob compares what is stored of a job with what its snapshots give.
func (r *verifier) checkJob(ctx context.Context, found *findings, job store.Job) error {
	differs, altered, err := differs(ctx, r.Store, job)
	for _, snapshot := range altered {
		found.add(Wrong{Job: job.Name, At: snapshot.Seen.ObservedAt}, "snapshot %d: its body is not what its hash says: somebody has altered it", snapshot.No)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil: // a body that nobody could have recorded
		found.add(Wrong{Job: job.Name}, "what it has stored cannot be read: %v", err)
		return nil
	case differs == "" || len(altered) > 0:
		return nil
	}
	_, oldest, err := r.Store.SnapshotSpan(ctx, job.ID)
	if err != nil {
		return err
	}
	provider, err := definition.Lookup(job.From.Provider)
	if err != nil {
		return err
	}
	if oldest < provider.Interpretation {
		found.mu.Lock()
		defer found.mu.Unlock()
		r.found.Stale = append(r.found.Stale, job.Name)
		return nil
	}
	found.add(Wrong{Job: job.Name}, "%s", differs)
	return nil
}

// differs compares the runs, steps, log entries, results, transitions and anomalies of a
// job with what its snapshots give. It tells the first difference (empty: there is none),
// and the snapshots whose body is not what its hash says.
func differs(ctx context.Context, s *store.Store, job store.Job) (first string, altered []store.Folded, err error) {
	provider, err := definition.Lookup(job.From.Provider)
	if err != nil {
		return "", nil, err
	}
	trail, shown, stored, altered, err := read(ctx, s, job, provider.For(job.Target).Interpret)
	if err != nil {
		return "", altered, err
	}
	folded, err := store.TrailHistory(shown.Job, trail)
	if err != nil {
		return "", altered, err
	}
	for i := range min(len(folded.Runs), len(shown.Runs)) { // what is of other runs, and of now
		folded.Runs[i].UsualDuration, folded.Runs[i].Stalled, folded.Runs[i].HeldAt = shown.Runs[i].UsualDuration, shown.Runs[i].Stalled, shown.Runs[i].HeldAt
	}
	for _, part := range []struct {
		name        string
		given, have any
	}{
		{"run", folded.Runs, shown.Runs},
		{"step", folded.Steps, shown.Steps},
		{"transition", folded.Transitions, shown.Transitions},
		{"anomaly", folded.Anomalies, shown.Anomalies},
		{"log entry", folded.LogEntries, shown.LogEntries},
		{"result", store.TrailItems(trail), stored},
	} {
		difference, err := firstDifference(part.name, part.given, part.have)
		if err != nil || difference != "" {
			return difference, altered, err
		}
	}
	return "", altered, nil
}

// read reads a job's history and folds its snapshots. A poll that comes between the two
// shows in one of them alone: then both are read again.
func read(ctx context.Context, s *store.Store, job store.Job, interpret store.Interpret) (
	trail *history.Trail, shown store.History, stored []store.ResultItemRow, altered []store.Folded, err error,
) {
	for {
		altered = nil
		trail, err = s.FoldEach(ctx, job.ID, time.Time{}, interpret, func(_ *history.Trail, snapshot store.Folded) error {
			if snapshot.Body != nil && sha256.Sum256(snapshot.Body) != snapshot.SHA256 {
				snapshot.Body = nil
				altered = append(altered, snapshot)
			}
			return nil
		})
		if err != nil {
			return nil, shown, nil, altered, err
		}
		if shown, err = s.History(ctx, store.HistoryParams{Job: job.Name, Most: math.MaxInt32}); err != nil {
			return nil, shown, nil, altered, err
		}
		if stored, err = s.ResultItems(ctx, job.ID); err != nil {
			return nil, shown, nil, altered, err
		}
		newest, _, err := s.SnapshotSpan(ctx, job.ID)
		if err != nil || newest == trail.SnapshotNo {
			return trail, shown, stored, altered, err
		}
	}
}

// firstDifference tells the first row that differs, as its JSON says.
func firstDifference(name string, given, have any) (string, error) {
	wantText, err := json.Marshal(given)
	if err != nil {
		return "", err
	}
	gotText, err := json.Marshal(have)
	if err != nil || bytes.Equal(wantText, gotText) { // as most are
		return "", err
	}
	var want, got []map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(wantText, &want), json.Unmarshal(gotText, &got)); err != nil {
		return "", err
	}
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("%s is missing, which the snapshots give: somebody has deleted it", rowName(name, want[i])), nil
		case i >= len(want):
			return fmt.Sprintf("%s is there, which the snapshots do not give: somebody has inserted it", rowName(name, got[i])), nil
		}
		for _, column := range slices.Sorted(maps.Keys(want[i])) {
			if !sameJSON(want[i][column], got[i][column]) {
				return fmt.Sprintf("%s has the %s %s, but the snapshots give %s: somebody has altered it",
					rowName(name, got[i]), column, short(got[i][column]), short(want[i][column])), nil
			}
		}
	}
	return "", nil
}

// rowName names a row by its numbers.
func rowName(name string, row map[string]json.RawMessage) string {
	for _, number := range []string{"transition_no", "anomaly_no", "entry_no", "item_no", "step_no"} {
		if no, has := row[number]; has && string(no) != "null" {
			name = fmt.Sprintf("%s %s", name, no)
			break
		}
	}
	if run, has := row["run_no"]; has {
		if name == "run" {
			return fmt.Sprintf("run %s", run)
		}
		return fmt.Sprintf("%s of run %s", name, run)
	}
	return name
}

// shortMost bounds how much of a value is shown.
const shortMost = 80

func short(raw json.RawMessage) string {
	text := []rune(string(raw))
	if len(text) > shortMost {
		return string(text[:shortMost]) + "…"
	}
	return string(text)
}
