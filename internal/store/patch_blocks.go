package store

import "bytes"

const (
	// pieceLeast is the least length of a piece: it costs six bytes to tell of one.
	pieceLeast = 12
	// blockLeast is the least length of a block. A piece of nearly two has one within it.
	blockLeast = 8
	// blocksMost bounds the memory for blocks: of a long text they are longer.
	blocksMost = 1 << 14
	// lookBack is how far before the first difference blocks are taken from.
	lookBack = 1 << 10
	// factor is that of the rolling hash: any large odd number.
	factor = 0x9E3779B97F4A7C15
)

// blocks finds the blocks of a text by their hash.
type blocks struct {
	text   []byte
	size   int               // of a block
	leaves uint64            // factor to the power of size: what a byte weighs that leaves a window
	places map[uint64][2]int // where one begins first, and last
}

// newBlocks takes blocks of a text from a place on.
func newBlocks(text []byte, from int) *blocks {
	x := &blocks{text: text, size: max(blockLeast, (len(text)-from)/blocksMost), leaves: 1}
	for range x.size {
		x.leaves *= factor
	}
	x.places = make(map[uint64][2]int, (len(text)-from)/x.size)
	for at := from; at+x.size <= len(text); at += x.size {
		sum := hash(text[at : at+x.size])
		places, again := x.places[sum]
		if !again {
			places[0] = at
		}
		places[1] = at
		x.places[sum] = places
	}
	return x
}

// hash is not zero for zeros, so that it tells runs of them from each other.
func hash(text []byte) (sum uint64) {
	for _, c := range text {
		sum = sum*factor + uint64(c) + 1
	}
	return sum
}

// window is a part of a text that is as long as a block.
type window struct {
	of   *blocks
	text []byte
	at   int
	sum  uint64
}

// window begins at a place of a text; false: no block fits in there.
func (x *blocks) window(text []byte, at int) (window, bool) {
	if at+x.size > len(text) {
		return window{}, false
	}
	return window{of: x, text: text, at: at, sum: hash(text[at : at+x.size])}, true
}

// slide moves the window on by a byte; false: it is at the end.
func (w *window) slide() bool {
	if w.at+w.of.size >= len(w.text) {
		return false
	}
	w.sum = w.sum*factor + uint64(w.text[w.at+w.of.size]) + 1 - w.of.leaves*(uint64(w.text[w.at])+1)
	w.at++
	return true
}

// grow gives the longest piece around a block that is in the window, and where it begins
// in the window's text: no earlier than done.
func (x *blocks) grow(w window, done int) (longest piece, at int) {
	places, found := x.places[w.sum]
	if !found {
		return piece{}, 0
	}
	for _, place := range places {
		if !bytes.Equal(x.text[place:place+x.size], w.text[w.at:w.at+x.size]) {
			continue
		}
		back := commonTail(x.text[:place], w.text[done:w.at])
		ahead := commonHead(x.text[place:], w.text[w.at:])
		if back+ahead > longest.length {
			longest, at = piece{from: place - back, length: back + ahead}, w.at-back
		}
	}
	return longest, at
}
