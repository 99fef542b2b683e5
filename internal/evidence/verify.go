package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/dustin/go-humanize/english"

	"tracker/internal/definition"
	"tracker/internal/ledger"
)

// Verified tells what was found to hold in a pack.
type Verified struct {
	Job         string           `json:"job"`
	RunNo       int              `json:"run_no"` // 0: all runs
	Snapshots   int              `json:"snapshots"`
	Bodies      int              `json:"bodies"` // of the snapshots that are in it
	Gaps        int              `json:"gaps"`
	Runs        int              `json:"runs"`
	Steps       int              `json:"steps"`
	Transitions int              `json:"transitions"`
	Anomalies   int              `json:"anomalies"`
	LogEntries  int              `json:"log_entries"`
	Published   int              `json:"published"` // checkpoints among which that of the pack was found
	Until       time.Time        `json:"until"`     // when the last snapshot had been read: of later times it tells nothing
	Entries     int64            `json:"entries"`
	Origin      string           `json:"origin"`    // of the log
	SignedBy    *ledger.Verifier `json:"signed_by"` // nil: nobody has signed
	Notes       []string         `json:"notes"`     // what was not checked, and why
}

// Verify checks a pack without a database: that the checkpoint is signed by the key (nil:
// by the one that the pack itself names) and among those that were published (none: it
// need not be), that the log has each snapshot and gap, that the bodies are those that
// were sealed, and that all it tells is what they give. The error is a *WrongError where
// something does not hold; ErrNotCompared: all does, and none of that size was published.
func Verify(ctx context.Context, path string, key *ledger.Verifier, published ...ledger.Checkpoint) (Verified, error) {
	file, err := os.Open(path)
	if err != nil {
		return Verified{}, fmt.Errorf("open the pack: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return Verified{}, fmt.Errorf("open the pack: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Verified{}, fmt.Errorf("%s: %w", path, ErrNotPack)
	}
	verified, err := verify(ctx, file, info.Size(), key, published)
	if err != nil {
		return verified, fmt.Errorf("%s: %w", path, err)
	}
	return verified, nil
}

func verify(ctx context.Context, file io.ReaderAt, size int64, key *ledger.Verifier, published []ledger.Checkpoint) (Verified, error) {
	p, err := openPack(file, size)
	if err != nil {
		return Verified{}, err
	}
	d, text, err := p.document()
	if err != nil {
		return Verified{}, err
	}
	c := &check{pack: p, document: d, found: Verified{Job: d.Job.Job, RunNo: d.RunNo, Notes: []string{}}}
	for _, check := range []func() error{
		func() error { return c.checkpoint(key) },
		func() error { return c.published(published) },
		func() error { return c.snapshots(ctx) },
		c.gaps,
		c.history,
		func() error { return c.texts(text) },
		func() error { return c.compared(len(published)) },
	} {
		if err := check(); err != nil {
			return c.found, err
		}
	}
	return c.found, nil
}

// check is a pack that is being checked.
type check struct {
	pack     pack
	document *Document
	derived  *derivation
	tree     ledger.Tree // of the checkpoint
	shown    History     // as derived
	found    Verified
}

func (c *check) wrong(what string, at time.Time, err error) error {
	return &WrongError{Job: c.document.Job.Job, What: what, At: at, Err: err}
}

var errDocumentTells = fmt.Errorf("%s tells of another one", documentName)

func (c *check) checkpoint(key *ledger.Verifier) error {
	note, err := c.pack.read(checkpointName, smallMost)
	if err != nil {
		return err
	}
	wrong := func(err error) error { return c.wrong("the checkpoint", time.Time{}, err) }
	checkpoint, err := ledger.ParseCheckpoint(string(note))
	if err != nil {
		return wrong(err)
	}
	c.tree, c.found.Entries, c.found.Origin = checkpoint.Tree, checkpoint.Size, checkpoint.Origin
	told := c.document.Checkpoint
	if told.Size != checkpoint.Size || told.Root != hex.EncodeToString(checkpoint.Root[:]) || told.Origin != checkpoint.Origin {
		return wrong(errDocumentTells)
	}
	if told.Verifier != nil {
		named, err := c.pack.read(keyName, smallMost)
		if err != nil {
			return err
		}
		if string(named) != *told.Verifier+"\n" {
			return c.wrong(keyName, time.Time{}, errDocumentTells)
		}
	}
	switch {
	case key != nil:
	case told.Verifier == nil:
		c.note("the checkpoint is signed by nobody: whoever made the pack could have made up all of it")
		return nil
	default:
		named, err := ledger.ReadVerifier(*told.Verifier)
		if err != nil {
			return wrong(err)
		}
		key = &named
		c.note("the signature was checked only against the key that the pack itself names: have the key from elsewhere, and give it by --key")
	}
	if err := checkpoint.Verify(*key); err != nil {
		if told.Verifier != nil && *told.Verifier != key.String() {
			err = fmt.Errorf("%w; the pack names the key %s", err, *told.Verifier)
		}
		return wrong(err)
	}
	c.found.SignedBy = key
	return nil
}

// published checks that none of the size of the checkpoint was published but itself.
func (c *check) published(all []ledger.Checkpoint) error {
	for _, p := range all {
		if p.Tree == c.tree && p.Origin == c.found.Origin {
			c.found.Published = len(all)
			return nil
		}
	}
	for _, p := range all {
		if p.Size == c.tree.Size {
			return c.wrong("the checkpoint", time.Time{}, fmt.Errorf(
				"it is not the one of %d entries of the log %q that was published: the pack is of another log, or that was written anew", p.Size, p.Origin))
		}
	}
	return nil
}

// compared refuses a checkpoint of a size of which none of so many was published: of a log
// of another size a pack has no proof.
func (c *check) compared(published int) error {
	if published == 0 || c.found.Published > 0 {
		return nil
	}
	return fmt.Errorf("%w: its checkpoint is of %d entries, and none of that size was published (%d were)", ErrNotCompared, c.tree.Size, published)
}

func (c *check) note(format string, args ...any) {
	c.found.Notes = append(c.found.Notes, fmt.Sprintf(format, args...))
}

// leaf checks that the log has a leaf, and that it is as the document says.
func (c *check) leaf(leaf ledger.Leaf, entryNo int64, name, proofName string) error {
	text, err := c.pack.read(name, smallMost)
	if err != nil {
		return err
	}
	if !bytes.Equal(text, leaf.Text()) {
		return fmt.Errorf("%s is not what %s says", name, documentName)
	}
	proofText, err := c.pack.read(proofName, smallMost)
	if err != nil {
		return err
	}
	var proof Proof
	if err := json.Unmarshal(proofText, &proof); err != nil {
		return fmt.Errorf("%s: %w: %w", proofName, errProof, err)
	}
	hashes, err := proof.hashes()
	if err != nil {
		return fmt.Errorf("%s: %w", proofName, err)
	}
	hash := ledger.HashOf(leaf)
	if entryNo < 1 || entryNo > c.tree.Size {
		return fmt.Errorf("%s: entry %d of %d: %w", proofName, entryNo, c.tree.Size, errProof)
	}
	if err := c.tree.CheckLeaf(entryNo, hash, hashes); err != nil {
		return fmt.Errorf("%s: %w: %w", proofName, errProof, err)
	}
	if again, err := encode(newProof(c.tree, entryNo, hash, hashes), "  "); err != nil || !bytes.Equal(again, proofText) {
		return fmt.Errorf("%s is not written as packs are", proofName)
	}
	return nil
}

var (
	errBody    = errors.New("its body is not the one that was sealed")
	errPassed  = errors.New("the answers before it are neither here nor told to be of other runs")
	errPassedN = errors.New("the answers that are not here are told to be of a run that is")
)

// snapshots checks each snapshot, and derives from it.
func (c *check) snapshots(ctx context.Context) error {
	provider, err := definition.Of(ctx, c.document, c.document.Job.Provider, len(c.document.Definitions))
	if err != nil {
		return fmt.Errorf("the pack is of another tracker: %w", err)
	}
	for i, text := range c.document.Definitions {
		c.note("answers are read by definition %d of %s, which the pack carries: sha256 %x, as  tracker changes  has it", i+1, provider.Name, sha256.Sum256([]byte(text)))
	}
	c.derived = newDerivation(c.document, provider.For(c.document.Job.Target))
	var older, erased int
	for i, s := range c.document.Snapshots {
		if err := ctx.Err(); err != nil {
			return err
		}
		wrong := func(err error) error { return c.wrong(fmt.Sprintf("snapshot %d", s.SnapshotNo), s.ObservedAt, err) }
		if err := c.follows(i); err != nil {
			return wrong(err)
		}
		if err := c.leaf(c.document.leaf(s), s.EntryNo, s.Leaf, s.Proof); err != nil {
			return wrong(err)
		}
		body, err := c.body(s)
		if err != nil {
			return wrong(err)
		}
		if err := c.derived.add(s, body); err != nil {
			return wrong(err)
		}
		if s.Interpretation != provider.Interpretation {
			older++
		}
		c.found.Snapshots++
		switch {
		case s.Body != nil:
			c.found.Bodies++
		case s.Erased != nil:
			erased++
		}
		c.found.Until = s.ObservedAt
	}
	if older > 0 {
		c.note("%d of %d snapshots were recorded by another interpretation than %d, which reads them here", older, c.found.Snapshots, provider.Interpretation)
	}
	if erased > 0 {
		c.note("%s erased before the pack was made: their hashes are in the log, what they alone told is not here", english.Plural(erased, "body was", "bodies were"))
	}
	if taken := c.found.Snapshots - c.found.Bodies - erased; taken > 0 {
		c.note("%s taken by retention before the pack was made: their hashes are in the log, what they told is not here", english.Plural(taken, "body was", "bodies were"))
	}
	return nil
}

// follows checks that a snapshot follows on the one before, or that the pack tells what
// lies between: answers of runs that it does not show. A job's first answer is run 1's.
func (c *check) follows(i int) error {
	s, before := c.document.Snapshots[i], 0
	if i > 0 {
		before = c.document.Snapshots[i-1].SnapshotNo
	}
	if s.SnapshotNo == before+1 && s.Passed == nil {
		return nil
	}
	if s.SnapshotNo == before+1 || s.Passed == nil || s.Passed.SnapshotNo != s.SnapshotNo-1 || c.document.RunNo == 0 {
		return errPassed
	}
	if s.Passed.RunNo < 1 || i == 0 && c.document.RunNo == 1 {
		return errPassedN
	}
	for _, run := range s.Passed.Runs {
		if run.No == c.document.RunNo {
			return errPassedN
		}
	}
	if s.SnapshotNo == before+2 {
		c.note("snapshot %d is not in the pack, which tells that it is of another run", before+1)
	} else {
		c.note("snapshots %d to %d are not in the pack, which tells that they are of other runs", before+1, s.SnapshotNo-1)
	}
	return nil
}

func (c *check) body(s Snapshot) ([]byte, error) {
	if s.Body == nil {
		return nil, nil
	}
	body, err := c.pack.read(*s.Body, bodyMost)
	if err != nil {
		return nil, err
	}
	if hash := sha256.Sum256(body); hex.EncodeToString(hash[:]) != s.SHA256 || len(body) != s.Size {
		return nil, fmt.Errorf("%s: %w", *s.Body, errBody)
	}
	return body, nil
}

func (c *check) gaps() error {
	for _, g := range c.document.Gaps {
		if err := c.leaf(c.document.gapLeaf(g), g.EntryNo, g.Leaf, g.Proof); err != nil {
			return c.wrong(fmt.Sprintf("gap %d", g.GapNo), g.From, err)
		}
		c.found.Gaps++
	}
	return nil
}

// history checks that the document tells what the bodies give.
func (c *check) history() (err error) {
	if c.document.Interpretation != c.derived.provider.Interpretation {
		return c.wrong(documentName, time.Time{}, fmt.Errorf("what it tells was derived by interpretation %d of %s, and this program has %d: check it by a tracker of that version",
			c.document.Interpretation, c.document.Job.Provider, c.derived.provider.Interpretation))
	}
	if c.shown, err = c.derived.history(); err != nil {
		return c.wrong(documentName, time.Time{}, err)
	}
	h := c.shown
	c.found.Runs, c.found.Steps, c.found.Transitions, c.found.Anomalies, c.found.LogEntries = len(h.Runs), len(h.Steps), len(h.Transitions), len(h.Anomalies), len(h.LogEntries)
	return c.compare()
}

// texts checks what was written from what has been checked: it is the same, byte for byte.
func (c *check) texts(document []byte) error {
	again := *c.document
	var err error
	if again.History, err = encode(c.shown, ""); err != nil {
		return err
	}
	shown, err := newPage(c.document, c.shown)
	if err != nil {
		return err
	}
	written, err := encode(again, "  ")
	if err != nil {
		return err
	}
	if !bytes.Equal(written, document) {
		return c.wrong(documentName, time.Time{}, errors.New("it is not written as packs are"))
	}
	for name, want := range map[string][]byte{pageName: shown, guideName: guide(c.document)} {
		text, err := c.pack.read(name, documentMost)
		if err != nil {
			return err
		}
		if !bytes.Equal(text, want) {
			return c.wrong(name, time.Time{}, fmt.Errorf("it does not say what %s and the bodies give", documentName))
		}
	}
	return nil
}
