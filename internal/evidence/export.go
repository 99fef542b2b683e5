package evidence

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/ledger"
	"tracker/internal/source"
	"tracker/internal/store"
)

// leavesMost is how many leaves are read at once.
const leavesMost = 1000

// Request says what a pack is to show.
type Request struct {
	Job     store.Job
	RunNo   int       // 0: all runs
	AsOf    time.Time // how things stood then; zero: at KnownAt
	KnownAt time.Time // by what was known then; zero: now
}

// Export writes a pack to an empty file and checks it. ErrNoRun: there is nothing to show.
// ErrUnsealed: the log does not have it yet. The same request gives the same bytes as long
// as the run does not change.
func Export(ctx context.Context, s *store.Store, file *os.File, request Request) (Verified, error) {
	provider, err := definition.Of(ctx, s, request.Job.From.Provider, request.Job.From.Interpretation)
	if err != nil {
		return Verified{}, fmt.Errorf("job %s: %w", request.Job.Name, err)
	}
	e := &export{store: s, request: request, provider: provider.For(request.Job.Target), archive: newArchive(file)}
	if err := e.write(ctx); err != nil {
		return Verified{}, err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return Verified{}, fmt.Errorf("write the pack: %w", err)
	}
	return verify(ctx, file, size, nil, nil)
}

// export is a pack in the making.
type export struct {
	store    *store.Store
	request  Request
	provider source.Provider
	archive  archive

	document Document
	bodies   map[int]int      // sizes, by the number of the snapshot
	passed   []*history.Place // those that are told, by where they end
	places   map[int]*history.Place
	erased   map[int]*Erased // by number of the snapshot
	shown    map[int]bool    // numbers of runs that snapshots of the pack tell of
	place    history.Place
	tree     ledger.Tree
	leaves   []pledge
}

// pledge is a leaf with its members' names.
type pledge struct {
	entryNo     int64
	leaf        ledger.Leaf
	name, proof string
}

// write writes the members, in the order of their names.
func (e *export) write(ctx context.Context) error {
	e.bodies, e.places, e.erased, e.shown = map[int]int{}, map[int]*history.Place{}, map[int]*Erased{}, map[int]bool{}
	e.document = Document{
		Format: format, Interpretation: e.provider.Interpretation, RunNo: e.request.RunNo, Snapshots: []Snapshot{}, Gaps: []Gap{}, TakenRuns: []TakenRun{},
		Job: Job{Job: e.request.Job.Name, Source: e.request.Job.From.Name, Provider: e.provider.Name, Target: e.request.Job.Target},
	}
	for no := 1; no <= e.request.Job.From.Interpretation; no++ {
		text, err := e.store.Definition(ctx, e.provider.Name, no)
		if err != nil {
			return err
		}
		e.document.Definitions = append(e.document.Definitions, text)
	}
	e.document.AsOf, e.document.KnownAt = told(e.request.AsOf), told(e.request.KnownAt)
	if e.document.AsOf == nil {
		e.document.AsOf = e.document.KnownAt
	}
	if err := e.archive.add(guideName, guide(&e.document)); err != nil {
		return err
	}
	trail, err := e.store.FoldEach(ctx, e.request.Job.ID, e.request.KnownAt, e.provider.Interpret, e.fold)
	if err != nil {
		return err
	}
	if len(e.bodies) == 0 {
		return ErrNoRun
	}
	shown, err := historyOf(&e.document, trail)
	if err != nil {
		return err
	}
	if len(shown.Runs) == 0 && e.document.RunNo != 0 {
		return ErrNoRun
	}
	if e.document.History, err = encode(shown, ""); err != nil {
		return err
	}
	if err := e.readLeaves(ctx); err != nil {
		return err
	}
	if err := e.prove(ctx); err != nil {
		return err
	}
	text, err := newPage(&e.document, shown)
	if err != nil {
		return err
	}
	if err := e.archive.add(pageName, text); err != nil {
		return err
	}
	if err := e.archive.addJSON(documentName, e.document); err != nil {
		return err
	}
	return e.archive.close()
}

// told is a time as a document has it; nil: none is given.
func told(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

// fold takes in a snapshot of the job, and into the pack what it is to show: those that
// tell of the run, and those that have changed it by another one that took its place.
func (e *export) fold(trail *history.Trail, folded store.Folded) error {
	before := e.place
	e.place = trail.Place()
	if e.request.RunNo != 0 && folded.Change.RunNo != e.request.RunNo && folded.RunNo != e.request.RunNo && !touches(folded.Change, e.request.RunNo) {
		return nil
	}
	if run := folded.Taken; run != nil && !e.shown[folded.RunNo] {
		e.document.TakenRuns = append(e.document.TakenRuns, TakenRun{
			RunNo: run.No, RunID: run.ID, Shape: run.Shape, ChangedFrom: run.ChangedFrom.UTC(), TransitionNo: run.TransitionNo, AnomalyNo: run.AnomalyNo,
		})
	}
	if _, follows := e.bodies[folded.No-1]; !follows && folded.No > 1 {
		for _, t := range folded.Change.Transitions { // of the run that it superseded, which is not shown
			if t.RunNo != folded.RunNo {
				before.TransitionNo++
			}
		}
		for _, a := range folded.Change.Anomalies {
			if a.RunNo != folded.RunNo {
				before.AnomalyNo++
			}
		}
		e.places[folded.No], e.passed = &before, append(e.passed, &before)
	} else if len(e.passed) > 0 && !e.shown[folded.RunNo] && folded.RunNo <= before.RunNo { // back from before the run that is shown
		last := e.passed[len(e.passed)-1]
		last.Runs = append(last.Runs, history.RunName{No: folded.RunNo, ID: e.place.Head})
	}
	e.shown[folded.RunNo] = true
	e.bodies[folded.No] = len(folded.Body)
	if left := folded.Erased; left != nil {
		e.erased[folded.No] = &Erased{RunID: left.RunID, StepsObserved: left.StepsObserved, TransitionNo: left.TransitionNo, AnomalyNo: left.AnomalyNo}
	}
	if folded.Body == nil {
		return nil
	}
	return e.archive.add(bodyName(folded.No), folded.Body)
}

// touches reports a change that has changed a run.
func touches(change history.Change, runNo int) bool {
	return slices.ContainsFunc(change.Runs, func(r history.Run) bool { return r.No == runNo }) ||
		slices.ContainsFunc(change.Anomalies, func(a history.Anomaly) bool { return a.RunNo == runNo })
}

// readLeaves reads what the log is to have: the leaves of the snapshots, and of the gaps
// that ended between the first and the last of them.
func (e *export) readLeaves(ctx context.Context) error {
	nos := make([]int, 0, len(e.bodies))
	for no := range e.bodies {
		nos = append(nos, no)
	}
	slices.Sort(nos)
	for some := range slices.Chunk(nos, leavesMost) {
		leaves, err := e.store.SnapshotLeaves(ctx, e.request.Job.ID, some)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			if leaf.No != some[i] {
				return e.unsealed(some[i])
			}
			snapshot := newSnapshot(leaf)
			if snapshot.Size = e.bodies[leaf.No]; snapshot.Size > 0 {
				body := bodyName(leaf.No)
				snapshot.Body = &body
			}
			snapshot.Passed, snapshot.Erased = e.places[leaf.No], e.erased[leaf.No]
			e.document.Snapshots = append(e.document.Snapshots, snapshot)
			e.leaves = append(e.leaves, pledge{leaf.EntryNo, leaf, snapshot.Leaf, snapshot.Proof})
		}
		if len(leaves) < len(some) {
			return e.unsealed(some[len(leaves)])
		}
	}
	first, last := e.document.Snapshots[0], e.document.Snapshots[len(e.document.Snapshots)-1]
	gaps, err := e.store.GapLeaves(ctx, e.request.Job.ID, first.bounds().NotBefore, last.ObservedAt)
	if err != nil {
		return err
	}
	for _, leaf := range gaps {
		gap := newGap(leaf)
		e.document.Gaps = append(e.document.Gaps, gap)
		e.leaves = append(e.leaves, pledge{leaf.EntryNo, leaf, gap.Leaf, gap.Proof})
	}
	return nil
}

func (e *export) unsealed(snapshotNo int) error {
	return fmt.Errorf("snapshot %d of job %s %w", snapshotNo, e.request.Job.Name, ErrUnsealed)
}

// prove writes the checkpoint, the first that has all leaves, the leaves, and how they
// lead to it.
func (e *export) prove(ctx context.Context) error {
	last := slices.MaxFunc(e.leaves, func(a, b pledge) int { return int(a.entryNo - b.entryNo) })
	found, err := e.store.Checkpoints(ctx, last.entryNo-1, 1)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return e.unsealed(e.document.Snapshots[len(e.document.Snapshots)-1].SnapshotNo)
	}
	checkpoint := found[0]
	e.tree = checkpoint.Tree
	e.document.Checkpoint = Checkpoint{Size: checkpoint.Size, Root: hex.EncodeToString(checkpoint.Root[:]), Origin: checkpoint.Origin}
	if err := e.archive.add(checkpointName, []byte(checkpoint.Note)); err != nil {
		return err
	}
	if checkpoint.Verifier != "" {
		e.document.Checkpoint.Verifier = &checkpoint.Verifier
		if err := e.archive.add(keyName, []byte(checkpoint.Verifier+"\n")); err != nil {
			return err
		}
	}
	slices.SortFunc(e.leaves, func(a, b pledge) int { return strings.Compare(a.name, b.name) })
	for _, p := range e.leaves {
		if err := e.archive.add(p.name, p.leaf.Text()); err != nil {
			return err
		}
	}
	read := e.tiles(ctx)
	for _, p := range e.leaves {
		hashes, err := e.tree.ProveLeaf(p.entryNo, read)
		if err != nil {
			return fmt.Errorf("prove entry %d: %w", p.entryNo, err)
		}
		if err := e.archive.addJSON(p.proof, newProof(e.tree, p.entryNo, ledger.HashOf(p.leaf), hashes)); err != nil {
			return err
		}
	}
	return nil
}

// tilesMost is how many tiles of the tree are held at once, of 8 KiB each.
const tilesMost = 1000

// tiles reads tiles of the tree, and holds some: neighbours' proofs share most of them.
func (e *export) tiles(ctx context.Context) ledger.TileReader {
	type place struct {
		level int
		no    int64
	}
	held := map[place][]byte{}
	return func(level int, no int64, _ int) ([]byte, error) {
		at := place{level, no}
		if hashes, found := held[at]; found {
			return hashes, nil
		}
		hashes, err := e.store.Tile(ctx, level, no)
		if err != nil {
			return nil, err
		}
		if len(held) == tilesMost {
			clear(held)
		}
		held[at] = hashes
		return hashes, nil
	}
}
