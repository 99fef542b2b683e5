package audit

import (
	"context"
	"fmt"
	"sync"

	"tracker/internal/ledger"
	"tracker/internal/store"
)

// checkCheckpoints checks the checkpoints, of the database and published, of the log at
// the size that it has come to.
func (c *logCheck) checkCheckpoints(ctx context.Context) error {
	if len(c.checkpoints) == 0 {
		more, err := c.Store.Checkpoints(ctx, max(c.size-1, -1), verifyMost)
		if err != nil {
			return err
		}
		c.checkpoints = more
	}
	root := sync.OnceValues(c.tree.Root) // most entries have no checkpoint
	for len(c.checkpoints) > 0 && c.checkpoints[0].Size <= c.size {
		checkpoint := c.checkpoints[0]
		c.checkpoints = c.checkpoints[1:]
		hash, err := root()
		if err != nil {
			return fmt.Errorf("hash the tree: %w", err)
		}
		c.checkCheckpoint(checkpoint, hash)
	}
	for len(c.published) > 0 && c.published[0].Size <= c.size {
		published := c.published[0]
		c.published = c.published[1:]
		hash, err := root()
		if err != nil {
			return fmt.Errorf("hash the tree: %w", err)
		}
		if !c.trusts(published) {
			continue
		}
		if published.Size == c.size && published.Root != hash {
			c.add(Wrong{EntryNo: published.Size}, "the log of %d entries is not the one whose checkpoint was published: it was written anew", published.Size)
		}
	}
	return nil
}

// trusts reports whether a published checkpoint is of this log, which is named anew when
// it gets its key and has no name where nothing is sealed, and signed by the key that is
// given.
func (c *logCheck) trusts(published ledger.Checkpoint) bool {
	c.found.Published++
	if c.last.Size > 0 && published.Signed() == c.last.Signed() && published.Origin != c.last.Origin {
		c.add(Wrong{EntryNo: published.Size}, "the checkpoint of %d entries that was published is of the log %q, and this is the log %q", published.Size, published.Origin, c.last.Origin)
		return false
	}
	if c.Key == nil || !published.Signed() {
		return true
	}
	err := published.Verify(*c.Key)
	if err != nil {
		c.add(Wrong{EntryNo: published.Size}, "the checkpoint of %d entries that was published: %v", published.Size, err)
	}
	return err == nil
}

// checkCheckpoint checks the root and the signature of a checkpoint of the database.
func (c *logCheck) checkCheckpoint(checkpoint store.Checkpoint, root ledger.Hash) {
	c.found.Checkpoints++
	at := Wrong{EntryNo: checkpoint.Size, At: checkpoint.SealedAt}
	said, err := ledger.ParseCheckpoint(checkpoint.Note)
	if err != nil || said.Tree != checkpoint.Tree || said.Origin != checkpoint.Origin {
		c.add(at, "the checkpoint at %d entries is not what its note says: somebody has altered it", checkpoint.Size)
		return
	}
	if said.Root != root && !c.broken {
		c.broken = true
		c.add(at, "the tree of %d entries is not the one that was sealed: somebody has altered its hashes", checkpoint.Size)
	}
	if !said.Signed() {
		return
	}
	c.found.Signed++
	key, err := c.keyOf(checkpoint)
	if err == nil {
		err = said.Verify(key)
	}
	switch {
	case err != nil:
		c.add(at, "the checkpoint at %d entries: %v", checkpoint.Size, err)
	case checkpoint.Verifier != key.String():
		c.add(at, "the checkpoint at %d entries is said to be signed by another key, %q: somebody has altered that", checkpoint.Size, checkpoint.Verifier)
	}
}

// keyOf is the key by which a checkpoint is to be checked.
func (c *logCheck) keyOf(checkpoint store.Checkpoint) (ledger.Verifier, error) {
	if c.Key != nil {
		return *c.Key, nil
	}
	key, known := c.keys[checkpoint.Verifier]
	if known {
		return key, nil
	}
	key, err := ledger.ReadVerifier(checkpoint.Verifier)
	if err == nil {
		c.keys[checkpoint.Verifier] = key
	}
	return key, err
}

// checkCutOff finds out whether the newest entries were cut off: published checkpoints are
// of a longer log, or the newest checkpoint bears no signature though there is a key.
func (c *logCheck) checkCutOff() {
	var longest int64
	for _, published := range c.published {
		if c.trusts(published) {
			longest = published.Size
		}
	}
	if longest > 0 {
		c.add(Wrong{EntryNo: longest}, "the log has %d entries, but a checkpoint of %d was published: the newest were cut off", c.last.Size, longest)
	}
	if c.Key != nil && c.last.Size == 0 && c.found.Unsealed > 0 {
		c.add(Wrong{}, "nothing is sealed: the journal has %d entries, and the log no checkpoint", c.found.Unsealed)
	}
	if c.Key != nil && c.last.Size > 0 && !c.last.Signed() {
		c.add(Wrong{EntryNo: c.last.Size, At: c.last.SealedAt}, "the newest checkpoint is not signed")
	}
}
