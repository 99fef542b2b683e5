package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

const (
	// rebuildLease keeps others from polling a job while it is rebuilt.
	rebuildLease = 10 * time.Minute
	// foldPage is how many snapshots are read at once, foldBytes how large they may
	// be together. One snapshot alone may be larger.
	foldPage  = 200
	foldBytes = 8 << 20
)

// ErrClaimed means that somebody is polling the job right now.
var ErrClaimed = errors.New("the job is being polled")

// allowRewrite is the one way past the guards of the append-only tables, for their
// owner, until the transaction ends. Citus, which knows what the first says, tells the
// nodes that have the rows; what set_config sets it does not tell them.
var allowRewrite = []string{"SET LOCAL citus.propagate_set_commands = 'local'", "SET LOCAL tracker.rewrite = 'on'"}

// Interpret reads a stored body.
type Interpret func(body []byte) (history.Answer, error)

// RebuildParams says which job to derive again, and how its bodies are read.
type RebuildParams struct {
	JobID     int64
	Owner     string
	Now       time.Time // by the database's clock
	Interpret Interpret
}

// Rebuilt tells what a rebuild did.
type Rebuilt struct {
	Snapshots int   // folded
	Rows      int64 // written or deleted because they differed
}

// Folded is a snapshot that was folded into a trail.
type Folded struct {
	No     int
	RunNo  int // as it was recorded
	Seen   history.Bounds
	Body   []byte           // nil: it was taken with its run
	Taken  history.TakenRun // then: what is left of that
	Change history.Change   // what it has changed
}

// Fold derives a job's history from its snapshots that were observed by
// knownAt (zero: all).
func (s *Store) Fold(ctx context.Context, jobID int64, knownAt time.Time, interpret Interpret) (*history.Trail, error) {
	return s.FoldEach(ctx, jobID, knownAt, interpret, nil)
}

// FoldEach is Fold that tells of each snapshot, in their order (each is nil: of none).
func (s *Store) FoldEach(ctx context.Context, jobID int64, knownAt time.Time, interpret Interpret, each func(*history.Trail, Folded) error) (*history.Trail, error) {
	if knownAt.IsZero() {
		knownAt = farTime()
	}
	trail := history.NewTrail()
	var body []byte // of the snapshot before
	taken, err := s.takenRuns(ctx, jobID)
	if err != nil {
		return nil, err
	}
	for {
		rows, err := s.queries.SnapshotList(ctx, dbsqlc.SnapshotListParams{
			JobID: jobID, After: int32(trail.SnapshotNo), KnownAt: knownAt, Rows: foldPage, Most: foldBytes,
		})
		if err != nil {
			return nil, fmt.Errorf("read snapshots of job %d: %w", jobID, err)
		}
		if len(rows) == 0 {
			return trail, nil
		}
		for _, row := range rows {
			if row.Body != nil {
				if body, err = nextBody(body, row.Body, row.Patches); err != nil {
					return nil, fmt.Errorf("read the body of snapshot %d of job %d: %w", row.SnapshotNo, jobID, err)
				}
				row.Body = body
			}
			folded, err := foldSnapshot(trail, row, taken, interpret)
			if err != nil {
				return nil, fmt.Errorf("snapshot %d of job %d: %w", row.SnapshotNo, jobID, err)
			}
			if each == nil {
				continue
			}
			if err := each(trail, folded); err != nil {
				return nil, err
			}
		}
	}
}

// errBodyGone means that a snapshot has lost its body.
var errBodyGone = errors.New("its body is gone, and not by retention")

// foldSnapshot takes a snapshot into a trail: by its body, or by what is left of its run.
func foldSnapshot(trail *history.Trail, row dbsqlc.SnapshotListRow, taken map[int]history.TakenRun, interpret Interpret) (Folded, error) {
	folded := Folded{
		No: int(row.SnapshotNo), RunNo: int(row.RunNo), Body: row.Body,
		Seen: history.Bounds{NotBefore: fromPointer(row.NotBefore).UTC(), ObservedAt: row.ObservedAt.UTC()},
	}
	if row.Body == nil {
		run, found := taken[folded.RunNo]
		if !found {
			return folded, errBodyGone
		}
		run.Status, run.State = row.Status, history.State(row.State)
		folded.Taken, folded.Change = run, trail.Skip(run, folded.Seen)
		return folded, nil
	}
	said, err := interpret(row.Body)
	if err != nil {
		return folded, fmt.Errorf("interpret it: %w", err)
	}
	folded.Change = trail.Add(said, folded.Seen)
	return folded, nil
}

// Rebuild derives a job's runs, steps, log entries, results, transitions and
// anomalies from its snapshots again and writes those rows that differ. It
// needs the rights of the tables' owner. ErrClaimed: try again in a moment.
func (s *Store) Rebuild(ctx context.Context, params RebuildParams) (Rebuilt, error) {
	claimedUntil, err := s.queries.CursorClaimForRebuild(ctx, dbsqlc.CursorClaimForRebuildParams{
		JobID: params.JobID, Owner: &params.Owner, Now: params.Now, Lease: rebuildLease,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return Rebuilt{}, ErrClaimed
	}
	if err != nil {
		return Rebuilt{}, fmt.Errorf("claim job %d: %w", params.JobID, err)
	}
	until := fromPointer(claimedUntil)
	defer s.releaseRebuild(ctx, Claim{Cursor: Cursor{JobID: params.JobID}, Until: until})

	trail, err := s.Fold(ctx, params.JobID, time.Time{}, params.Interpret)
	if err != nil {
		return Rebuilt{}, err
	}
	rows, trims, err := trailRows(params.JobID, trail)
	if err != nil {
		return Rebuilt{}, err
	}
	rebuilt := Rebuilt{Snapshots: trail.SnapshotNo}
	err = s.inTxAfter(ctx, allowRewrite, func(tx pgx.Tx) error {
		q := dbsqlc.New(counted{tx})
		cursor, err := q.CursorLock(ctx, params.JobID)
		if err != nil {
			return err
		}
		if !fromPointer(cursor.ClaimedUntil).Equal(until) {
			return ErrClaimed
		}
		rebuilt.Rows, err = rewrite(ctx, q, rows, trims)
		return err
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == insufficientPrivilege {
		return Rebuilt{}, fmt.Errorf("%w: run it with the DATABASE_URL that  tracker migrate up  is run with: %w", ErrNotOwner, err)
	}
	if err != nil {
		return Rebuilt{}, fmt.Errorf("write what differs: %w", err)
	}
	return rebuilt, nil
}

// releaseRebuild ends the claim. Where that fails, the claim runs out.
func (s *Store) releaseRebuild(ctx context.Context, claim Claim) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
	defer cancel()
	_ = s.ReleaseClaims(ctx, []Claim{claim})
}

// rewrite writes the rows of a job that differ. If any does, it has the days of the
// job's runs counted again, since no snapshot tells RollUp of them.
func rewrite(ctx context.Context, q *dbsqlc.Queries, rows changeRows, trims trailTrims) (int64, error) {
	jobID := trims.runs.JobID
	before, err := q.RunStartDays(ctx, jobID)
	if err != nil {
		return 0, err
	}
	differed, err := writeTrail(ctx, q, rows, trims)
	if err != nil || differed == 0 {
		return differed, err
	}
	after, err := q.RunStartDays(ctx, jobID)
	if err != nil {
		return 0, err
	}
	days := inOrder(append(before, after...))
	_, err = q.RecountInsert(ctx, dbsqlc.RecountInsertParams{JobIds: slices.Repeat([]int64{jobID}, len(days)), Days: days})
	return differed, err
}

// counted counts the rows that a statement has changed by asking for them: Citus'
// command tag has the number of rows that it was given.
type counted struct{ pgx.Tx }

// Exec implements dbsqlc.DBTX.
func (c counted) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := c.Query(ctx, sql+"\nRETURNING 1", args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	n := 0
	for rows.Next() {
		n++
	}
	return pgconn.NewCommandTag(fmt.Sprintf("UPDATE %d", n)), rows.Err()
}

// writeTrail replaces the stored rows of a job by those of a trail, and returns how
// many differed.
func writeTrail(ctx context.Context, q *dbsqlc.Queries, rows changeRows, trims trailTrims) (int64, error) {
	if err := q.RunVacate(ctx, dbsqlc.RunVacateParams{JobID: trims.runs.JobID, RunNos: rows.runs.RunNos, RunIds: rows.runs.RunIds}); err != nil {
		return 0, err
	}
	var differed int64
	for _, write := range []func() (int64, error){
		func() (int64, error) { return q.AnomalyTrim(ctx, trims.anomalies) },
		func() (int64, error) { return q.TransitionTrim(ctx, trims.transitions) },
		func() (int64, error) { return q.ResultItemTrimJob(ctx, trims.items) },
		func() (int64, error) { return q.LogEntryTrim(ctx, trims.entries) },
		func() (int64, error) { return q.StepTrim(ctx, trims.steps) },
		func() (int64, error) { return q.RunTrim(ctx, trims.runs) },
		func() (int64, error) { return q.RunUpsert(ctx, rows.runs) },
		func() (int64, error) { return q.StepUpsert(ctx, rows.steps) },
		func() (int64, error) { return q.LogEntryUpsert(ctx, rows.entries) },
		func() (int64, error) { return q.ResultItemUpsert(ctx, rows.items) },
		func() (int64, error) { return q.TransitionUpsert(ctx, dbsqlc.TransitionUpsertParams(rows.transitions)) },
		func() (int64, error) { return q.AnomalyUpsert(ctx, dbsqlc.AnomalyUpsertParams(rows.anomalies)) },
	} {
		n, err := write()
		if err != nil {
			return 0, err
		}
		differed += n
	}
	return differed, nil
}

// trailTrims are the parameters that delete the rows which a trail does not have.
type trailTrims struct {
	runs        dbsqlc.RunTrimParams
	steps       dbsqlc.StepTrimParams
	entries     dbsqlc.LogEntryTrimParams
	items       dbsqlc.ResultItemTrimJobParams
	transitions dbsqlc.TransitionTrimParams
	anomalies   dbsqlc.AnomalyTrimParams
}

// trailRows gives all rows of a trail.
func trailRows(jobID int64, trail *history.Trail) (changeRows, trailTrims, error) {
	var rows changeRows
	trims := trailTrims{
		runs:        dbsqlc.RunTrimParams{JobID: jobID, Last: int32(trail.RunNo)},
		steps:       dbsqlc.StepTrimParams{JobID: jobID},
		entries:     dbsqlc.LogEntryTrimParams{JobID: jobID},
		items:       dbsqlc.ResultItemTrimJobParams{JobID: jobID},
		transitions: dbsqlc.TransitionTrimParams{JobID: jobID, Last: int32(trail.TransitionNo)},
		anomalies:   dbsqlc.AnomalyTrimParams{JobID: jobID, Last: int32(trail.AnomalyNo)},
	}
	all := history.Change{Transitions: trail.Transitions, Anomalies: trail.Anomalies}
	for _, run := range trail.Runs {
		all.Runs = append(all.Runs, *run)
		trims.steps.RunNos = append(trims.steps.RunNos, int32(run.No))
		trims.steps.StepCounts = append(trims.steps.StepCounts, int32(len(run.Steps)))
		for _, step := range run.Steps {
			all.Steps = append(all.Steps, history.PlacedStep{RunNo: run.No, Step: step})
			trims.entries.RunNos = append(trims.entries.RunNos, int32(run.No))
			trims.entries.StepNos = append(trims.entries.StepNos, int32(step.No))
			trims.entries.EntryCounts = append(trims.entries.EntryCounts, int32(len(step.Entries)))
			for _, entry := range step.Entries {
				all.Entries = append(all.Entries, history.PlacedEntry{RunNo: run.No, StepNo: step.No, Entry: entry})
			}
		}
		if err := rows.addItems(jobID, run.No, trail.Items[run.No]); err != nil {
			return changeRows{}, trailTrims{}, err
		}
	}
	trims.items.RunNos, trims.items.ItemCounts = rows.trims.RunNos, rows.trims.ItemCounts
	err := rows.add(jobID, all)
	return rows, trims, err
}
