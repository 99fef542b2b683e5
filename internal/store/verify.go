package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tracker/internal/ledger"
	"tracker/internal/store/internal/dbsqlc"
)

// LeafHashes reads the hashes of the leaves of entries, from one to another, as the tree
// has them. Where a tile is gone or too short they end.
func (s *Store) LeafHashes(ctx context.Context, from, to int64) ([]ledger.Hash, error) {
	const width = 1 << ledger.TileHeight
	first := (from - 1) / width
	tiles, err := s.queries.ReportTiles(ctx, dbsqlc.ReportTilesParams{Level: 0, FromTile: first, ToTile: (to - 1) / width})
	if err != nil {
		return nil, fmt.Errorf("read the hashes of entries %d to %d: %w", from, to, err)
	}
	hashes := make([]ledger.Hash, 0, to-from+1)
	for i, tile := range tiles {
		if tile.TileNo != first+int64(i) {
			break
		}
		if len(tile.Hashes)%len(ledger.Hash{}) != 0 { // it is none of this tree's
			break
		}
		for at := 0; at < len(tile.Hashes); at += len(ledger.Hash{}) {
			entryNo := tile.TileNo*width + int64(at/len(ledger.Hash{})) + 1
			if entryNo >= from && entryNo <= to {
				hashes = append(hashes, ledger.Hash(tile.Hashes[at:at+len(ledger.Hash{})]))
			}
		}
		if len(tile.Hashes) < width*len(ledger.Hash{}) {
			break
		}
	}
	return hashes, nil
}

// DayEntries tells the last entry of each day of polls, by the day as YYYYMMDD.
func (s *Store) DayEntries(ctx context.Context) (map[int64]int64, error) {
	rows, err := s.queries.ReportDayEntries(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which days of polls are closed: %w", err)
	}
	last := make(map[int64]int64, len(rows))
	for _, row := range rows {
		last[row.Day] = row.EntryNo
	}
	return last, nil
}

// PollsTakenUntil is before when retention has taken the polls; zero: it has taken none.
func (s *Store) PollsTakenUntil(ctx context.Context) (time.Time, error) {
	until, err := s.queries.ReportPollsTakenUntil(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read which polls were taken: %w", err)
	}
	return until, nil
}

// GoneBody is a snapshot whose body is gone.
type GoneBody struct {
	EntryNo int64
	ActNo   int64 // that took it; 0: none did
	Erased  bool  // by somebody; else by retention
}

// GoneBodies lists those of the entries from one to another, in their order.
func (s *Store) GoneBodies(ctx context.Context, from, to int64) (gone []GoneBody, err error) {
	err = s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		rows, err := q.ReportGoneBodies(ctx, dbsqlc.ReportGoneBodiesParams{FromEntry: from, ToEntry: to})
		if err != nil || len(rows) == 0 {
			return err
		}
		acts, err := q.ReportBodyActs(ctx, column(rows, func(row dbsqlc.ReportGoneBodiesRow) int64 { return OrZero(row.JobID) }))
		if err != nil {
			return err
		}
		gone = convert(rows, func(row dbsqlc.ReportGoneBodiesRow) GoneBody {
			at := slices.IndexFunc(acts, func(act dbsqlc.ReportAct) bool { return takesBody(act, row) })
			if at < 0 {
				return GoneBody{EntryNo: row.EntryNo}
			}
			return GoneBody{EntryNo: row.EntryNo, ActNo: acts[at].ActNo, Erased: acts[at].Kind == ActErasure}
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read which bodies of entries %d to %d are gone: %w", from, to, err)
	}
	return gone, nil
}

// takesBody reports an act that took a body.
func takesBody(act dbsqlc.ReportAct, row dbsqlc.ReportGoneBodiesRow) bool {
	if OrZero(act.JobID) != OrZero(row.JobID) {
		return false
	}
	if act.Kind == ActErasure {
		one := OrZero(act.SnapshotNo)
		return act.ActNo == OrZero(row.ActNo) && OrZero(act.RunNo) == row.RunNo && (one == 0 || one == row.SnapshotNo)
	}
	return !row.ObservedAt.Before(act.RangeFrom) && !row.ObservedAt.After(act.RangeTo)
}

// Miscount is what is told of a job's newest snapshot and of its polls, and contradicts
// them.
type Miscount struct {
	Job        string
	SnapshotNo int   // the newest
	IsNewest   bool  // it is, with its state and when it was observed
	Told       int64 // polls that saw it
	Counted    int64
	ToldLast   time.Time // when the last of them was sent
	Last       time.Time
	ToldNewest time.Time // when the last poll of all was sent
	Newest     time.Time
	Outcome    string // that it is said to have had
	HadOutcome bool   // it has
	ToldFailed int64  // failed polls in a row
	Failed     int64
}

// Unjournaled is what the journal lacks, though a tracker has had the time to append it.
type Unjournaled struct {
	Kind      string // snapshot, gap, change or act
	Job       string // of snapshots and gaps
	Rows      int64  // that the job has
	Journaled int64  // that the journal has of them
	No        int64  // of the change or act
	At        time.Time
}

// Unjournaled lists the jobs that have more snapshots or gaps than entries in the journal,
// and the changes and acts that have none.
func (s *Store) Unjournaled(ctx context.Context) (lacking []Unjournaled, err error) {
	err = s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		counted, err := q.ReportUnjournaled(ctx)
		if err != nil {
			return err
		}
		rows, err := q.ReportUnjournaledRows(ctx)
		if err != nil {
			return err
		}
		lacking = convert(counted, func(row dbsqlc.ReportUnjournaledRow) Unjournaled {
			return Unjournaled{Kind: row.Kind, Job: OrZero(row.Job), Rows: row.Rows, Journaled: row.Journaled, At: row.LastAt}
		})
		lacking = append(lacking, convert(rows, func(row dbsqlc.ReportUnjournaledRowsRow) Unjournaled {
			return Unjournaled{Kind: row.Kind, No: row.No, At: row.At}
		})...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what the journal lacks: %w", err)
	}
	return lacking, nil
}

// OtherThanRegistered lists the jobs and sources that are not what they were registered as.
func (s *Store) OtherThanRegistered(ctx context.Context) ([]Misregistered, error) {
	rows, err := s.queries.ReportOtherThanRegistered(ctx)
	if err != nil {
		return nil, fmt.Errorf("compare jobs and sources with their registrations: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportOtherThanRegisteredRow) Misregistered {
		return Misregistered{Kind: row.Kind, Name: row.Name, RegisteredAt: row.RegisteredAt, What: row.What}
	}), nil
}

// Misregistered is a job or source (Kind) that is not what it was registered as.
type Misregistered struct {
	Kind, Name   string
	RegisteredAt time.Time
	What         string // source, target or provider: what differs; empty: no change tells of its registration
}

// Miscounted lists the jobs of which another snapshot is said to be the newest, or to be
// seen by another number of polls (Counted) than is told (Told), or last at another time, or
// another poll to be the last, or more to have failed.
func (s *Store) Miscounted(ctx context.Context) ([]Miscount, error) {
	setBack, err := s.queries.ReportClockSetBack(ctx)
	if err != nil {
		return nil, fmt.Errorf("find out whether the clock was set back: %w", err)
	}
	rows, err := s.queries.ReportMiscounted(ctx, setBack)
	if err != nil {
		return nil, fmt.Errorf("count the polls: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportMiscountedRow) Miscount {
		return Miscount{
			Job: row.Job, SnapshotNo: int(row.SnapshotNo), Told: int64(row.Confirmations), Counted: row.Polls, ToldLast: row.ConfirmedAt, Last: row.LastAt,
			IsNewest: row.KnowsNewest, ToldNewest: row.PolledAt, Newest: row.NewestAt, Outcome: row.Outcome, HadOutcome: row.HadOutcome,
			ToldFailed: int64(row.Failures), Failed: row.Failed,
		}
	}), nil
}

// ResultItems reads the results of all runs of a job, without its name and source.
func (s *Store) ResultItems(ctx context.Context, jobID int64) ([]ResultItemRow, error) {
	rows, err := s.queries.ReportResultItems(ctx, jobID)
	if err != nil {
		return nil, fmt.Errorf("read the results of job %d: %w", jobID, err)
	}
	return convert(rows, func(row dbsqlc.ReportResultItemsRow) ResultItemRow {
		return ResultItemRow{RunNo: row.RunNo, ItemNo: row.ItemNo, ItemID: row.ItemID, URL: row.Url, Labels: row.Labels, Output: row.Output, Metadata: row.Metadata}
	}), nil
}
