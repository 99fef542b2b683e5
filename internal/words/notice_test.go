package words_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/words"
)

// TestDigest: the first line, which a phone shows, says how many of what, and of which jobs.
func TestDigest(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var many []store.Notice
	for n := range 1005 {
		many = append(many, store.Notice{Kind: history.EventFailed, Job: fmt.Sprintf("job-%d", n), At: now, Line: "failed"})
	}
	one := []store.Notice{
		{Kind: history.EventFailed, Job: "stores-eu", At: now, Line: "failed"},
		{Kind: history.EventRecovered, Job: "stores-eu", At: now, Line: "again"},
		{Kind: history.EventSourcePaused, Source: "woosmap", At: now, Line: "paused"},
	}
	over := json.RawMessage(`{"phase":"over"}`)
	ends := []store.Notice{
		{Kind: history.EventStalled, Job: "a", At: now, What: json.RawMessage(`{"phase":"began"}`)},
		{Kind: history.EventStalled, Job: "b", At: now, What: over},
		{Kind: history.EventNotLooking, Job: "c", At: now, What: over},
		{Kind: history.EventNotLooking, Job: "d", At: now, What: json.RawMessage(`{"phase":"began"}`)},
	}
	for want, notices := range map[string][]store.Notice{
		"1,005 failed: job-0, job-1, job-2 and 1,002 more":                                     many,
		"1 failed, 1 recovered: stores-eu":                                                     one[:2],
		"1 failed, 1 recovered, 1 source paused: stores-eu, woosmap":                           one,
		"1 stalled, 1 no longer stalled, 1 looked at again, 1 not looking: a, b, c and 1 more": ends,
	} {
		if got, _, _ := strings.Cut(words.Digest(notices, now, ""), "\n"); got != want {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
}
