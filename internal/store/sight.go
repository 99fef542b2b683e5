package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// sightPage is how many snapshots of several jobs are read at once.
const sightPage = 1000

// Sight reads of one moment, and much at once: all of some jobs whose numbers follow on
// each other, so that no other job has a number between them.
type Sight struct {
	queries  *dbsqlc.Queries
	from, to int64 // the numbers of the jobs
}

// See gives work a sight of the jobs from one number to another.
func (s *Store) See(ctx context.Context, from, to int64, work func(*Sight) error) error {
	return s.inSnapshot(ctx, func(q *dbsqlc.Queries) error { return work(&Sight{queries: q, from: from, to: to}) })
}

// JobSize is about how many snapshots a job has.
type JobSize struct {
	JobID     int64
	Snapshots int
}

// JobSizes tells about how large each job's history is, by the jobs' numbers.
func (s *Store) JobSizes(ctx context.Context) ([]JobSize, error) {
	rows, err := s.queries.JobSizes(ctx)
	if err != nil {
		return nil, fmt.Errorf("read how many snapshots there are: %w", err)
	}
	return convert(rows, func(row dbsqlc.JobSizesRow) JobSize { return JobSize{JobID: row.JobID, Snapshots: int(row.SnapshotNo)} }), nil
}

// JobFold is a job's history as its snapshots give it.
type JobFold struct {
	Trail          *history.Trail
	Interpretation int   // the least by which one of them was read, recorded or derived again; 0: there is none
	Err            error // why what is stored cannot be folded; Trail ends there
	ErrAt          time.Time

	reader  storedReader
	derived []dbsqlc.StoredDerivationsRow
}

// Fold derives the history of each job from its snapshots, by its interpretation (nil:
// the job is passed over), and tells of each snapshot.
func (v *Sight) Fold(ctx context.Context, interpretation func(jobID int64) Interpret, each func(jobID int64, snapshot Folded)) (map[int64]*JobFold, error) {
	folds := map[int64]*JobFold{}
	taken, erased, err := v.gone(ctx)
	if err != nil {
		return nil, err
	}
	derived, err := v.derivations(ctx)
	if err != nil {
		return nil, err
	}
	params := dbsqlc.SnapshotListOfJobsParams{FromJob: v.from, ToJob: v.to, AfterJob: v.from, Rows: sightPage, Most: foldBytes}
	for {
		rows, err := v.queries.SnapshotListOfJobs(ctx, params)
		if err != nil {
			return nil, fmt.Errorf("read snapshots of jobs %d to %d: %w", v.from, v.to, err)
		}
		if len(rows) == 0 {
			return folds, nil
		}
		for _, row := range rows {
			params.AfterJob, params.After = row.JobID, row.SnapshotNo
			fold := folds[row.JobID]
			if fold == nil {
				fold = &JobFold{Trail: history.NewTrail(), derived: derived[row.JobID], reader: storedReader{
					whole: true, taken: taken[row.JobID], erased: erased[row.JobID], interpret: interpretation(row.JobID),
				}}
				folds[row.JobID] = fold
			}
			if fold.Err != nil || fold.reader.interpret == nil {
				continue
			}
			if snapshot, ok := fold.add(dbsqlc.SnapshotListRow(row)); ok {
				each(row.JobID, snapshot)
			}
		}
	}
}

// add takes in the next snapshot; false: it cannot be read, as Err says.
func (f *JobFold) add(row dbsqlc.SnapshotListRow) (Folded, bool) {
	n, err := f.reader.next(row)
	if err != nil {
		f.Err, f.ErrAt = fmt.Errorf("snapshot %d: %w", n.no, err), n.seen.ObservedAt
		return Folded{}, false
	}
	by := n.interpretation
	for _, again := range f.derived {
		if !n.seen.ObservedAt.After(again.At) {
			by = max(by, int(again.Interpretation))
		}
	}
	if f.Interpretation == 0 || by < f.Interpretation {
		f.Interpretation = by
	}
	return n.foldInto(f.Trail), true
}

// derivations tells, by job, when rows were derived again, and by which interpretation.
func (v *Sight) derivations(ctx context.Context) (map[int64][]dbsqlc.StoredDerivationsRow, error) {
	rows, err := v.queries.StoredDerivations(ctx, dbsqlc.StoredDerivationsParams{FromJob: v.from, ToJob: v.to})
	if err != nil {
		return nil, fmt.Errorf("read by what jobs %d to %d were rebuilt: %w", v.from, v.to, err)
	}
	derived := map[int64][]dbsqlc.StoredDerivationsRow{}
	for _, row := range rows {
		derived[row.JobID] = append(derived[row.JobID], row)
	}
	return derived, nil
}

// gone tells, by job, which runs were taken and which snapshots erased.
func (v *Sight) gone(ctx context.Context) (map[int64]map[int]history.TakenRun, map[int64]map[int]history.Erased, error) {
	taken, erased := map[int64]map[int]history.TakenRun{}, map[int64]map[int]history.Erased{}
	runs, err := v.queries.StoredTakenRuns(ctx, dbsqlc.StoredTakenRunsParams{FromJob: v.from, ToJob: v.to})
	if err != nil {
		return nil, nil, fmt.Errorf("read which runs of jobs %d to %d were taken: %w", v.from, v.to, err)
	}
	for _, row := range runs {
		run, err := toTakenRun(row)
		if err != nil {
			return nil, nil, err
		}
		within(taken, row.JobID)[run.No] = run
	}
	snapshots, err := v.queries.StoredErased(ctx, dbsqlc.StoredErasedParams{FromJob: v.from, ToJob: v.to})
	if err != nil {
		return nil, nil, fmt.Errorf("read which snapshots of jobs %d to %d were erased: %w", v.from, v.to, err)
	}
	for _, row := range snapshots {
		within(erased, row.JobID)[int(row.SnapshotNo)] = toErased(row)
	}
	return taken, erased, nil
}

// within is the map of a key, which is made where there is none.
func within[K, L comparable, V any](all map[K]map[L]V, key K) map[L]V {
	if all[key] == nil {
		all[key] = map[L]V{}
	}
	return all[key]
}

// StoredRows are rows of a job beside its snapshots, by number, as the report views have
// them: without what the job's row or other rows say.
type StoredRows struct {
	Runs        []RunRow
	Steps       []StepRow
	Transitions []TransitionRow
	Anomalies   []AnomalyRow
	LogEntries  []LogEntryRow
	Items       []ResultItemRow
}

// Rows reads, by job, what is stored of the runs from one number to another.
func (v *Sight) Rows(ctx context.Context, fromRun, toRun int) (map[int64]*StoredRows, error) {
	stored := storedOfJobs{}
	params := dbsqlc.StoredRunsParams{FromJob: v.from, ToJob: v.to, FromRun: int32(fromRun), ToRun: int32(toRun)}
	for _, read := range []func(context.Context, *dbsqlc.Queries, dbsqlc.StoredRunsParams) error{
		stored.readRuns, stored.readSteps, stored.readTransitions, stored.readAnomalies, stored.readLogEntries, stored.readItems,
	} {
		if err := read(ctx, v.queries, params); err != nil {
			return nil, fmt.Errorf("read what is stored of jobs %d to %d: %w", v.from, v.to, err)
		}
	}
	return stored, nil
}

// storedOfJobs collects rows by job.
type storedOfJobs map[int64]*StoredRows

// eachOf gives work the rows of each job, which stand together.
func eachOf[Row any](s storedOfJobs, rows []Row, jobID func(*Row) int64, work func(*StoredRows, []Row)) {
	for id, ofJob := range byJob(rows, jobID) {
		if s[id] == nil {
			s[id] = &StoredRows{}
		}
		work(s[id], ofJob)
	}
}

func (s storedOfJobs) readRuns(ctx context.Context, q *dbsqlc.Queries, params dbsqlc.StoredRunsParams) error {
	type row = dbsqlc.StoredRunsRow
	rows, err := q.StoredRuns(ctx, params)
	eachOf(s, rows, func(r *row) int64 { return r.JobID }, func(of *StoredRows, rows []row) {
		of.Runs = convert(rows, func(r row) RunRow {
			return RunRow{
				RunNo: r.RunNo, RunID: r.RunID, State: r.State, Status: r.Status, StartedAt: r.StartedAt, EndedAt: r.EndedAt, Reported: r.Reported,
				Duration: (*Interval)(r.Duration), DurationMax: (*Interval)(r.DurationMax), FirstSeenAt: r.FirstSeenAt, LastChangedAt: r.LastChangedAt,
				Steps: r.Steps, Warnings: r.Warnings, Errors: r.Errors, ErrorSummary: r.ErrorSummary, ResultCount: r.ResultCount, ResultExpiresAt: r.ResultExpiresAt,
			}
		})
	})
	return err
}

func (s storedOfJobs) readSteps(ctx context.Context, q *dbsqlc.Queries, params dbsqlc.StoredRunsParams) error {
	type row = dbsqlc.StoredStepsRow
	rows, err := q.StoredSteps(ctx, dbsqlc.StoredStepsParams(params))
	eachOf(s, rows, func(r *row) int64 { return r.JobID }, func(of *StoredRows, rows []row) {
		of.Steps = convert(rows, func(r row) StepRow {
			return StepRow{
				RunNo: r.RunNo, StepNo: r.StepNo, Step: r.Step, State: r.State, Status: r.Status, StartedAt: r.StartedAt, EndedAt: r.EndedAt, Reported: r.Reported,
				Duration: (*Interval)(r.Duration), DurationMax: (*Interval)(r.DurationMax), StartedRaw: r.StartedRaw, EndedRaw: r.EndedRaw,
				ZoneAssumed: r.ZoneAssumed, FirstSeenAt: r.FirstSeenAt, VanishedAt: r.VanishedAt,
			}
		})
	})
	return err
}

func (s storedOfJobs) readTransitions(ctx context.Context, q *dbsqlc.Queries, params dbsqlc.StoredRunsParams) error {
	type row = dbsqlc.StoredTransitionsRow
	rows, err := q.StoredTransitions(ctx, dbsqlc.StoredTransitionsParams(params))
	eachOf(s, rows, func(r *row) int64 { return r.JobID }, func(of *StoredRows, rows []row) {
		of.Transitions = convert(rows, func(r row) TransitionRow {
			return TransitionRow{
				TransitionNo: r.TransitionNo, RunNo: r.RunNo, StepNo: r.StepNo, FromState: r.FromState, ToState: r.ToState, FromStatus: r.FromStatus,
				ToStatus: r.ToStatus, HappenedAt: r.HappenedAt, NotBefore: r.NotBefore, ObservedAt: r.ObservedAt, SnapshotNo: r.SnapshotNo,
			}
		})
	})
	return err
}

func (s storedOfJobs) readAnomalies(ctx context.Context, q *dbsqlc.Queries, params dbsqlc.StoredRunsParams) error {
	type row = dbsqlc.StoredAnomaliesRow
	rows, err := q.StoredAnomalies(ctx, dbsqlc.StoredAnomaliesParams(params))
	eachOf(s, rows, func(r *row) int64 { return r.JobID }, func(of *StoredRows, rows []row) {
		of.Anomalies = convert(rows, func(r row) AnomalyRow {
			return AnomalyRow{
				AnomalyNo: r.AnomalyNo, RunNo: r.RunNo, StepNo: r.StepNo, Kind: r.Kind, Was: r.Was, Now: r.Now, Count: r.Count,
				ObservedAt: r.ObservedAt, SnapshotNo: r.SnapshotNo,
			}
		})
	})
	return err
}

func (s storedOfJobs) readLogEntries(ctx context.Context, q *dbsqlc.Queries, params dbsqlc.StoredRunsParams) error {
	type row = dbsqlc.StoredLogEntriesRow
	rows, err := q.StoredLogEntries(ctx, dbsqlc.StoredLogEntriesParams(params))
	eachOf(s, rows, func(r *row) int64 { return r.JobID }, func(of *StoredRows, rows []row) {
		of.LogEntries = convert(rows, func(r row) LogEntryRow {
			return LogEntryRow{
				RunNo: r.RunNo, StepNo: r.StepNo, EntryNo: r.EntryNo, CreatedAt: r.CreatedAt, Level: r.Level, Detail: r.Detail,
				FirstSeenAt: r.FirstSeenAt, WithdrawnAt: r.WithdrawnAt, CreatedRaw: r.CreatedRaw, ZoneAssumed: r.ZoneAssumed,
			}
		})
	})
	return err
}

func (s storedOfJobs) readItems(ctx context.Context, q *dbsqlc.Queries, params dbsqlc.StoredRunsParams) error {
	type row = dbsqlc.StoredItemsRow
	rows, err := q.StoredItems(ctx, dbsqlc.StoredItemsParams(params))
	eachOf(s, rows, func(r *row) int64 { return r.JobID }, func(of *StoredRows, rows []row) {
		of.Items = convert(rows, func(r row) ResultItemRow {
			return ResultItemRow{
				RunNo: r.RunNo, ItemNo: r.ItemNo, ItemID: r.ItemID, URL: r.Url, Labels: r.Labels, Output: r.Output, Metadata: r.Metadata,
			}
		})
	})
	return err
}

// TrailRows gives of a trail what Rows reads of a job.
func TrailRows(trail *history.Trail, fromRun, toRun int) (StoredRows, error) {
	var rows StoredRows
	var job JobRow
	within := func(runNo int) bool { return runNo >= fromRun && runNo <= toRun }
	runs := slices.DeleteFunc(runsInOrder(trail), func(run *history.Run) bool { return !within(run.No) })
	rows.grow(runs)
	for _, run := range runs {
		rows.Runs = append(rows.Runs, trailRun(job, run))
		for _, step := range run.Steps {
			rows.Steps = append(rows.Steps, trailStep(job, run.No, step))
			of := history.Step{No: step.No}
			for _, e := range step.Entries {
				rows.LogEntries = append(rows.LogEntries, trailEntry(job, run.No, of, e))
			}
		}
		rows.Items = appendItems(rows.Items, trail, run.No)
	}
	for _, t := range trail.Transitions {
		if within(t.RunNo) {
			row := trailTransition(job, t, "")
			row.Step = nil
			rows.Transitions = append(rows.Transitions, row)
		}
	}
	for _, a := range trail.Anomalies {
		if !within(a.RunNo) {
			continue
		}
		row, err := trailAnomaly(job, a)
		if err != nil {
			return rows, err
		}
		rows.Anomalies = append(rows.Anomalies, row)
	}
	return rows, nil
}

// grow makes room for the rows of runs.
func (s *StoredRows) grow(runs []*history.Run) {
	steps, entries := 0, 0
	for _, run := range runs {
		steps += len(run.Steps)
		for _, step := range run.Steps {
			entries += len(step.Entries)
		}
	}
	s.Runs, s.Steps, s.LogEntries = make([]RunRow, 0, len(runs)), make([]StepRow, 0, steps), make([]LogEntryRow, 0, entries)
}
