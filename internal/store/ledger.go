package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/ledger"
	"tracker/internal/store/internal/dbsqlc"
)

// ErrSealing means that somebody else is sealing, or has sealed meanwhile.
var ErrSealing = errors.New("somebody else is sealing the log")

// JournalEntry is an entry of the journal, with its leaf in the log.
type JournalEntry struct {
	EntryNo int64
	Kind    string // snapshot, gap, change, polls or act
	At      time.Time
	Job     string // empty: of none, or of all
	JobID   int64
	No      int64       // of what the entry stands for; of polls the day, as YYYYMMDD
	Leaf    ledger.Leaf // nil: what it stands for is not there, or is the polls of a day (DayLeaves)

	BodyGone bool // of a snapshot: retention took its body, or somebody has erased it
}

// Kinds of entries.
const (
	EntrySnapshot = "snapshot"
	EntryGap      = "gap"
	EntryChange   = "change"
	EntryPolls    = "polls"
	EntryAct      = "act"
)

// JournalSize is the number of the last entry; 0: there is none.
func (s *Store) JournalSize(ctx context.Context) (int64, error) {
	size, err := s.queries.ReportJournalLast(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the end of the journal: %w", err)
	}
	return size, nil
}

// JournalEntries reads the entries beyond one, so many at most, with their leaves.
func (s *Store) JournalEntries(ctx context.Context, beyond int64, most int) (entries []JournalEntry, err error) {
	err = s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		if err := q.RowsAsTheyCome(ctx); err != nil {
			return err
		}
		rows, err := q.ReportJournal(ctx, dbsqlc.ReportJournalParams{Beyond: beyond, Most: int32(most)})
		if err != nil || len(rows) == 0 {
			return err
		}
		leaves, gone, err := readLeaves(ctx, q, rows[0].EntryNo, rows[len(rows)-1].EntryNo)
		if err != nil {
			return err
		}
		entries = convert(rows, func(row dbsqlc.ReportJournal) JournalEntry {
			return JournalEntry{
				EntryNo: row.EntryNo, Kind: row.Kind, At: row.At, Job: OrZero(row.Job), JobID: OrZero(row.JobID), No: row.No,
				Leaf: leaves[row.EntryNo], BodyGone: gone[row.EntryNo],
			}
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal from entry %d on: %w", beyond+1, err)
	}
	return entries, nil
}

// readLeaves reads the leaves of the entries from one to another, by their numbers, and
// which are of snapshots whose body is gone.
func readLeaves(ctx context.Context, q *dbsqlc.Queries, from, to int64) (leaves map[int64]ledger.Leaf, gone map[int64]bool, err error) {
	leaves, gone = make(map[int64]ledger.Leaf, to-from+1), map[int64]bool{}
	snapshots, err := q.ReportSnapshotLeaves(ctx, dbsqlc.ReportSnapshotLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, nil, err
	}
	jobs, err := readLeafJobs(ctx, q, snapshots)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range snapshots {
		leaves[row.EntryNo] = jobs[OrZero(row.JobID)].snapshot(row)
		if row.BodyGone {
			gone[row.EntryNo] = true
		}
	}
	gaps, err := q.ReportGapLeaves(ctx, dbsqlc.ReportGapLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range gaps {
		leaves[row.EntryNo] = gapLeaf(row)
	}
	changes, err := q.ReportChangeLeaves(ctx, dbsqlc.ReportChangeLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range changes {
		leaves[row.EntryNo] = ledger.Change{
			EntryNo: row.EntryNo, No: row.ChangeNo, At: row.At, Actor: row.Actor, Action: row.Action, Subject: row.Subject, Before: row.Before, After: row.After,
		}
	}
	acts, err := q.ReportActLeaves(ctx, dbsqlc.ReportActLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range acts {
		leaves[row.EntryNo] = ledger.Act{
			EntryNo: row.EntryNo, No: row.ActNo, At: row.At, Actor: row.Actor, Kind: row.Kind, What: row.What, Job: OrZero(row.Job),
			RunNo: int(OrZero(row.RunNo)), SnapshotNo: int(OrZero(row.SnapshotNo)),
			From: row.RangeFrom, To: row.RangeTo, Rows: row.Rows, KeptFor: OrZero(row.KeptFor), Reason: OrZero(row.Reason),
			Interpretation: int(OrZero(row.Interpretation)),
		}
	}
	return leaves, gone, nil
}

// leafJob is what the leaves of a job's snapshots say of the job.
type leafJob struct {
	job, source string
	target      map[string]string
}

// readLeafJobs reads what leaves say of the jobs of snapshots.
func readLeafJobs(ctx context.Context, q *dbsqlc.Queries, snapshots []dbsqlc.ReportSnapshotLeavesRow) (map[int64]leafJob, error) {
	jobs := map[int64]leafJob{}
	for _, row := range snapshots {
		jobs[OrZero(row.JobID)] = leafJob{}
	}
	rows, err := q.ReportLeafJobs(ctx, slices.Sorted(maps.Keys(jobs)))
	for _, row := range rows {
		jobs[row.JobID] = newLeafJob(row.Job, row.Source, row.Target)
	}
	return jobs, err
}

func newLeafJob(job, source string, raw json.RawMessage) leafJob {
	target, _ := textsOf(raw) // what is no text there is no target, and changes the leaf
	return leafJob{job: job, source: source, target: target}
}

func (j leafJob) snapshot(row dbsqlc.ReportSnapshotLeavesRow) ledger.Snapshot {
	leaf := ledger.Snapshot{
		EntryNo: row.EntryNo, Job: j.job, Source: j.source, Target: j.target, No: int(row.SnapshotNo), PolledAt: row.PolledAt, ObservedAt: row.ObservedAt,
		NotBefore: OrZero(row.NotBefore), PreviousPolls: int(row.PreviousPolls), RunNo: int(row.RunNo), Status: row.Status, State: row.State,
		Interpretation: int(row.Interpretation), SHA256: storedHash(row.Sha256),
	}
	return leaf
}

func gapLeaf(row dbsqlc.ReportGapLeaf) ledger.Gap {
	return ledger.Gap{EntryNo: row.EntryNo, Job: row.Job, No: int(row.GapNo), From: row.GapFrom, To: row.GapTo, Reason: row.Reason}
}

// Checkpoint is a sealed state of the log.
type Checkpoint struct {
	ledger.Checkpoint
	SealedAt time.Time
	Verifier string // the verifier key of who has signed, as the database names it; empty: none has
}

// LastCheckpoint is the newest; the zero Checkpoint: the log is empty.
func (s *Store) LastCheckpoint(ctx context.Context) (Checkpoint, error) {
	row, err := s.queries.ReportCheckpointLast(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read the last checkpoint: %w", err)
	}
	return toCheckpoint(row), nil
}

// Checkpoints reads the checkpoints of the log beyond a size, so many at most, the
// shortest log first.
func (s *Store) Checkpoints(ctx context.Context, beyond int64, most int) ([]Checkpoint, error) {
	rows, err := s.queries.ReportCheckpoints(ctx, dbsqlc.ReportCheckpointsParams{Beyond: beyond, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints beyond %d entries: %w", beyond, err)
	}
	return convert(rows, toCheckpoint), nil
}

func toCheckpoint(row dbsqlc.ReportCheckpoint) Checkpoint {
	c := Checkpoint{SealedAt: row.SealedAt, Verifier: OrZero(row.Verifier)}
	c.Origin, c.Note, c.Size = row.Origin, row.Note, row.Size
	c.Root = storedHash(row.Root)
	return c
}

// Tile reads a row of hashes of the tree; none: it is not there. It is a ledger.TileReader
// once ctx is bound.
func (s *Store) Tile(ctx context.Context, level int, no int64) ([]byte, error) {
	hashes, err := s.queries.ReportTile(ctx, dbsqlc.ReportTileParams{Level: int32(level), TileNo: no})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read tile %d of level %d: %w", no, level, err)
	}
	return hashes, nil
}

// Seal writes what sealing has added to the log since its last checkpoint, with the next
// one, which sign makes of the log's own name. ErrSealing: the log has another last
// checkpoint by now, or somebody is about to write one.
func (s *Store) Seal(ctx context.Context, last Checkpoint, tiles []ledger.Tile, sign func(origin string) (Checkpoint, error)) (Checkpoint, error) {
	var sealed Checkpoint
	err := s.inTx(ctx, func(q *dbsqlc.Queries) error {
		origin, err := q.LedgerLock(ctx)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrSealing
		}
		if err != nil {
			return err
		}
		newest, err := q.ReportCheckpointLast(ctx)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if newest.Size != last.Size {
			return ErrSealing
		}
		if sealed, err = sign(origin); err != nil {
			return err
		}
		var rows dbsqlc.LedgerTileUpsertParams
		for _, tile := range tiles {
			rows.Levels, rows.TileNos, rows.Hashes = append(rows.Levels, int32(tile.Level)), append(rows.TileNos, tile.No), append(rows.Hashes, tile.Hashes)
		}
		if err := q.LedgerTileUpsert(ctx, rows); err != nil {
			return err
		}
		return q.CheckpointInsert(ctx, dbsqlc.CheckpointInsertParams{
			Size: sealed.Size, SealedAt: sealed.SealedAt, Root: sealed.Root[:], Origin: sealed.Origin, Verifier: toPointer(sealed.Verifier), Note: sealed.Note,
		})
	})
	if err != nil {
		return Checkpoint{}, fmt.Errorf("seal the log: %w", err)
	}
	return sealed, nil
}
