package tracking

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/store"
)

const (
	// RestlessLeast is how many of a job's newest answers have to bring nothing
	// new for the job to be restless.
	RestlessLeast = 8
	// restlessSnapshots is how many of the newest snapshots are compared.
	restlessSnapshots = 20
	// restlessBytes bounds their bodies.
	restlessBytes = 4 << 20
)

// Restless is a job whose answers differ though the history stays as it is.
type Restless struct {
	Source  string   // of the job
	Answers int      // that brought nothing, of the newest ones; fewer than RestlessLeast: the job is not restless
	Paths   []string // what they differ in alone
}

// ReadRestless finds out from a job's newest snapshots whether it is restless.
func ReadRestless(ctx context.Context, s *store.Store, job store.Job) (Restless, error) {
	found := Restless{Source: job.Source}
	provider, err := definition.Of(ctx, s, job.From.Provider, job.From.Interpretation)
	if err != nil {
		return found, err
	}
	provider = provider.Ignoring(job.From.Volatile)
	rows, err := newestSnapshots(ctx, s, job.Name)
	if err != nil {
		return found, err
	}
	known := history.NewKnown()
	var last history.Answer
	for i, row := range rows {
		answer, err := provider.For(job.Target).Interpret(row.Body)
		if err != nil {
			return Restless{Source: job.Source}, nil //nolint:nilerr // of another interpretation: it is not for us to say
		}
		seen := history.Bounds{ObservedAt: row.ObservedAt}
		if row.NotBefore != nil {
			seen.NotBefore = *row.NotBefore
		}
		change := history.Compare(known, answer, seen)
		known.Apply(change)
		if i > 0 && change.Quiet() && reflect.DeepEqual(answer.Results, last.Results) && summary(answer) == summary(last) {
			if paths := provider.Differing(rows[i-1].Body, row.Body); len(paths) > 0 {
				found.Answers++
				found.Paths = append(found.Paths, paths...)
			}
		}
		last = answer
	}
	slices.Sort(found.Paths)
	found.Paths = slices.Compact(found.Paths)
	return found, nil
}

// summary is what an answer tells of its run beside steps and results.
func summary(a history.Answer) string {
	told := a.Started.Raw + " " + a.Ended.Raw
	if a.ErrorSummary != nil {
		told += " " + *a.ErrorSummary
	}
	return told
}

// newestSnapshots reads the newest snapshots of a job, the oldest of them first.
func newestSnapshots(ctx context.Context, s *store.Store, job string) (rows []store.SnapshotRow, err error) {
	row, err := s.SnapshotRow(ctx, job, 0)
	for size := 0; err == nil && row.Body != nil && size+len(row.Body) <= restlessBytes; {
		rows, size = append(rows, row), size+len(row.Body)
		if len(rows) > restlessSnapshots || row.SnapshotNo == 1 {
			break
		}
		row, err = s.SnapshotRow(ctx, job, int(row.SnapshotNo)-1)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	slices.Reverse(rows)
	return rows, nil
}
