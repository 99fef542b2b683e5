package ledger

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TileHeight is the height of the tree's tiles: one holds up to 256 hashes.
const TileHeight = 8

// errHashMissing means that the tree needs a hash that is not stored.
var errHashMissing = errors.New("a hash of the tree is missing")

// Tree is the log at a size.
type Tree struct {
	Size int64 // leaves
	Root Hash  // of no leaves: zero
}

// Tile is a row of hashes of the tree: number No of level Level. It grows until it is
// full; hashes that it has never change.
type Tile struct {
	Level  int
	No     int64
	Hashes []byte
}

// TileReader reads a tile with at least so many hashes.
type TileReader func(level int, no int64, hashes int) ([]byte, error)

// Append adds leaves to the tree and returns it with the tiles to be written. It reads
// the right edge of the tree and checks it against the root.
func Append(tree Tree, read TileReader, leaves []Hash) (Tree, []Tile, error) {
	g := growing{kept: map[int64]Hash{}, below: tree.reader(read)}
	size := tree.Size
	for _, leaf := range leaves {
		hashes, err := tlog.StoredHashesForRecordHash(size, leaf, g)
		if err != nil {
			return tree, nil, fmt.Errorf("add leaf %d: %w", size, err)
		}
		first := tlog.StoredHashIndex(0, size)
		for i, h := range hashes {
			g.kept[first+int64(i)] = h
		}
		size++
	}
	root, err := tlog.TreeHash(size, g)
	if err != nil {
		return tree, nil, fmt.Errorf("hash the tree of %d leaves: %w", size, err)
	}
	var tiles []Tile
	for _, t := range tlog.NewTiles(TileHeight, tree.Size, size) {
		hashes, err := tlog.ReadTileData(t, g)
		if err != nil {
			return tree, nil, fmt.Errorf("write tile %d of level %d: %w", t.N, t.L, err)
		}
		tiles = append(tiles, Tile{Level: t.L, No: t.N, Hashes: hashes})
	}
	return Tree{Size: size, Root: root}, tiles, nil
}

// ProveLeaf proves that a tree has the leaf of a journal entry.
func (t Tree) ProveLeaf(entryNo int64, read TileReader) ([]Hash, error) {
	return tlog.ProveRecord(t.Size, entryNo-1, t.reader(read))
}

// CheckLeaf checks such a proof.
func (t Tree) CheckLeaf(entryNo int64, leaf Hash, proof []Hash) error {
	return tlog.CheckRecord(proof, t.Size, t.Root, entryNo-1, leaf)
}

// RootAt is the root that the tree had when it was of that size, as its hashes give it.
func (t Tree) RootAt(size int64, read TileReader) (Hash, error) {
	if size == t.Size {
		return t.Root, nil
	}
	return tlog.TreeHash(size, t.reader(read))
}

// reader reads hashes from tiles, each checked against the root.
func (t Tree) reader(read TileReader) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: t.Size, Hash: t.Root}, tileReader(read))
}

// tileReader makes a TileReader what tlog asks.
type tileReader TileReader

// Height implements tlog.TileReader.
func (tileReader) Height() int { return TileHeight }

// ReadTiles implements tlog.TileReader.
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for i, t := range tiles {
		hashes, err := r(t.L, t.N, t.W)
		if err != nil {
			return nil, err
		}
		if len(hashes) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %d of level %d: %w", t.N, t.L, errHashMissing)
		}
		found[i] = hashes[:t.W*tlog.HashSize]
	}
	return found, nil
}

// SaveTiles implements tlog.TileReader: nothing is cached.
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// growing reads hashes that were added, and below them those of the tree before.
type growing struct {
	kept  map[int64]Hash
	below tlog.HashReader
}

// ReadHashes implements tlog.HashReader.
func (g growing) ReadHashes(indexes []int64) ([]Hash, error) {
	hashes := make([]Hash, len(indexes))
	var missing []int64
	var places []int
	for i, index := range indexes {
		h, kept := g.kept[index]
		if !kept {
			missing, places = append(missing, index), append(places, i)
		}
		hashes[i] = h
	}
	if len(missing) == 0 {
		return hashes, nil
	}
	read, err := g.below.ReadHashes(missing)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		hashes[place] = read[i]
	}
	return hashes, nil
}

func readKept(kept map[int64]Hash, indexes []int64) ([]Hash, error) {
	hashes := make([]Hash, len(indexes))
	for i, index := range indexes {
		h, found := kept[index]
		if !found {
			return nil, errHashMissing
		}
		hashes[i] = h
	}
	return hashes, nil
}
