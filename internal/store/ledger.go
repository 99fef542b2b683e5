package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
	Leaf    ledger.Leaf // nil: what it stands for is not there, or is the polls of a day (DayLeaf)
}

// Kinds of entries.
const (
	EntrySnapshot = "snapshot"
	EntryGap      = "gap"
	EntryChange   = "change"
	EntryPolls    = "polls"
	EntryAct      = "act"
)

// Day is the day of an entry of polls.
func (e JournalEntry) Day() (time.Time, error) {
	day, err := time.Parse("20060102", strconv.FormatInt(e.No, 10))
	if err != nil {
		return time.Time{}, fmt.Errorf("entry %d is of no day: %w", e.EntryNo, err)
	}
	return day, nil
}

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
		rows, err := q.ReportJournal(ctx, dbsqlc.ReportJournalParams{Beyond: beyond, Most: int32(most)})
		if err != nil || len(rows) == 0 {
			return err
		}
		leaves, err := readLeaves(ctx, q, rows[0].EntryNo, rows[len(rows)-1].EntryNo)
		if err != nil {
			return err
		}
		entries = convert(rows, func(row dbsqlc.ReportJournal) JournalEntry {
			return JournalEntry{
				EntryNo: row.EntryNo, Kind: row.Kind, At: row.At, Job: fromPointer(row.Job), JobID: fromPointer(row.JobID), No: row.No, Leaf: leaves[row.EntryNo],
			}
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal from entry %d on: %w", beyond+1, err)
	}
	return entries, nil
}

// readLeaves reads the leaves of the entries from one to another, by their numbers.
func readLeaves(ctx context.Context, q *dbsqlc.Queries, from, to int64) (map[int64]ledger.Leaf, error) {
	leaves := make(map[int64]ledger.Leaf, to-from+1)
	snapshots, err := q.ReportSnapshotLeaves(ctx, dbsqlc.ReportSnapshotLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, err
	}
	for _, row := range snapshots {
		leaves[row.EntryNo] = snapshotLeaf(row)
	}
	gaps, err := q.ReportGapLeaves(ctx, dbsqlc.ReportGapLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, err
	}
	for _, row := range gaps {
		leaves[row.EntryNo] = gapLeaf(row)
	}
	changes, err := q.ReportChangeLeaves(ctx, dbsqlc.ReportChangeLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, err
	}
	for _, row := range changes {
		leaves[row.EntryNo] = ledger.Change{
			EntryNo: row.EntryNo, No: row.ChangeNo, At: row.At, Actor: row.Actor, Action: row.Action, Subject: row.Subject, Before: row.Before, After: row.After,
		}
	}
	acts, err := q.ReportActLeaves(ctx, dbsqlc.ReportActLeavesParams{FromEntry: from, ToEntry: to})
	if err != nil {
		return nil, err
	}
	for _, row := range acts {
		leaves[row.EntryNo] = ledger.Act{
			EntryNo: row.EntryNo, No: row.ActNo, At: row.At, Actor: row.Actor, Kind: row.Kind, What: row.What, Job: fromPointer(row.Job),
			RunNo: int(fromPointer(row.RunNo)), SnapshotNo: int(fromPointer(row.SnapshotNo)),
			From: row.RangeFrom, To: row.RangeTo, Rows: row.Rows, KeptFor: fromPointer(row.KeptFor), Reason: fromPointer(row.Reason),
		}
	}
	return leaves, nil
}

func snapshotLeaf(row dbsqlc.ReportSnapshotLeaf) ledger.Snapshot {
	leaf := ledger.Snapshot{
		EntryNo: row.EntryNo, Job: row.Job, Source: row.Source, No: int(row.SnapshotNo), PolledAt: row.PolledAt, ObservedAt: row.ObservedAt,
		NotBefore: fromPointer(row.NotBefore), PreviousPolls: int(row.PreviousPolls), RunNo: int(row.RunNo), Status: row.Status, State: row.State,
		Interpretation: int(row.Interpretation),
	}
	leaf.Target, _ = textsOf(row.Target) // what is no text there is no target, and changes the leaf
	copy(leaf.SHA256[:], row.Sha256)
	return leaf
}

func gapLeaf(row dbsqlc.ReportGapLeaf) ledger.Gap {
	return ledger.Gap{EntryNo: row.EntryNo, Job: row.Job, No: int(row.GapNo), From: row.GapFrom, To: row.GapTo, Reason: row.Reason}
}

const (
	// dayJobs is of how many jobs polls are read at once, dayPolls how many polls.
	dayJobs  = 4000
	dayPolls = 50_000
)

// DayLeaf reads the polls of a day and makes its leaf. Each is told of a job's part in it,
// in the order of the jobs' numbers; nil: nobody is.
func (s *Store) DayLeaf(ctx context.Context, entryNo int64, day time.Time, each func(*ledger.JobDay) error) (ledger.Day, error) {
	leaf := ledger.Day{EntryNo: entryNo, Day: day}
	var tree ledger.Edge
	end := func(of *ledger.JobDay) error {
		if of == nil {
			return nil
		}
		leaf.Jobs, leaf.Polls = leaf.Jobs+1, leaf.Polls+of.Polls
		if each != nil {
			if err := each(of); err != nil {
				return err
			}
		}
		return tree.Add(ledger.HashOf(of))
	}
	err := s.eachJob(ctx, func(jobs []dbsqlc.ReportJobNamesRow) error { return s.readDay(ctx, jobs, day, end) })
	if err == nil {
		leaf.Root, err = tree.Root()
	}
	if err != nil {
		return leaf, fmt.Errorf("read the polls of %s: %w", day.Format(time.DateOnly), err)
	}
	return leaf, nil
}

// eachJob goes through the names of all jobs, some at a time.
func (s *Store) eachJob(ctx context.Context, do func([]dbsqlc.ReportJobNamesRow) error) error {
	for beyond := int64(0); ; {
		jobs, err := s.queries.ReportJobNames(ctx, dbsqlc.ReportJobNamesParams{Beyond: beyond, Most: dayJobs})
		if err != nil || len(jobs) == 0 {
			return err
		}
		if err := do(jobs); err != nil {
			return err
		}
		beyond = jobs[len(jobs)-1].JobID
	}
}

// readDay reads the polls of some jobs on a day and ends each job's part.
func (s *Store) readDay(ctx context.Context, jobs []dbsqlc.ReportJobNamesRow, day time.Time, end func(*ledger.JobDay) error) error {
	params := dbsqlc.ReportDayPollsParams{FromTime: day, ToTime: day.AddDate(0, 0, 1), Most: dayPolls}
	names := make(map[int64]string, len(jobs))
	for _, job := range jobs {
		names[job.JobID] = job.Job
		params.JobIds = append(params.JobIds, job.JobID)
	}
	var of *ledger.JobDay
	for {
		rows, err := s.queries.ReportDayPolls(ctx, params)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.JobID != params.BeyondJob {
				if err := end(of); err != nil {
					return err
				}
				of, params.BeyondJob = ledger.NewJobDay(names[row.JobID], day), row.JobID
			}
			of.Add(ledger.Poll{
				PolledAt: row.PolledAt, Outcome: row.Outcome, SnapshotNo: int(fromPointer(row.SnapshotNo)),
				HTTPStatus: int(fromPointer(row.HttpStatus)), Latency: row.Latency,
			})
			params.BeyondTime = row.PolledAt
		}
		if len(rows) < dayPolls {
			return end(of)
		}
		for params.JobIds[0] < params.BeyondJob { // their polls are read
			params.JobIds = params.JobIds[1:]
		}
	}
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
	c := Checkpoint{SealedAt: row.SealedAt, Verifier: fromPointer(row.Verifier)}
	c.Origin, c.Note, c.Size = row.Origin, row.Note, row.Size
	copy(c.Root[:], row.Root)
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
