package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Told is what the snapshots told by a time of runs of which later ones told more: what
// a service may have written over since, and only snapshots keep. The functions of the
// schema report take it as their argument told.
type Told struct {
	Runs      []ToldRun       `json:"runs"`
	Steps     []ToldStep      `json:"steps"`
	Withdrawn []ToldWithdrawn `json:"withdrawn"`
}

// ToldRun is what was told of a run.
type ToldRun struct {
	JobID        int64      `json:"job_id"`
	RunNo        int32      `json:"run_no"`
	StartedAt    *time.Time `json:"started_at"` // as reported
	EndedAt      *time.Time `json:"ended_at"`   // likewise
	ErrorSummary *string    `json:"error_summary"`
}

// ToldStep is what was told of a step of such a run.
type ToldStep struct {
	JobID      int64      `json:"job_id"`
	RunNo      int32      `json:"run_no"`
	StepNo     int32      `json:"step_no"`
	Step       string     `json:"step"`
	StartedAt  *time.Time `json:"started_at"` // as reported
	EndedAt    *time.Time `json:"ended_at"`   // likewise
	EndedRaw   *string    `json:"ended_raw"`
	VanishedAt *time.Time `json:"vanished_at"`
}

// ToldWithdrawn is an error of such a run that was withdrawn by then.
type ToldWithdrawn struct {
	JobID       int64     `json:"job_id"`
	RunNo       int32     `json:"run_no"`
	StepNo      int32     `json:"step_no"`
	EntryNo     int32     `json:"entry_no"`
	WithdrawnAt time.Time `json:"withdrawn_at"`
}

// Told reads again what the snapshots told by a time of all runs of a source (empty: of
// any) of which more was learned since. interpret gives how the bodies of a job are read.
func (s *Store) Told(ctx context.Context, knownAt time.Time, source string, interpret func(Job) (Interpret, error)) (*Told, error) {
	rows, err := s.queries.RunListToldSince(ctx, dbsqlc.RunListToldSinceParams{KnownAt: knownAt, Source: source})
	if err != nil {
		return nil, fmt.Errorf("read which runs were told of after %s: %w", knownAt, err)
	}
	told := &Told{Runs: []ToldRun{}, Steps: []ToldStep{}, Withdrawn: []ToldWithdrawn{}}
	for len(rows) > 0 {
		of := 1
		for of < len(rows) && rows[of].JobID == rows[0].JobID {
			of++
		}
		if err := s.retell(ctx, told, rows[:of], knownAt, interpret); err != nil {
			return nil, err
		}
		rows = rows[of:]
	}
	return told, nil
}

// retell adds what was told of runs of one job, the first of which is the one that was
// seen first.
func (s *Store) retell(ctx context.Context, told *Told, runs []dbsqlc.RunListToldSinceRow, knownAt time.Time, interpret func(Job) (Interpret, error)) error {
	job, err := s.Job(ctx, runs[0].Job)
	if err != nil {
		return err
	}
	trail, err := s.trailBy(ctx, job, stretch{fromNo: int(runs[0].FromNo), knownAt: knownAt}, interpret)
	if err != nil {
		return err
	}
	for _, row := range runs {
		if run := trail.Runs[row.RunID]; run != nil {
			told.add(job.ID, row.RunNo, *run)
		}
	}
	return nil
}

// trailBy reads again what a stretch of a job's snapshots told.
func (s *Store) trailBy(ctx context.Context, job Job, of stretch, interpret func(Job) (Interpret, error)) (*history.Trail, error) {
	read, err := interpret(job)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", job.Name, err)
	}
	trail := history.NewTrail()
	err = s.eachStored(ctx, job.ID, of, read, func(n storedSnapshot) error {
		n.addTo(trail)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read again what job %s told by %s: %w", job.Name, of.knownAt, err)
	}
	return trail, nil
}

func (t *Told) add(jobID int64, runNo int32, run history.Run) {
	t.Runs = append(t.Runs, ToldRun{
		JobID: jobID, RunNo: runNo, StartedAt: toPointer(run.Start), EndedAt: toPointer(run.End), ErrorSummary: run.ErrorSummary,
	})
	for _, step := range run.Steps {
		t.Steps = append(t.Steps, ToldStep{
			JobID: jobID, RunNo: runNo, StepNo: int32(step.No), Step: step.Name, StartedAt: toPointer(step.Start.At), EndedAt: toPointer(step.End.At),
			EndedRaw: toPointer(step.End.Raw), VanishedAt: toPointer(step.VanishedAt),
		})
		for _, e := range step.Entries {
			if e.Level == "error" && !e.WithdrawnAt.IsZero() {
				t.Withdrawn = append(t.Withdrawn, ToldWithdrawn{JobID: jobID, RunNo: runNo, StepNo: int32(step.No), EntryNo: int32(e.No), WithdrawnAt: e.WithdrawnAt})
			}
		}
	}
}
