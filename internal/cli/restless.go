package cli

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	gosync "sync"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

const (
	// restlessLooked is how many of a job's newest snapshots are looked at.
	restlessLooked = 20
	// restlessLeast is how many of them have to bring nothing new.
	restlessLeast = 8
	// restlessBytes bounds the bodies that are looked at.
	restlessBytes = 4 << 20
)

// restless tells of a job whose answers differ though the history stays as it is.
type restless struct {
	Answers int      // that brought nothing, of the newest ones
	Paths   []string // what they differ in alone
}

// text says what to do about it; empty where there is nothing to do.
func (r restless) text(source string) string {
	if r.Answers < restlessLeast {
		return ""
	}
	quoted := make([]string, len(r.Paths)) // as YAML takes them
	for i, path := range r.Paths {
		quoted[i] = "'" + strings.ReplaceAll(path, "'", "''") + "'"
	}
	return fmt.Sprintf("%d of the newest answers differ from the one before in %s alone, and each is kept; if that does not count, give source %s  volatile: [%s]",
		r.Answers, strings.Join(r.Paths, ", "), source, strings.Join(quoted, ", "))
}

// readRestless finds out from a job's newest snapshots whether it is restless.
func readRestless(ctx context.Context, s *store.Store, job store.Job) (found restless, err error) {
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		return restless{}, err
	}
	provider = provider.Ignoring(job.From.Volatile)
	rows, err := newestSnapshots(ctx, s, job.Name)
	if err != nil {
		return restless{}, err
	}
	known := history.NewKnown()
	var last history.Answer
	for i, row := range rows {
		answer, err := provider.Interpret(row.Body)
		if err != nil {
			return restless{}, nil //nolint:nilerr // of another interpretation: it is not for us to say
		}
		change := history.Compare(known, answer, history.Bounds{NotBefore: deref(row.NotBefore), ObservedAt: row.ObservedAt})
		known.Apply(change)
		if i > 0 && quiet(change) && reflect.DeepEqual(answer.Results, last.Results) && deref(answer.ErrorSummary) == deref(last.ErrorSummary) {
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

// quiet reports that a change tells nothing of runs, steps and entries.
func quiet(c history.Change) bool {
	return len(c.Transitions)+len(c.Steps)+len(c.Entries)+len(c.Anomalies) == 0
}

// newestSnapshots reads the newest snapshots of a job, the oldest of them first.
func newestSnapshots(ctx context.Context, s *store.Store, job string) (rows []store.SnapshotRow, err error) {
	row, err := s.SnapshotRow(ctx, job, 0)
	for size := 0; err == nil && size+len(row.Body) <= restlessBytes; {
		rows, size = append(rows, row), size+len(row.Body)
		if len(rows) > restlessLooked || row.SnapshotNo == 1 {
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

// restlessJobs counts, for a daemon, the new answers that brought nothing, by
// job. A job that was told of has a count below zero.
type restlessJobs struct {
	mu    gosync.Mutex
	quiet map[int64]int
}

// see takes in an event, and reports whether its job is to be looked at.
func (r *restlessJobs) see(e sync.Event) bool {
	if e.Kind != sync.Polled || e.Change == nil || !quiet(*e.Change) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quiet[e.Job.ID] < 0 {
		return false
	}
	r.quiet[e.Job.ID]++
	return r.quiet[e.Job.ID]%restlessLeast == 0
}

func (r *restlessJobs) told(job store.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.quiet[job.ID] = -1
}

// tellRestless warns of a job, once, if it is restless.
func (a *app) tellRestless(ctx context.Context, s *store.Store, job store.Job, jobs *restlessJobs) {
	found, err := readRestless(ctx, s, job)
	if err != nil {
		return // it is read again after as many answers more
	}
	if hint := found.text(job.Source); hint != "" {
		jobs.told(job)
		a.logger.WarnContext(ctx, "answers differ in what may not count", "job", job.Name, "source", job.Source, "paths", found.Paths, "hint", hint)
	}
}
