package store

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// SeenRow is something that was seen of a job: a transition, a log entry, an anomaly or a
// gap. What its kind does not have is null.
type SeenRow struct {
	Job         string     `json:"job"`
	Source      string     `json:"source"`
	Provider    string     `json:"provider"`
	At          time.Time  `json:"at"`   // when it counts as done; a gap as begun
	Kind        string     `json:"kind"` // transition, log_entry, anomaly or gap
	RunNo       *int32     `json:"run_no"`
	StepNo      *int32     `json:"step_no"`
	Step        *string    `json:"step"`
	No          *int32     `json:"no"` // transition_no, entry_no or anomaly_no
	FromState   *string    `json:"from_state"`
	ToState     *string    `json:"to_state"`
	FromStatus  *string    `json:"from_status"`
	ToStatus    *string    `json:"to_status"`
	HappenedAt  *time.Time `json:"happened_at"` // by the upstream
	NotBefore   *time.Time `json:"not_before"`  // of a gap when it began
	ObservedAt  *time.Time `json:"observed_at"` // of a gap when it ended
	WithdrawnAt *time.Time `json:"withdrawn_at"`
	Level       *string    `json:"level"`
	Anomaly     *string    `json:"anomaly"`
	Detail      *string    `json:"detail"` // of a log entry; of an anomaly the first example; of a gap its reason
	SnapshotNo  *int32     `json:"snapshot_no"`
}

// SeenParams says which rows to read.
type SeenParams struct {
	Job     string    // empty: of all jobs
	RunNo   int       // 0: of all runs; else gaps are those from its first sighting to its last change
	Since   time.Time // seen since then; zero: all
	AsOf    time.Time // done by then; zero: all
	KnownAt time.Time // seen by then; zero: all

	Interpret func(Job) (Interpret, error) // how the bodies of a job are read; wanted with KnownAt
}

// seenSQL is no query of sqlc, which reads all rows before it gives the first.
const seenSQL = `
SELECT * FROM (
    SELECT job, source, provider, report.effective_at(happened_at, observed_at) AS at, 'transition' AS kind, run_no, step_no, step, transition_no AS no,
        from_state, to_state, from_status, to_status, happened_at, not_before, observed_at, NULL::timestamptz AS withdrawn_at,
        NULL AS level, NULL AS anomaly, NULL AS detail, snapshot_no
    FROM report.transitions WHERE job_id = $1::bigint
    UNION ALL
    SELECT job, source, provider, report.effective_at(created_at, first_seen_at), 'log_entry', run_no, step_no, step, entry_no,
        NULL, NULL, NULL, NULL, created_at, NULL, first_seen_at, withdrawn_at,
        level, NULL, detail, NULL
    FROM report.log_entries WHERE job_id = $1
    UNION ALL
    SELECT a.job, a.source, a.provider, a.observed_at, 'anomaly', a.run_no, a.step_no, p.step, a.anomaly_no,
        NULL, NULL, NULL, NULL, NULL, NULL, a.observed_at, NULL, NULL, a.kind, concat_ws(' → ', a.was, a.now), a.snapshot_no
    FROM report.anomalies a LEFT JOIN report.steps p ON p.job_id = a.job_id AND p.run_no = a.run_no AND p.step_no = a.step_no WHERE a.job_id = $1
    UNION ALL
    SELECT g.job, g.source, g.provider, g.gap_from, 'gap', NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, g.gap_from, CASE WHEN g.gap_to <= least($4::timestamptz, $5::timestamptz) THEN g.gap_to END, NULL, NULL, NULL, g.reason, NULL
    FROM report.gaps g
    WHERE g.job_id = $1 AND g.gap_from <= least($4::timestamptz, $5::timestamptz) AND ($2::integer = 0 OR EXISTS (
        SELECT 1 FROM report.transitions t WHERE t.job_id = $1 AND t.run_no = $2 AND t.observed_at <= $5
        HAVING g.gap_from <= max(t.observed_at) AND coalesce(g.gap_to, 'infinity') >= coalesce(min(t.not_before), min(t.observed_at))))
) e
WHERE ($2::integer = 0 OR e.run_no = $2 OR e.run_no IS NULL) AND coalesce(e.observed_at, 'infinity') >= $3::timestamptz AND e.at <= $4 AND (e.observed_at IS NULL OR e.observed_at <= $5)
ORDER BY e.at, e.observed_at, e.kind DESC, e.step_no NULLS FIRST, e.no`

// Seen tells of each row, a job after the other, and of each in the order of the times at
// which they count as done. It holds one row at a time. ErrNotFound: there is no such job.
func (s *Store) Seen(ctx context.Context, params SeenParams, each func(SeenRow) error) error {
	if params.Job != "" {
		job, err := s.Job(ctx, params.Job)
		if err != nil {
			return err
		}
		return s.seenOf(ctx, job.ID, job.Name, params, each)
	}
	return s.eachJob(ctx, func(jobs []dbsqlc.ReportJobNamesRow) error {
		for _, job := range jobs {
			if err := s.seenOf(ctx, job.JobID, job.Job, params, each); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) seenOf(ctx context.Context, jobID int64, job string, params SeenParams, each func(SeenRow) error) error {
	asOf, knownAt := cmp.Or(params.AsOf, farTime()), cmp.Or(params.KnownAt, farTime())
	withdrawn, err := s.withdrawnBy(ctx, jobID, job, params)
	if err != nil {
		return err
	}
	rows, err := s.pool.Query(ctx, seenSQL, jobID, int32(params.RunNo), params.Since, asOf, knownAt)
	if err != nil {
		return fmt.Errorf("read what was seen of job %d: %w", jobID, err)
	}
	var r SeenRow
	into := []any{
		&r.Job, &r.Source, &r.Provider, &r.At, &r.Kind, &r.RunNo, &r.StepNo, &r.Step, &r.No, &r.FromState, &r.ToState, &r.FromStatus, &r.ToStatus,
		&r.HappenedAt, &r.NotBefore, &r.ObservedAt, &r.WithdrawnAt, &r.Level, &r.Anomaly, &r.Detail, &r.SnapshotNo,
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		r.At = r.At.UTC()
		for _, at := range []*time.Time{r.HappenedAt, r.NotBefore, r.ObservedAt, r.WithdrawnAt} {
			if at != nil {
				*at = at.UTC()
			}
		}
		if r.Kind == seenEntry {
			if at, then := withdrawn[entryPlace{*r.RunNo, *r.StepNo, *r.No}]; then {
				r.WithdrawnAt = &at
			}
			if r.WithdrawnAt != nil && (r.WithdrawnAt.After(asOf) || r.WithdrawnAt.After(knownAt)) {
				r.WithdrawnAt = nil
			}
		}
		return each(r)
	})
	if err != nil {
		return fmt.Errorf("read what was seen of job %d: %w", jobID, err)
	}
	return nil
}

// seenEntry is the kind of a row that is a log entry.
const seenEntry = "log_entry"

// entryPlace says which log entry of a job.
type entryPlace struct{ runNo, stepNo, entryNo int32 }

// withdrawnBy are the entries of a job that were withdrawn by what was known at a time.
// Some may have come back since, and snapshots alone keep that.
func (s *Store) withdrawnBy(ctx context.Context, jobID int64, name string, params SeenParams) (map[entryPlace]time.Time, error) {
	if params.KnownAt.IsZero() {
		return nil, nil
	}
	kinds := []string{string(history.KindEntryWithdrawn), string(history.KindStepVanished)} // a step takes its entries with it
	some, err := s.queries.ReportAnomalyBy(ctx, dbsqlc.ReportAnomalyByParams{JobID: jobID, Kinds: kinds, By: params.KnownAt})
	if err != nil || !some {
		return nil, wrapped("read whether entries of job "+name+" were withdrawn", err)
	}
	job, err := s.Job(ctx, name)
	if err != nil {
		return nil, err
	}
	trail, err := s.trailBy(ctx, job, stretch{knownAt: params.KnownAt}, params.Interpret)
	if err != nil {
		return nil, err
	}
	withdrawn := map[entryPlace]time.Time{}
	for _, run := range trail.Runs {
		for _, step := range run.Steps {
			for _, e := range step.Entries {
				if !e.WithdrawnAt.IsZero() {
					withdrawn[entryPlace{int32(run.No), int32(step.No), int32(e.No)}] = e.WithdrawnAt.UTC()
				}
			}
		}
	}
	return withdrawn, nil
}
