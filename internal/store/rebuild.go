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

// rebuildLease keeps others from polling a job while its rows are written anew.
const rebuildLease = 10 * time.Minute

// ErrClaimed means that somebody is polling the job right now, or takes its old runs.
var ErrClaimed = errors.New("the job is being polled, or its old runs are being taken")

// allowRewrite is the one way past the guards of the append-only tables, for their
// owner, until the transaction ends. Citus, which knows what the first says, tells the
// nodes that have the rows; what set_config sets it does not tell them.
var allowRewrite = []string{"SET LOCAL citus.propagate_set_commands = 'local'", "SET LOCAL tracker.rewrite = 'on'"}

// Interpret reads a stored body.
type Interpret func(body []byte) (history.Answer, error)

// RebuildParams says which job to derive again, and how its bodies are read.
type RebuildParams struct {
	JobID     int64
	By        Author // of the act, where rows differ; the zero Author: the login
	Owner     string
	Now       time.Time // by the database's clock
	Interpret Interpret

	Interpretation int // the version of Interpret
}

// Rebuilt tells what a rebuild did.
type Rebuilt struct {
	Snapshots int   // folded
	Rows      int64 // written or deleted because they differed
}

// Rebuild derives a job's runs, steps, log entries, results, transitions and
// anomalies from its snapshots again and writes those rows that differ. It
// needs the rights of the tables' owner. ErrClaimed: try again in a moment.
func (s *Store) Rebuild(ctx context.Context, params RebuildParams) (Rebuilt, error) {
	claimed, release, err := s.claimForRewrite(ctx, params.JobID, params.Owner, params.Now)
	if err != nil {
		return Rebuilt{}, err
	}
	defer release()

	trail, from, to := history.NewTrail(), params.Now, params.Now
	older := false // another interpretation has recorded some of it
	err = s.eachStored(ctx, params.JobID, stretch{}, params.Interpret, func(n storedSnapshot) error {
		if to = n.seen.ObservedAt; n.no == 1 {
			from = to
		}
		older = older || n.interpretation < params.Interpretation
		n.addTo(trail)
		return nil
	})
	if err != nil {
		return Rebuilt{}, err
	}
	rows, trims, err := trailRows(params.JobID, trail)
	if err != nil {
		return Rebuilt{}, err
	}
	rebuilt := Rebuilt{Snapshots: trail.SnapshotNo}
	err = s.inRewrite(ctx, params.JobID, claimed, func(tx pgx.Tx) error {
		if rebuilt.Rows, err = rewrite(ctx, dbsqlc.New(counted{tx}), rows, trims); err != nil {
			return err
		}
		q := dbsqlc.New(tx)
		if rebuilt.Rows > 0 {
			if err := q.CursorRewritten(ctx, cursorRewritten(params.JobID, trail)); err != nil {
				return err
			}
		} else if told, err := isTold(ctx, q, params, older); err != nil || told {
			return err
		}
		if err := params.By.tell(ctx, q); err != nil {
			return err
		}
		_, err := q.ActInsert(ctx, dbsqlc.ActInsertParams{
			Kind: ActRebuild, What: actRows, JobID: params.JobID, RangeFrom: from, RangeTo: to, Rows: rebuilt.Rows,
			Interpretation: toPointer(int32(params.Interpretation)),
		})
		return err
	})
	if err != nil {
		return Rebuilt{}, fmt.Errorf("write what differs: %w", err)
	}
	return rebuilt, nil
}

// cursorRewritten tells a job's cursor of rows that are those of a trail.
func cursorRewritten(jobID int64, trail *history.Trail) dbsqlc.CursorRewrittenParams {
	p := dbsqlc.CursorRewrittenParams{JobID: jobID}
	if head := trail.HeadRun(); head != nil { // else it was taken
		p.State = toPointer(string(head.State))
	}
	return p
}

// isTold reports that nobody need be told of a rebuild that has changed nothing: by its
// interpretation the rows were recorded, or derived before.
func isTold(ctx context.Context, q *dbsqlc.Queries, params RebuildParams, older bool) (bool, error) {
	if !older {
		return true, nil
	}
	return q.DerivedBefore(ctx, dbsqlc.DerivedBeforeParams{JobID: params.JobID, Interpretation: int32(params.Interpretation)})
}

// inRewrite runs work that rewrites a job's rows in a transaction, as the tables' owner,
// who has the job claimed. What retention has taken since does not come back.
func (s *Store) inRewrite(ctx context.Context, jobID int64, claimed dbsqlc.CursorClaimForRebuildRow, work func(pgx.Tx) error) error {
	err := s.inTxAfter(ctx, allowRewrite, func(tx pgx.Tx) error {
		cursor, err := dbsqlc.New(tx).CursorLock(ctx, jobID)
		if err != nil {
			return err
		}
		if !OrZero(cursor.ClaimedUntil).Equal(OrZero(claimed.ClaimedUntil)) || cursor.Rewrites != claimed.Rewrites {
			return ErrClaimed
		}
		return work(tx)
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == insufficientPrivilege {
		return fmt.Errorf("%w: run it with the DATABASE_URL that  tracker migrate up  is run with: %w", ErrNotOwner, err)
	}
	return err
}

// claimForRewrite keeps others from polling a job until it is released. Where that fails,
// the claim runs out. ErrClaimed: try again in a moment.
func (s *Store) claimForRewrite(ctx context.Context, jobID int64, owner string, now time.Time) (claimed dbsqlc.CursorClaimForRebuildRow, release func(), err error) {
	claimed, err = s.queries.CursorClaimForRebuild(ctx, dbsqlc.CursorClaimForRebuildParams{JobID: jobID, Owner: &owner, Now: now, Lease: rebuildLease})
	if errors.Is(err, pgx.ErrNoRows) {
		return claimed, nil, ErrClaimed
	}
	if err != nil {
		return claimed, nil, fmt.Errorf("claim job %d: %w", jobID, err)
	}
	return claimed, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
		defer cancel()
		_ = s.ReleaseClaims(ctx, []Claim{{Cursor: Cursor{JobID: jobID}, Until: OrZero(claimed.ClaimedUntil)}})
	}, nil
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
		transitions: dbsqlc.TransitionTrimParams{JobID: jobID, TransitionNos: column(trail.Transitions, func(t history.Transition) int32 { return int32(t.No) })},
		anomalies:   dbsqlc.AnomalyTrimParams{JobID: jobID, AnomalyNos: column(trail.Anomalies, func(a history.Anomaly) int32 { return int32(a.No) })},
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
