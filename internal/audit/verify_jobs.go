package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
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
	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// verifyAtOnce is how many batches of jobs are derived again at once.
	verifyAtOnce = 2
	// batchSnapshots is how many snapshots the jobs of a batch have together; one job may
	// have more. rangeRows is about how many rows of such a job are compared at once.
	batchSnapshots = 1000
	rangeRows      = 20_000
)

// checkJobs checks that what is derived is what the snapshots give, and that counts are
// what the polls give.
func (r *verifier) checkJobs(ctx context.Context, found *findings) error {
	if err := r.checkRegistrations(ctx, found); err != nil {
		return err
	}
	batches, err := r.batches(ctx, found)
	if err != nil {
		return err
	}
	total := 0
	for _, batch := range batches {
		total += len(batch.jobs)
	}
	if err := r.checkCounts(ctx, found); err != nil {
		return err
	}
	var done atomic.Int64
	working, ctx := errgroup.WithContext(ctx)
	working.SetLimit(verifyAtOnce)
	for _, batch := range batches {
		working.Go(func() error {
			err := r.checkBatch(ctx, found, batch)
			r.tell(Progress{What: "jobs", Done: done.Add(int64(len(batch.jobs))), Total: int64(total)})
			return err
		})
	}
	if err := working.Wait(); err != nil {
		return err
	}
	r.found.Jobs = total
	slices.Sort(r.found.Stale)
	slices.SortStableFunc(found.wrong, func(a, b Wrong) int { return strings.Compare(a.Job, b.Job) })
	return nil
}

// checkRegistrations checks that jobs and sources are what they were registered as.
func (r *verifier) checkRegistrations(ctx context.Context, found *findings) error {
	others, err := r.Store.OtherThanRegistered(ctx)
	if err != nil {
		return err
	}
	for _, other := range others {
		at, named := Wrong{At: other.RegisteredAt}, "source "+other.Name
		switch {
		case other.Kind == "source" && len(r.Jobs) > 0, other.Kind == "job" && !r.wants(other.Name):
			continue
		case other.Kind == "job":
			at.Job, named = other.Name, "it"
		}
		if other.What == "" {
			found.add(at, "no change tells that %s was registered: somebody has inserted or renamed it, or deleted the change", named)
		} else {
			found.add(at, "%s was registered with another %s: somebody has altered one of them", named, other.What)
		}
	}
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
	for _, u := range unjournaled {
		switch at := (Wrong{Job: u.Job, At: u.At}); {
		case u.Job != "" && r.wants(u.Job):
			found.add(at, "it has %d %ss, and the journal %d: somebody has inserted one, or no tracker runs", u.Rows, u.Kind, u.Journaled)
		case u.Job == "" && len(r.Jobs) == 0:
			found.add(at, "%s is not in the journal: somebody has inserted it, or no tracker runs", named(store.JournalEntry{Kind: u.Kind, No: u.No}))
		}
	}
	for _, m := range miscounted {
		if r.wants(m.Job) {
			found.add(Wrong{Job: m.Job, At: m.Last}, "%s", wrongCount(m))
		}
	}
	return nil
}

// wrongCount says what is told of the newest snapshot and of polls, and what they give.
func wrongCount(m store.Miscount) string {
	at := func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
	told := ""
	switch {
	case !m.IsNewest:
		told = fmt.Sprintf("snapshot %d is said to be the newest, with its state and time, and another one is", m.SnapshotNo)
	case m.SnapshotNo > 0 && m.Told != m.Counted:
		told = fmt.Sprintf("snapshot %d is said to be seen by %d polls, and there are %d", m.SnapshotNo, m.Told, m.Counted)
	case m.SnapshotNo > 0 && !m.ToldLast.Equal(m.Last):
		told = fmt.Sprintf("snapshot %d is said to be seen last at %s, and the last poll that saw it is of %s", m.SnapshotNo, at(m.ToldLast), at(m.Last))
	case !m.ToldNewest.Equal(m.Newest):
		told = fmt.Sprintf("the last poll is said to be of %s, and it is of %s", at(m.ToldNewest), at(m.Newest))
	case !m.HadOutcome:
		told = fmt.Sprintf("the last poll is said to be %q, and it has another outcome", m.Outcome)
	default:
		told = fmt.Sprintf("%d polls in a row are said to have failed, and %d have", m.ToldFailed, m.Failed)
	}
	return told + ": somebody has altered one of them"
}

func (r *verifier) wants(job string) bool { return len(r.Jobs) == 0 || slices.Contains(r.Jobs, job) }

// jobBatch is some jobs whose numbers follow on each other, that are read together.
type jobBatch struct {
	jobs      []store.Job
	snapshots int // about
}

// batches puts jobs together, so that each batch is some thousand rows, or one job. Others
// than those that are wanted stand between batches.
func (r *verifier) batches(ctx context.Context, found *findings) ([]jobBatch, error) {
	rows, err := r.Store.JobSizes(ctx)
	if err != nil {
		return nil, err
	}
	sizes := make(map[int64]int, len(rows))
	for _, row := range rows {
		sizes[row.JobID] = row.Snapshots
	}
	var batches []jobBatch
	apart := true
	for _, job := range r.jobs {
		if !r.wants(job.Name) {
			apart = true
			continue
		}
		size, known := sizes[job.ID]
		if size = max(size, 1); !known {
			found.add(Wrong{Job: job.Name}, "it has no cursor: somebody has deleted it")
		}
		last := len(batches) - 1
		if apart || batches[last].snapshots+size > batchSnapshots {
			batches, last, apart = append(batches, jobBatch{}), last+1, false
		}
		batches[last].jobs, batches[last].snapshots = append(batches[last].jobs, job), batches[last].snapshots+size
	}
	return batches, nil
}

// checkBatch compares what is stored of jobs with what their snapshots give.
func (r *verifier) checkBatch(ctx context.Context, found *findings, batch jobBatch) error {
	first, last := batch.jobs[0].ID, batch.jobs[len(batch.jobs)-1].ID
	return r.Store.See(ctx, first, last, func(sight *store.Sight) error {
		providers := map[int64]source.Provider{}
		names := map[int64]string{}
		for _, job := range batch.jobs {
			provider, err := definition.Of(ctx, r.Store, job.From.Provider, job.From.Interpretation)
			if errors.Is(err, source.ErrUnknownProvider) {
				found.add(Wrong{Job: job.Name}, "nobody can read what its source says: %v: somebody has altered that, or an older tracker checks", err)
				continue
			}
			if err != nil {
				return err
			}
			providers[job.ID], names[job.ID] = provider.For(job.Target), job.Name
		}
		altered := map[int64]bool{}
		folds, err := sight.Fold(ctx, func(jobID int64) store.Interpret {
			if provider, wanted := providers[jobID]; wanted {
				return provider.Interpret
			}
			return nil // it was registered just now
		}, func(jobID int64, snapshot store.Folded) {
			at := Wrong{Job: names[jobID], At: snapshot.Seen.ObservedAt}
			switch {
			case snapshot.Body == nil:
			case sha256.Sum256(snapshot.Body) != snapshot.SHA256:
				altered[jobID] = true
				found.add(at, "snapshot %d: its body is not what its hash says: somebody has altered it", snapshot.No)
			case snapshot.Size != int64(len(snapshot.Body)) || snapshot.IsText != snapshot.BodyIsText():
				found.add(at, "snapshot %d: its size, or whether it is text, is not what its body gives: somebody has altered it", snapshot.No)
			}
		})
		if err != nil {
			return err
		}
		differ, err := compareRows(ctx, sight, batch.jobs, folds)
		if err != nil {
			return err
		}
		for _, job := range batch.jobs {
			fold := folds[job.ID]
			provider, read := providers[job.ID]
			switch {
			case !read: // as was told
			case fold != nil && fold.Err != nil: // a body that nobody could have recorded
				found.add(Wrong{Job: job.Name, At: fold.ErrAt}, "what it has stored cannot be read: %v", fold.Err)
			case differ[job.ID] == store.Difference{} || altered[job.ID]:
			case fold != nil && fold.Interpretation < provider.Interpretation:
				r.addStale(job.Name)
			default:
				found.add(Wrong{Job: job.Name, At: differ[job.ID].At}, "%s", differs(differ[job.ID]))
			}
		}
		return nil
	})
}

func (r *verifier) addStale(job string) {
	r.telling.Lock()
	defer r.telling.Unlock()
	r.found.Stale = append(r.found.Stale, job)
}

// compareRows tells, by job, the first difference between the rows that its snapshots give
// and those that are stored.
func compareRows(ctx context.Context, sight *store.Sight, jobs []store.Job, folds map[int64]*store.JobFold) (map[int64]store.Difference, error) {
	differ := map[int64]store.Difference{}
	for _, runs := range runRanges(jobs, folds) {
		found, err := sight.Differ(ctx, folds, runs[0], runs[1])
		if err != nil {
			return nil, err
		}
		for jobID, difference := range found {
			if _, told := differ[jobID]; !told {
				differ[jobID] = difference
			}
		}
	}
	return differ, nil
}

// differs says how a row differs from the one that the snapshots give.
func differs(d store.Difference) string {
	switch {
	case d.Missing:
		return d.Row + " is missing, which the snapshots give: somebody has deleted it"
	case d.Column == "":
		return d.Row + " is there, which the snapshots do not give: somebody has inserted it"
	default:
		return fmt.Sprintf("%s has the %s %s, but the snapshots give %s: somebody has altered it", d.Row, d.Column, short(d.Stored), short(d.Given))
	}
}

// shortMost bounds how much of a value is shown.
const shortMost = 80

func short(value string) string {
	if text := []rune(value); len(text) > shortMost {
		return string(text[:shortMost]) + "…"
	}
	return value
}

// runRanges are ranges of runs that are compared together: of several jobs, which are
// small, all runs; of one job as many as have some thousand rows.
func runRanges(jobs []store.Job, folds map[int64]*store.JobFold) [][2]int {
	const all = math.MaxInt32
	fold := folds[jobs[0].ID]
	if len(jobs) > 1 || fold == nil {
		return [][2]int{{0, all}}
	}
	var ranges [][2]int
	from, rows := 0, 0
	for _, run := range slices.SortedFunc(maps.Values(fold.Trail.Runs), func(a, b *history.Run) int { return cmp.Compare(a.No, b.No) }) {
		for _, step := range run.Steps {
			rows += 1 + len(step.Entries)
		}
		if rows > rangeRows {
			ranges = append(ranges, [2]int{from, run.No})
			from, rows = run.No+1, 0
		}
	}
	return append(ranges, [2]int{from, all})
}
