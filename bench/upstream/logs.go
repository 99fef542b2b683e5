package main

import (
	"fmt"
	"strings"
	"time"
)

// growth is by how many entries a log may grow.
const growth = 2000

// logs are answers about runs that go on, whose log grows by an entry with each poll.
type logs struct {
	datasets int
	begins   int    // entries at the first poll
	text     []byte // all entries, with commas between them
	ends     []int  // where in it each entry ends
}

func newLogs(datasets, begins, entrySize int) *logs {
	l := &logs{datasets: datasets, begins: begins}
	at := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	filler := strings.Repeat("The row was read, checked and kept as it was. ", entrySize/46+1)
	for i := range begins + growth {
		if i > 0 {
			l.text = append(l.text, ',')
		}
		detail := fmt.Sprintf("Imported row %d into the dataset. %s", i, filler)
		detail = detail[:min(len(detail), max(40, entrySize-80))]
		l.text = fmt.Appendf(l.text, `{"created_at":%q,"detail":%q,"level":"info"}`, stamp(at.Add(time.Duration(i)*time.Millisecond)), detail)
		l.ends = append(l.ends, len(l.text))
	}
	return l
}

// appendReply answers the poll of that number of a dataset.
func (l *logs) appendReply(out []byte, dataset uint64, poll int) []byte {
	const head, tail = `{"id":"%s","status":"in_progress","steps":[{"name":"fetch","start":"2026-11-01T03:00:00.000000Z","end":null,"status":"in_progress","entries":[`, `]}]}`
	entries := l.text[:l.ends[min(l.begins+poll, len(l.ends))-1]]
	length := len(head) - len("%s") + idLength + len(entries) + len(tail)
	out = fmt.Appendf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", length)
	var id [idLength]byte
	putRunID(id[:], dataset, 1)
	out = fmt.Appendf(out, head, id[:])
	return append(append(out, entries...), tail...)
}
