package ledger

// Upper is a growing tree of which the tiles above the lowest are wanted: their hashes are
// those of full tiles below. The zero Upper has no leaf.
type Upper struct {
	Edge
	rows []Tile // by level from 1 on: the tile that is not full yet
}

// Add adds the next leaf and gives the tiles that it fills.
func (u *Upper) Add(leaf Hash) (full []Tile, err error) {
	hashes, err := u.add(leaf)
	if err != nil {
		return nil, err
	}
	for level := 1; level*TileHeight < len(hashes); level++ {
		if level > len(u.rows) {
			u.rows = append(u.rows, Tile{Level: level})
		}
		row := &u.rows[level-1]
		hash := hashes[level*TileHeight]
		if row.Hashes = append(row.Hashes, hash[:]...); len(row.Hashes) == len(hash)<<TileHeight {
			full = append(full, *row)
			*row = Tile{Level: level, No: row.No + 1}
		}
	}
	return full, nil
}

// Rest gives the tiles that are not full.
func (u *Upper) Rest() []Tile {
	var rest []Tile
	for _, row := range u.rows {
		if len(row.Hashes) > 0 {
			rest = append(rest, row)
		}
	}
	return rest
}
