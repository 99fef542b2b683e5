package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net"
	"strconv"
	"sync/atomic"
)

// service answers for a number of datasets. It speaks just enough HTTP/1.1 for
// clients that keep their connections, with or without pipelining.
type service struct {
	frames [variants][changes]frame
	polls  []atomic.Uint32 // by dataset
	idle   int
	first  uint64 // the number of every dataset's first run
	logs   *logs  // of heavy datasets; nil: there are none
}

func newService(datasets, idle int, first uint64, bare bool) (*service, error) {
	s := &service{polls: make([]atomic.Uint32, datasets), idle: idle, first: first}
	for variant := range s.frames {
		var err error
		if s.frames[variant], err = renderRun(variant, bare); err != nil {
			return nil, err
		}
	}
	return s, nil
}

const (
	pathBegins, pathEnds = "/datasets/", "/status"
	idLength, idDigits   = 36, 12

	notFound = "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n{\"details\":\"Dataset was not found\"}"
)

// serve answers until the client goes.
func (s *service) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in, out := make([]byte, 0, 8<<10), make([]byte, 0, 16<<10)
	for len(in) < cap(in) {
		n, err := conn.Read(in[len(in):cap(in)])
		if err != nil {
			return
		}
		in, out = in[:len(in)+n], out[:0]
		used := 0
		for {
			length := bytes.Index(in[used:], []byte("\r\n\r\n"))
			if length < 0 {
				break
			}
			out = s.appendReply(out, pathOf(in[used:used+length]))
			used += length + 4
		}
		in = in[:copy(in, in[used:])]
		if len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				return
			}
		}
	}
}

// pathOf gives what stands between the first two spaces of a request.
func pathOf(request []byte) []byte {
	_, rest, _ := bytes.Cut(request, []byte(" "))
	path, _, _ := bytes.Cut(rest, []byte(" "))
	return path
}

func (s *service) appendReply(out, path []byte) []byte {
	if len(path) < len(pathBegins)+idLength+len(pathEnds) || string(path[:len(pathBegins)]) != pathBegins {
		return append(out, notFound...)
	}
	digits := path[len(pathBegins)+idLength-idDigits : len(pathBegins)+idLength]
	dataset, err := strconv.Atoi(string(digits))
	if err != nil || dataset >= len(s.polls) {
		return append(out, notFound...)
	}
	if s.logs != nil && dataset < s.logs.datasets {
		return s.logs.appendReply(out, uint64(dataset), int(s.polls[dataset].Add(1)-1))
	}
	cycle := uint64(changes + s.idle)
	polls := uint64(s.polls[dataset].Add(1)-1) + mix(uint64(dataset))%cycle // each starts at a phase of its own
	run, at := s.first+polls/cycle, min(polls%cycle, changes-1)
	f := &s.frames[(uint64(dataset)*7+run)%variants][at]
	start := len(out) + f.runID
	out = append(out, f.reply...)
	putRunID(out[start:start+idLength], uint64(dataset), run)
	return out
}

// putRunID writes the id of a dataset's run.
func putRunID(to []byte, dataset, run uint64) {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], mix(dataset<<20|run))
	binary.BigEndian.PutUint64(id[8:], mix(dataset<<20|run|1<<60))
	id[6], id[8] = 0x40|id[6]&0xf, 0x80|id[8]&0x3f
	for _, part := range [][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		n := hex.Encode(to, id[part[0]:part[1]])
		if to = to[n:]; len(to) > 0 {
			to[0], to = '-', to[1:]
		}
	}
}

// mix spreads a number over all bits.
func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
