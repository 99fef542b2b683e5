package words_test

import (
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// TestHistory_State: a time that is ours bounds, whichever runs were read.
func TestHistory_State(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 11, 22, 12, 5, 2, 300e6, time.UTC)
	for reported, want := range map[bool]string{
		true:  "✔ succeeded since Nov 22 12:05:02 UTC (10 m ago)",
		false: "✔ succeeded since Nov 22 12:05:03 UTC at the latest (10 m ago)",
	} {
		job := store.JobRow{State: new("succeeded"), StateSince: &since, StateSinceReported: reported, RunNo: new(int32(2))}
		h := words.NewHistory(tracking.Knowledge{Now: since.Add(10 * time.Minute), History: store.History{Job: job}, RunNo: 1})
		if got := terminal.Join(h.State()); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
