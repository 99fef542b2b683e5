package store

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// A patch makes a body of the one before. It is a line of numbers, in threes, and then
// new bytes. The first three: with how many bytes of the one before the body begins, with
// how many it ends, and how many new bytes follow on the first. Any further three: how
// many bytes of the one before are passed over (less than none: how many to go back), how
// many after them come next, and how many new ones after those. report.body_of reads it too.

// errPatch means that what is stored is no patch of the body before.
var errPatch = errors.New("it is no patch of the body before")

// piece is a part of a body: bytes of the body before, then new ones.
type piece struct {
	from, length int
	put          []byte
}

// makePatch takes time in proportion to the bodies' length, and little memory beside
// the patch.
func makePatch(was, is []byte) []byte {
	head := commonHead(was, is)
	tail := commonTail(was[head:], is[head:])
	numbers := []int{head, tail}
	at := head
	var put []byte
	for i, p := range findPieces(was, is, head, tail) {
		if i > 0 {
			numbers = append(numbers, p.from-at, p.length)
			at = p.from + p.length
		}
		numbers = append(numbers, len(p.put))
		put = append(put, p.put...)
	}
	var line []byte
	for _, n := range numbers {
		line = append(strconv.AppendInt(line, int64(n), 10), ' ')
	}
	line[len(line)-1] = '\n'
	return append(line, put...)
}

// findPieces takes is apart but for its tail. The first piece is the head. Each of the
// others has grown from a block of was, of what differs there or stands shortly before:
// lines of a log are like the ones before them.
func findPieces(was, is []byte, head, tail int) []piece {
	is = is[:len(is)-tail]
	pieces := []piece{{length: head}}
	last, done := &pieces[0], head
	if len(is)-done >= pieceLeast {
		blocks := newBlocks(was[:len(was)-tail], max(head-lookBack, 0))
		for w, ok := blocks.window(is, done); ok; {
			p, at := blocks.grow(w, done)
			if p.length < pieceLeast {
				ok = w.slide()
				continue
			}
			last.put = is[done:at]
			pieces = append(pieces, p)
			last, done = &pieces[len(pieces)-1], at+p.length
			w, ok = blocks.window(is, done)
		}
	}
	last.put = is[done:]
	return pieces
}

// applyPatch gives the body that a patch makes of the one before.
func applyPatch(was, patch []byte) ([]byte, error) {
	line, put, found := bytes.Cut(patch, []byte("\n"))
	numbers := strings.Split(string(line), " ")
	if !found || len(numbers)%3 != 0 {
		return nil, errPatch
	}
	n := make([]int, len(numbers))
	for i, number := range numbers {
		const bits = 32
		value, err := strconv.ParseInt(number, 10, bits)
		if err != nil {
			return nil, errPatch
		}
		n[i] = int(value)
	}
	tail := n[1]
	n[0], n[1] = 0, n[0] // a piece like the others
	is, at := make([]byte, 0, len(was)+len(put)), 0
	for ; len(n) > 0; n = n[3:] {
		from, to := at+n[0], at+n[0]+n[1]
		if from < 0 || to < from || to > len(was) || n[2] < 0 || n[2] > len(put) {
			return nil, errPatch
		}
		is = append(append(is, was[from:to]...), put[:n[2]]...)
		at, put = to, put[n[2]:]
	}
	if tail < 0 || tail > len(was) || len(put) > 0 {
		return nil, errPatch
	}
	return append(is, was[len(was)-tail:]...), nil
}

// comparedAtOnce is how many bytes are compared before it is looked which differ.
const comparedAtOnce = 4096

// commonHead is with how many equal bytes two texts begin.
func commonHead(a, b []byte) int {
	most := min(len(a), len(b))
	at := 0
	for at < most && bytes.Equal(a[at:min(at+comparedAtOnce, most)], b[at:min(at+comparedAtOnce, most)]) {
		at = min(at+comparedAtOnce, most)
	}
	for at < most && a[at] == b[at] {
		at++
	}
	return at
}

// commonTail is with how many equal bytes two texts end.
func commonTail(a, b []byte) int {
	most := min(len(a), len(b))
	a, b = a[len(a)-most:], b[len(b)-most:]
	at := most
	for at > 0 && bytes.Equal(a[max(at-comparedAtOnce, 0):at], b[max(at-comparedAtOnce, 0):at]) {
		at = max(at-comparedAtOnce, 0)
	}
	for at > 0 && a[at-1] == b[at-1] {
		at--
	}
	return most - at
}
