package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Watch is how the watched jobs stand at one moment.
type Watch struct {
	Now     time.Time // by the database's clock
	Served  Served
	Classes []WatchClass
	Running []WatchRun // whose run has not ended, the longest unchanged first
	Stalled int        // of those, and of more than were read
	Failed  []WatchRun // whose run has ended other than in success, the newest first
	Ended   []WatchRun // that succeeded lately, the newest first
	Failing []WatchFailing
	Paused  []WatchPaused
	Sources []WatchSource
}

// WatchClass counts the jobs that stand alike.
type WatchClass struct {
	Tracking     Tracking
	State        history.State // empty: not seen yet
	Failing      bool          // the last poll got no answer
	SourcePaused bool
	Jobs         int
	NextPollAt   time.Time // of any of them; zero: none is planned
}

// WatchRun is the latest run of a job.
type WatchRun struct {
	RunRow
	JobID       int64
	Step        string    // that it is in, or failed in; empty: none
	StepState   string    // of that step
	PolledAt    time.Time // the last poll, whatever came of it
	ConfirmedAt time.Time // the last poll that got an answer
	Failures    int       // polls without an answer since
	Pace        Pace      // what it is judged by while it goes on
}

// WatchFailing is jobs of a source whose polls fail in the same way.
type WatchFailing struct {
	Source  string
	Outcome history.Outcome
	Jobs    int
	Names   []string  // of the first of them
	Since   time.Time // the earliest last answer, or the first poll where there never was one
	Job     string    // the one that was asked last
	Error   string    // that it got
}

// WatchPaused is jobs of a source that are paused for the same reason.
type WatchPaused struct {
	Source   string
	Reason   string
	Jobs     int
	Names    []string  // of the first of them
	PolledAt time.Time // the last poll of any; zero: none
}

// WatchSource is a source that is not to be asked.
type WatchSource struct {
	Source    string
	PausedAt  time.Time // zero: held
	Reason    string
	HeldUntil time.Time // zero: never held
	Jobs      int       // active ones
	Names     []string  // of the first of them
}

// WatchParams says what to watch.
type WatchParams struct {
	JobIDs []int64       // none: all jobs that are not removed
	Rows   int           // runs of each kind at most
	Ended  time.Duration // how long ago a success is lately; 0: none is asked for
}

// states of a latest run, by the part of a Watch that shows it.
func watchedStates() (running, failed, ended []string) {
	return []string{string(history.StateQueued), string(history.StateRunning), string(history.StateUnknown)},
		[]string{string(history.StateFailed), string(history.StateCanceled), string(history.StatePartial)},
		[]string{string(history.StateSucceeded)}
}

const (
	oldestFirst = 1
	newestFirst = -1
)

// Watch reads how the watched jobs stand, all at one moment.
func (s *Store) Watch(ctx context.Context, params WatchParams) (Watch, error) {
	var w Watch
	err := s.inPlanned(ctx, planOnce, func(q *planned) error { return w.read(ctx, q, params) })
	if err != nil {
		return Watch{}, fmt.Errorf("read how the jobs stand: %w", err)
	}
	return w, nil
}

// Served is when trackers served. It is zero where none ever did.
type Served struct {
	At    time.Time // when one last said so
	Until time.Time // so long it counts as serving
}

// Served gives the database's clock, and when trackers served.
func (s *Store) Served(ctx context.Context) (now time.Time, served Served, err error) {
	row, err := s.queries.WatchClock(ctx)
	if err != nil {
		return time.Time{}, Served{}, fmt.Errorf("read when a tracker served: %w", err)
	}
	return row.Now, Served{At: row.ServedAt, Until: row.ServesUntil}, nil
}

func (w *Watch) read(ctx context.Context, q *planned, params WatchParams) error {
	clock, err := q.WatchClock(ctx)
	if err != nil {
		return err
	}
	w.Now, w.Served = clock.Now, Served{At: clock.ServedAt, Until: clock.ServesUntil}
	ids := append([]int64{}, params.JobIDs...) // not nil, which would be null
	classes, err := q.WatchClasses(ctx, ids)
	if err != nil {
		return err
	}
	w.Classes = convert(classes, toWatchClass)
	if err := w.readUnseen(ctx, q.Queries, ids); err != nil {
		return err
	}
	paces, err := w.readPaces(ctx, q, ids)
	if err != nil {
		return err
	}
	running, failed, ended := watchedStates()
	for _, part := range []struct {
		into      *[]WatchRun
		states    []string
		since     time.Time
		direction int32
	}{
		{&w.Running, running, time.Time{}, oldestFirst},
		{&w.Failed, failed, time.Time{}, newestFirst},
		{&w.Ended, ended, w.Now.Add(-params.Ended), newestFirst},
	} {
		if part.into == &w.Ended && params.Ended == 0 {
			continue
		}
		runs, err := q.watchRuns(ctx, dbsqlc.WatchRunsParams{
			States: part.states, Since: part.since, Direction: part.direction, JobIds: ids, Rows: int32(params.Rows),
		}, paces)
		if err != nil {
			return err
		}
		// A cursor may be a moment behind its run.
		*part.into = filter(runs, func(r *WatchRun) bool { return slices.Contains(part.states, r.State) })
	}
	return nil
}

// readPaces judges all runs that go on, once, and counts those that are stalled.
func (w *Watch) readPaces(ctx context.Context, q *planned, ids []int64) (map[RunKey]runPace, error) {
	going, err := q.WatchGoing(ctx, ids)
	if err != nil || len(going) == 0 {
		return map[RunKey]runPace{}, err
	}
	keys, newest := make([]RunKey, len(going)), make(map[int64]int32, len(going))
	for i, row := range going {
		keys[i], newest[row.JobID] = q.judged.run(row.JobID, row.SnapshotNo), row.SnapshotNo
	}
	paces, err := q.judge(ctx, planAnew, keys, newest) // many jobs are not read as few are
	if err != nil {
		return nil, err
	}
	for _, pace := range paces {
		if pace.stalledSince != nil {
			w.Stalled++
		}
	}
	return paces, q.by(ctx, planOnce)
}

// watchRuns reads latest runs; those that go on are judged by what is known, or asked for where that is nil.
func (q *planned) watchRuns(ctx context.Context, params dbsqlc.WatchRunsParams, paces map[RunKey]runPace) ([]WatchRun, error) {
	rows, err := q.WatchRuns(ctx, params)
	if err != nil {
		return nil, err
	}
	keys, read := make([]RunKey, len(rows)), make(map[RunKey]dbsqlc.WatchRunsRow, len(rows))
	for i, row := range rows {
		keys[i] = RunKey{JobID: row.JobID, No: int(row.RunNo)}
		read[keys[i]] = row
	}
	runs, paces, err := q.runsByKey(ctx, keys, paces)
	if err != nil {
		return nil, err
	}
	watched := make([]WatchRun, len(runs))
	for i, run := range runs {
		row, pace := read[run.key], paces[run.key]
		watched[i] = WatchRun{
			RunRow: run.RunRow, JobID: row.JobID, Step: row.Step, StepState: row.StepState,
			PolledAt: OrZero(row.PolledAt), ConfirmedAt: OrZero(row.ConfirmedAt), Failures: int(row.Failures),
			Pace: toPace(row.StallAfter, pace.usual, pace.median),
		}
	}
	return watched, nil
}

// readUnseen reads why some jobs are not polled, or not answered.
func (w *Watch) readUnseen(ctx context.Context, q *dbsqlc.Queries, ids []int64) error {
	failing, err := q.WatchFailing(ctx, ids)
	if err != nil {
		return err
	}
	w.Failing = convert(failing, func(row dbsqlc.WatchFailingRow) WatchFailing {
		return WatchFailing{
			Source: row.Source, Outcome: history.Outcome(row.Outcome), Jobs: int(row.Jobs), Names: row.Names, Since: row.Since, Job: row.Job, Error: row.Error,
		}
	})
	paused, err := q.WatchPausedJobs(ctx, ids)
	if err != nil {
		return err
	}
	w.Paused = convert(paused, func(row dbsqlc.WatchPausedJobsRow) WatchPaused {
		return WatchPaused{Source: row.Source, Reason: row.Reason, Jobs: int(row.Jobs), Names: row.Names, PolledAt: row.PolledAt}
	})
	sources, err := q.WatchSources(ctx, dbsqlc.WatchSourcesParams{Now: w.Now, JobIds: ids})
	if err != nil {
		return err
	}
	w.Sources = convert(sources, func(row dbsqlc.WatchSourcesRow) WatchSource {
		return WatchSource{
			Source: row.Source, PausedAt: OrZero(row.PausedAt), Reason: row.Reason, HeldUntil: OrZero(row.HeldUntil), Jobs: int(row.Jobs), Names: row.Names,
		}
	})
	return nil
}

// LatestRun reads the latest run of a job; ErrNotFound: none was seen yet.
func (s *Store) LatestRun(ctx context.Context, jobID int64) (WatchRun, error) {
	runs, err := s.LatestRuns(ctx, []int64{jobID})
	if err != nil {
		return WatchRun{}, err
	}
	if len(runs) == 0 {
		return WatchRun{}, fmt.Errorf("latest run: %w", ErrNotFound)
	}
	return runs[0], nil
}

// LatestRuns reads the latest runs of jobs, removed ones too, the newest change
// first. Jobs that were not seen yet have none.
func (s *Store) LatestRuns(ctx context.Context, jobIDs []int64) ([]WatchRun, error) {
	running, failed, ended := watchedStates()
	var runs []WatchRun
	err := s.inPlanned(ctx, planAnew, func(q *planned) (err error) {
		runs, err = q.watchRuns(ctx, dbsqlc.WatchRunsParams{
			States: append(append(running, failed...), ended...), Direction: newestFirst, JobIds: jobIDs, Rows: int32(len(jobIDs)), Removed: true,
		}, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read latest runs: %w", err)
	}
	return runs, nil
}

func toWatchClass(row dbsqlc.WatchClassesRow) WatchClass {
	return WatchClass{
		Tracking: Tracking(row.Tracking), State: history.State(row.State), Failing: row.Failing, SourcePaused: row.SourcePaused,
		Jobs: int(row.Jobs), NextPollAt: row.NextPollAt,
	}
}
