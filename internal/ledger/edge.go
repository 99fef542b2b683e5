package ledger

import "golang.org/x/mod/sumdb/tlog"

// Edge is the right edge of a growing tree: one hash of each full subtree. It gives roots
// of trees of any size in no memory. The zero Edge has no leaf.
type Edge struct {
	size   int64
	stored map[int64]Hash // of full subtrees at the right edge, by stored hash index
}

// Add adds the next leaf.
func (t *Edge) Add(leaf Hash) error {
	_, err := t.add(leaf)
	return err
}

// add adds the next leaf and gives the hashes of the full subtrees that it ends, the
// smallest first.
func (t *Edge) add(leaf Hash) ([]Hash, error) {
	if t.stored == nil {
		t.stored = map[int64]Hash{}
	}
	hashes, err := tlog.StoredHashesForRecordHash(t.size, leaf, t)
	if err != nil {
		return nil, err
	}
	first := tlog.StoredHashIndex(0, t.size)
	for i, h := range hashes {
		index := first + int64(i)
		t.stored[index] = h
		if level, n := tlog.SplitStoredHashIndex(index); level > 0 {
			delete(t.stored, tlog.StoredHashIndex(level-1, 2*n))
			delete(t.stored, tlog.StoredHashIndex(level-1, 2*n+1))
		}
	}
	t.size++
	return hashes, nil
}

// Root is the hash of the tree; of no leaf: zero.
func (t *Edge) Root() (Hash, error) {
	if t.size == 0 {
		return Hash{}, nil
	}
	return tlog.TreeHash(t.size, t)
}

// ReadHashes implements tlog.HashReader.
func (t *Edge) ReadHashes(indexes []int64) ([]Hash, error) { return readKept(t.stored, indexes) }
