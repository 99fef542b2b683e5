package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Sight reads of one moment, and much at once: all of some jobs whose numbers follow on
// each other, so that no other job has a number between them.
type Sight struct {
	tx       pgx.Tx
	queries  *dbsqlc.Queries
	from, to int64 // the numbers of the jobs
}

// See gives work a sight of the jobs from one number to another.
func (s *Store) See(ctx context.Context, from, to int64, work func(*Sight) error) error {
	return s.inMoment(ctx, oneMoment, func(tx pgx.Tx) error {
		return work(&Sight{tx: tx, queries: s.queries.WithTx(tx), from: from, to: to})
	})
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
	err = v.eachSnapshot(ctx, func(row dbsqlc.SnapshotListRow) {
		fold := folds[row.JobID]
		if fold == nil {
			fold = &JobFold{Trail: history.NewTrail(), derived: derived[row.JobID], reader: storedReader{
				taken: taken[row.JobID], erased: erased[row.JobID], interpret: interpretation(row.JobID),
			}}
			folds[row.JobID] = fold
		}
		if fold.Err != nil || fold.reader.interpret == nil {
			return
		}
		if snapshot, ok := fold.add(row); ok {
			each(row.JobID, snapshot)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read snapshots of jobs %d to %d: %w", v.from, v.to, err)
	}
	return folds, nil
}

// snapshotsOfJobsSQL reads the snapshots of jobs whose numbers lie between two, by job and
// number. It is no query of sqlc's, since that would keep all of them.
const snapshotsOfJobsSQL = `SELECT job_id, snapshot_no, observed_at, not_before, run_no, patches, status, state, interpretation, sha256, size, is_text, stored
FROM report.stored_bodies WHERE job_id BETWEEN $1 AND $2 ORDER BY job_id, snapshot_no`

// sightPage is how many snapshots are read before work begins on them, while their bodies
// take no more than foldBytes: the server has no turn for each row.
const sightPage = 1000

// eachSnapshot reads the snapshots, and does something with each.
func (v *Sight) eachSnapshot(ctx context.Context, do func(dbsqlc.SnapshotListRow)) error {
	rows, err := v.tx.Query(ctx, snapshotsOfJobsSQL, v.from, v.to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var page []dbsqlc.SnapshotListRow
	size := 0
	work := func() {
		for i, row := range page {
			page[i].Body = nil // what was done with is not held
			do(row)
		}
		page, size = page[:0], 0
	}
	for rows.Next() {
		page = append(page, dbsqlc.SnapshotListRow{})
		row := &page[len(page)-1]
		if err := rows.Scan(&row.JobID, &row.SnapshotNo, &row.ObservedAt, &row.NotBefore, &row.RunNo, &row.Patches, &row.Status, &row.State,
			&row.Interpretation, &row.Sha256, &row.Size, &row.IsText, &row.Body); err != nil {
			return err
		}
		if size += len(row.Body); size > foldBytes || len(page) == sightPage {
			work()
		}
	}
	work()
	return rows.Err()
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
