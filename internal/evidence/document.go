package evidence

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/ledger"
	"tracker/internal/store"
)

// format is the version of packs, of the pages in them too.
const format = 1

// The members of a pack that there is one of.
const (
	guideName      = "VERIFY.md"
	checkpointName = "checkpoint.txt"
	keyName        = "key.txt" // where the checkpoint is signed
	pageName       = "report.html"
	documentName   = "run.json"
)

// Document is run.json: all that a pack tells, with the names of its other members.
type Document struct {
	Format         int             `json:"format"`
	Job            Job             `json:"job"`
	RunNo          int             `json:"run_no"`   // 0: all runs
	AsOf           *time.Time      `json:"as_of"`    // nil: by all that is known
	KnownAt        *time.Time      `json:"known_at"` // snapshots after the last that was observed by then are left out
	Interpretation int             `json:"interpretation"`
	Definitions    []string        `json:"definitions,omitempty"` // of the provider, by number from 1, where it is written down
	Checkpoint     Checkpoint      `json:"checkpoint"`
	Snapshots      []Snapshot      `json:"snapshots"`
	Gaps           []Gap           `json:"gaps"`
	TakenRuns      []TakenRun      `json:"taken_runs"` // whose bodies retention took
	History        json.RawMessage `json:"history"`    // a History, derived from the bodies
}

// Definition implements definition.Definitions.
func (d *Document) Definition(_ context.Context, provider string, interpretation int) (string, error) {
	if provider != d.Job.Provider || interpretation > len(d.Definitions) {
		return "", fmt.Errorf("the pack has no definition %d of %s", interpretation, provider)
	}
	return d.Definitions[interpretation-1], nil
}

// Job says whose runs they are.
type Job struct {
	Job      string            `json:"job"`
	Source   string            `json:"source"`
	Provider string            `json:"provider"`
	Target   map[string]string `json:"target"`
}

// Checkpoint is the checkpoint of the log that the proofs lead to.
type Checkpoint struct {
	Size     int64   `json:"size"`
	Root     string  `json:"root"` // in hexadecimal
	Origin   string  `json:"origin"`
	Verifier *string `json:"verifier"` // of who has signed, as the database names it; nil: nobody has
}

// Snapshot is an answer, as its leaf has it.
type Snapshot struct {
	SnapshotNo     int        `json:"snapshot_no"`
	EntryNo        int64      `json:"entry_no"`
	PolledAt       time.Time  `json:"polled_at"`
	ObservedAt     time.Time  `json:"observed_at"`
	NotBefore      *time.Time `json:"not_before"`
	PreviousPolls  int        `json:"previous_polls"`
	RunNo          int        `json:"run_no"`
	Status         string     `json:"status"`
	State          string     `json:"state"`
	Interpretation int        `json:"interpretation"`
	SHA256         string     `json:"sha256"`
	Size           int        `json:"size"`
	Body           *string    `json:"body"` // the member; nil: it is gone
	Leaf           string     `json:"leaf"`
	Proof          string     `json:"proof"`

	// Passed is where the snapshots between this one and the one before end, which are
	// not here: they tell of other runs.
	Passed *history.Place `json:"passed,omitempty"`

	// Erased is what is left where somebody has erased the body.
	Erased *Erased `json:"erased,omitempty"`
}

// Erased is what is left of a snapshot whose body somebody has erased.
type Erased struct {
	RunID         string `json:"run_id"`
	StepsObserved bool   `json:"steps_observed"`
	TransitionNo  int    `json:"transition_no"` // what comes later has higher numbers
	AnomalyNo     int    `json:"anomaly_no"`
}

// Gap is a stretch in which nobody looked, or looking failed.
type Gap struct {
	GapNo   int       `json:"gap_no"`
	EntryNo int64     `json:"entry_no"`
	From    time.Time `json:"gap_from"`
	To      time.Time `json:"gap_to"`
	Reason  string    `json:"reason"`
	Leaf    string    `json:"leaf"`
	Proof   string    `json:"proof"`
}

// TakenRun is what is left of a run whose bodies are gone.
type TakenRun struct {
	RunNo        int           `json:"run_no"`
	RunID        string        `json:"run_id"`
	Shape        history.Shape `json:"shape"`
	ChangedFrom  time.Time     `json:"changed_from"`
	TransitionNo int           `json:"transition_no"`
	AnomalyNo    int           `json:"anomaly_no"`
}

// History is what the bodies tell, in the rows of the report views. What those say of now
// (stalled, usual_duration, held_at, labels) is null.
type History struct {
	Runs        []store.RunRow        `json:"runs"` // the newest first
	Steps       []store.StepRow       `json:"steps"`
	Transitions []store.TransitionRow `json:"transitions"`
	Anomalies   []store.AnomalyRow    `json:"anomalies"`
	LogEntries  []store.LogEntryRow   `json:"log_entries"`
	ResultItems []ResultItem          `json:"result_items"` // none in a history as of a time
}

// ResultItem is one result of an import.
type ResultItem struct {
	RunNo    int             `json:"run_no"`
	ItemNo   int             `json:"item_no"`
	ID       string          `json:"item_id"`
	URL      string          `json:"url"`
	Labels   []string        `json:"labels"`
	Output   json.RawMessage `json:"output"`
	Metadata json.RawMessage `json:"metadata"`
}

// encode writes JSON as packs have it.
func encode(value any, indent string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return text.Bytes(), nil
}

// Numbers in names have so many digits at least, so that members are sorted.
func bodyName(snapshotNo int) string { return fmt.Sprintf("bodies/%06d.json", snapshotNo) }

func leafName(kind string, no int) string {
	return fmt.Sprintf("leaves/%s-%06d.txt", kind, no)
}

func proofName(kind string, no int) string {
	return fmt.Sprintf("proofs/%s-%06d.json", kind, no)
}

// newSnapshot is a snapshot by its leaf, without its body's size and name.
func newSnapshot(leaf ledger.Snapshot) Snapshot {
	snapshot := Snapshot{
		SnapshotNo: leaf.No, EntryNo: leaf.EntryNo, PolledAt: leaf.PolledAt.UTC(), ObservedAt: leaf.ObservedAt.UTC(),
		PreviousPolls: leaf.PreviousPolls, RunNo: leaf.RunNo, Status: leaf.Status, State: leaf.State, Interpretation: leaf.Interpretation,
		SHA256: hex.EncodeToString(leaf.SHA256[:]), Leaf: leafName(store.EntrySnapshot, leaf.No), Proof: proofName(store.EntrySnapshot, leaf.No),
	}
	if !leaf.NotBefore.IsZero() {
		notBefore := leaf.NotBefore.UTC()
		snapshot.NotBefore = &notBefore
	}
	return snapshot
}

// leaf is the leaf that the log has of a snapshot, if it is as the document says.
func (d *Document) leaf(s Snapshot) ledger.Snapshot {
	leaf := ledger.Snapshot{
		EntryNo: s.EntryNo, Job: d.Job.Job, Source: d.Job.Source, Target: d.Job.Target, No: s.SnapshotNo, PolledAt: s.PolledAt, ObservedAt: s.ObservedAt,
		NotBefore: s.bounds().NotBefore, PreviousPolls: s.PreviousPolls, RunNo: s.RunNo, Status: s.Status, State: s.State, Interpretation: s.Interpretation,
	}
	_, _ = hex.Decode(leaf.SHA256[:], []byte(s.SHA256)[:min(len(s.SHA256), 2*len(leaf.SHA256))]) // another gives another leaf
	return leaf
}

func (s Snapshot) bounds() history.Bounds {
	bounds := history.Bounds{ObservedAt: s.ObservedAt}
	if s.NotBefore != nil {
		bounds.NotBefore = *s.NotBefore
	}
	return bounds
}

func newGap(leaf ledger.Gap) Gap {
	return Gap{
		GapNo: leaf.No, EntryNo: leaf.EntryNo, From: leaf.From.UTC(), To: leaf.To.UTC(), Reason: leaf.Reason,
		Leaf: leafName(store.EntryGap, leaf.No), Proof: proofName(store.EntryGap, leaf.No),
	}
}

func (d *Document) gapLeaf(g Gap) ledger.Gap {
	return ledger.Gap{EntryNo: g.EntryNo, Job: d.Job.Job, No: g.GapNo, From: g.From, To: g.To, Reason: g.Reason}
}

// Proof is the proof that the log has a leaf: from the leaf's hash, the hashes beside it
// lead to the root of the checkpoint.
type Proof struct {
	EntryNo  int64   `json:"entry_no"`
	Index    int64   `json:"leaf_index"` // entry_no - 1
	TreeSize int64   `json:"tree_size"`
	LeafHash string  `json:"leaf_hash"`
	Path     []Aside `json:"path"`
	Root     string  `json:"root"`
}

// Aside is a hash of the path, on the side on which it is hashed with the one so far.
type Aside struct {
	Left  string `json:"left,omitempty"`
	Right string `json:"right,omitempty"`
}

// newProof lays out a proof of RFC 6962 so that it can be followed by hand.
func newProof(tree ledger.Tree, entryNo int64, leaf ledger.Hash, hashes []ledger.Hash) Proof {
	proof := Proof{
		EntryNo: entryNo, Index: entryNo - 1, TreeSize: tree.Size, LeafHash: hex.EncodeToString(leaf[:]), Path: []Aside{}, Root: hex.EncodeToString(tree.Root[:]),
	}
	at, last := entryNo-1, tree.Size-1
	for _, hash := range hashes {
		text := hex.EncodeToString(hash[:])
		if at%2 == 0 && at != last {
			proof.Path = append(proof.Path, Aside{Right: text})
		} else {
			proof.Path = append(proof.Path, Aside{Left: text})
			for at%2 == 0 && at != 0 { // the last of its level, which has nothing beside it
				at, last = at/2, last/2
			}
		}
		at, last = at/2, last/2
	}
	return proof
}

// hashes are those of the path.
func (p Proof) hashes() ([]ledger.Hash, error) {
	hashes := make([]ledger.Hash, len(p.Path))
	for i, aside := range p.Path {
		text := aside.Left + aside.Right
		if n, err := hex.Decode(hashes[i][:], []byte(text)[:min(len(text), 2*len(hashes[i]))]); err != nil || n != len(hashes[i]) || len(text) != 2*n {
			return nil, fmt.Errorf("hash %d of the path: %w", i+1, errProof)
		}
	}
	return hashes, nil
}
