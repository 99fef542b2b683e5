package sync_test

import (
	"fmt"
	"testing"

	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/upstreamsim"
)

// progressing is an answer about a run that goes on, as far as it has come.
func progressing(progress int) upstreamsim.Frame {
	return upstreamsim.Answer(fmt.Sprintf(`{"progress":%d,"id":"r1","status":"in_progress","steps":[]}`, progress))
}

func TestVolatileFieldsMakeNoSnapshot(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	ignore := func(paths ...string) {
		l.reconfigure("woosmap", func(s *store.SourceSpec) { s.Volatile = paths })
	}
	var frames []upstreamsim.Frame
	for i := range 6 {
		frames = append(frames, progressing(i))
	}
	l.dataset("stores", append(frames, progressing(5), upstreamsim.Answer("{\n \"steps\": [], \"id\": \"r1\", \"status\": \"in_progress\"}"), progressing(7))...)
	other := l.newSyncer("another", l.store) // which remembers nothing
	poll := func(s *sync.Syncer, outcome string) {
		t.Helper()
		l.syncer = s
		l.expect("stores", outcome)
	}
	first := l.syncer
	poll(first, "changed") // 0
	poll(first, "changed") // 1
	ignore(".progress")
	poll(first, "unchanged") // 2: the key of the head is made anew
	poll(other, "unchanged") // 3
	ignore(".progress", ".eta")
	poll(first, "unchanged") // 4
	ignore()
	poll(other, "changed") // 5: differs from the head, which is still 1
	poll(first, "unchanged")
	ignore(".progress")
	poll(first, "unchanged") // without it, in another order
	poll(other, "unchanged") // 7
	l.wantPolls("stores", "changed 1", "changed 2", "unchanged 2", "unchanged 2", "unchanged 2", "changed 3", "unchanged 3", "unchanged 3", "unchanged 3")
	l.Want("kept as first seen", []string{"0", "1", "5"}, `SELECT body_text::json->>'progress' FROM report.snapshots ORDER BY snapshot_no`)
	l.Want("source", []string{".progress"}, `SELECT unnest(volatile) FROM report.sources WHERE source = 'woosmap'`)
	l.Want("changes", []string{`[] [".progress"]`, `[".progress"] [".progress", ".eta"]`, `[".progress", ".eta"] []`, `[] [".progress"]`},
		`SELECT concat_ws(' ', before->'volatile', after->'volatile') FROM report.changes WHERE action = 'change' ORDER BY change_no`)
}
