package store

import (
	"context"
	"encoding/json"
	"fmt"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Answered names a job and the run that its answer tells of.
type Answered struct {
	JobID int64
	RunID string
}

// Known is what comparing and storing a job's next answer needs to know.
type Known struct {
	*history.Known
	Body *Body // of the newest snapshot; nil: not known
}

// NewKnown is what is known of a job without snapshots.
func NewKnown() *Known { return &Known{Known: history.NewKnown()} }

// NextBody gives the body of the snapshot that a change is from.
func (k *Known) NextBody(c history.Change, body []byte) *Body {
	if head := k.HeadRun(); head == nil || head.No != c.RunNo {
		return newBody(body, nil)
	}
	return newBody(body, k.Body)
}

// Take takes in what a poll has found that is recorded.
func (k *Known) Take(f *Finding) {
	k.Apply(f.Change)
	k.Body = f.Body.alone()
}

// Known returns what is known, by job: the run of the newest snapshot and the run with
// the answer's id, both with their steps. Log entries it reads of the latter alone: those
// of a run that the service has left cannot change. Where they are one, it reads the
// newest body, too. Of a job without snapshots nothing is known. unreadable says, by job,
// why stored rows cannot be read.
func (s *Store) Known(ctx context.Context, answered []Answered) (known map[int64]*Known, unreadable map[int64]error, err error) {
	known, unreadable = make(map[int64]*Known, len(answered)), map[int64]error{}
	var params dbsqlc.RunLoadParams
	for _, a := range answered {
		known[a.JobID] = NewKnown()
		params.JobIds = append(params.JobIds, a.JobID)
		params.RunIds = append(params.RunIds, a.RunID)
	}
	err = s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		rows, err := q.RunLoad(ctx, params)
		if err != nil {
			return err
		}
		runs, told := make(runIndex, len(rows)), make(runIndex, len(rows))
		clear(unreadable) // of an earlier attempt
		var heads dbsqlc.SnapshotPartsParams
		for _, row := range rows {
			k := known[row.Run.JobID]
			k.SnapshotNo, k.RunNo = int(row.HeadSnapshotNo), int(row.LastRunNo)
			k.TransitionNo, k.AnomalyNo = int(row.LastTransitionNo), int(row.LastAnomalyNo)
			run, err := runs.add(row.Run)
			if err != nil {
				unreadable[row.Run.JobID] = err
			}
			run.LastStepNo = int(row.LastStepNo)
			run.Blind, run.BlindFrom = row.Blind, OrZero(row.BlindFrom)
			k.Runs[run.ID] = run
			if row.Run.RunNo == row.HeadRunNo {
				k.Head = run.ID
			}
			if row.Told {
				told[runKey{row.Run.JobID, row.Run.RunNo}] = run
			}
			if row.Told && row.Run.RunNo == row.HeadRunNo {
				heads.JobIds, heads.SnapshotNos = append(heads.JobIds, row.Run.JobID), append(heads.SnapshotNos, row.HeadSnapshotNo)
			}
		}
		if err := runs.loadSteps(ctx, q); err != nil {
			return err
		}
		if err := told.loadEntries(ctx, q, unreadable); err != nil {
			return err
		}
		return loadBodies(ctx, q, heads, known)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read what is known of %d jobs: %w", len(answered), err)
	}
	return known, unreadable, nil
}

// SnapshotBody returns the body of a job's snapshot, as it is stored.
func (s *Store) SnapshotBody(ctx context.Context, jobID int64, snapshotNo int) ([]byte, error) {
	body, err := s.queries.SnapshotBody(ctx, dbsqlc.SnapshotBodyParams{JobID: jobID, SnapshotNo: int32(snapshotNo)})
	if err != nil {
		return nil, fmt.Errorf("read snapshot %d of job %d: %w", snapshotNo, jobID, notFound(err))
	}
	return body, nil
}

// loadBodies reads the bodies of snapshots. What cannot be read is not known: the next
// body is stored whole, then, and what is wrong with this one a check of the history tells.
func loadBodies(ctx context.Context, q *dbsqlc.Queries, of dbsqlc.SnapshotPartsParams, known map[int64]*Known) error {
	if len(of.JobIds) == 0 {
		return nil
	}
	parts, err := q.SnapshotParts(ctx, of)
	if err != nil {
		return err
	}
	for _, part := range parts {
		k := known[part.JobID]
		switch {
		case part.Body == nil: // erased
			k.Body = nil
		case part.Patches == 0:
			k.Body = &Body{Bytes: part.Body}
		case k.Body != nil:
			k.Body = k.Body.patched(part.Body)
		}
	}
	return nil
}

// runKey is a run's primary key.
type runKey struct {
	jobID int64
	runNo int32
}

// runIndex holds runs whose steps and entries are being read.
type runIndex map[runKey]*history.Run

func (x runIndex) add(row dbsqlc.Run) (*history.Run, error) {
	run, err := toRun(row)
	if err != nil {
		err = fmt.Errorf("run %d: %w", row.RunNo, err)
	}
	x[runKey{row.JobID, row.RunNo}] = &run
	return &run, err
}

// keys lists the indexed runs as the queries take them.
func (x runIndex) keys() (keys dbsqlc.StepListByRunsParams) {
	for key, run := range x {
		keys.JobIds = append(keys.JobIds, key.jobID)
		keys.RunNos = append(keys.RunNos, key.runNo)
		keys.ForgottenBefores = append(keys.ForgottenBefores, run.ForgottenBefore)
	}
	return keys
}

func (x runIndex) loadSteps(ctx context.Context, q *dbsqlc.Queries) error {
	if len(x) == 0 {
		return nil
	}
	steps, err := q.StepListByRuns(ctx, x.keys())
	if err != nil {
		return err
	}
	for _, row := range steps {
		run := x[runKey{row.Step.JobID, row.Step.RunNo}]
		step := toStep(row.Step)
		step.LastEntryNo = int(row.LastEntryNo)
		run.Steps = append(run.Steps, step)
	}
	return nil
}

// loadEntries reads the log entries of runs whose steps are loaded. A job with an
// entry of a step that does not exist it adds to unreadable.
func (x runIndex) loadEntries(ctx context.Context, q *dbsqlc.Queries, unreadable map[int64]error) error {
	if len(x) == 0 {
		return nil
	}
	entries, err := q.LogEntryListByRuns(ctx, dbsqlc.LogEntryListByRunsParams(x.keys()))
	if err != nil {
		return err
	}
	for _, read := range entries {
		row := read.LogEntry
		run := x[runKey{row.JobID, row.RunNo}]
		if step := run.Step(int(row.StepNo)); step != nil {
			step.Entries = append(step.Entries, toEntry(row, read.Created))
		} else if int(row.StepNo) > run.LastStepNo {
			unreadable[row.JobID] = fmt.Errorf("run %d: log entry %d is of step %d, and there are %d steps", row.RunNo, row.EntryNo, row.StepNo, run.LastStepNo)
		}
	}
	return nil
}

func toRun(row dbsqlc.Run) (history.Run, error) {
	run := history.Run{
		No: int(row.RunNo), ID: row.RunID, Status: row.Status, State: history.State(row.State),
		Start: OrZero(row.StartedAt), End: OrZero(row.EndedAt),
		FirstSeen:     history.Bounds{NotBefore: OrZero(row.NotBefore), ObservedAt: row.FirstSeenAt},
		EndSeen:       history.Bounds{NotBefore: OrZero(row.EndedNotBefore), ObservedAt: OrZero(row.EndedSeenAt)},
		LastChangedAt: row.LastChangedAt, StepCount: int(row.StepCount), Warnings: int(row.Warnings), Errors: int(row.Errors),
		ErrorSummary: row.ErrorSummary, ResultCount: row.ResultCount, UnknownWords: row.UnknownWords,
		ForgottenBefore: OrZero(row.ForgottenBefore),
	}
	if row.ResultExpiresRaw != nil {
		run.ResultExpires = history.ParseTime(*row.ResultExpiresRaw)
		if row.ResultExpiresAt == nil { // it was too far off to be one
			run.ResultExpires = history.Time{Raw: *row.ResultExpiresRaw}
		}
	}
	if err := json.Unmarshal(row.Shape, &run.Shape); err != nil {
		return run, fmt.Errorf("read shape: %w", err)
	}
	return run, nil
}

func toStep(row dbsqlc.Step) history.Step {
	return history.Step{
		No: int(row.StepNo), Name: row.Name, Status: row.Status, State: history.State(row.State), Reported: row.Reported,
		Start:      history.Time{Raw: OrZero(row.StartedRaw), At: OrZero(row.StartedAt), ZoneAssumed: row.StartedZoneAssumed},
		End:        history.Time{Raw: OrZero(row.EndedRaw), At: OrZero(row.EndedAt), ZoneAssumed: row.EndedZoneAssumed},
		FirstSeen:  history.Bounds{NotBefore: OrZero(row.NotBefore), ObservedAt: row.FirstSeenAt},
		EndSeen:    history.Bounds{NotBefore: OrZero(row.EndedNotBefore), ObservedAt: OrZero(row.EndedSeenAt)},
		VanishedAt: OrZero(row.VanishedAt),
	}
}

func toEntry(row dbsqlc.LogEntry, created string) history.Entry {
	return history.Entry{
		No: int(row.EntryNo), Position: int(row.Position), Level: row.Level, Detail: row.Detail,
		Created:     history.Time{Raw: created, At: OrZero(row.CreatedAt), ZoneAssumed: row.ZoneAssumed},
		FirstSeen:   history.Bounds{NotBefore: OrZero(row.NotBefore), ObservedAt: row.FirstSeenAt},
		WithdrawnAt: OrZero(row.WithdrawnAt),
	}
}
