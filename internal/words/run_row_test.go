package words_test

import (
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// TestHistory_Took: a run that goes on has lasted since it was first seen, where the
// service says that it is still to begin; a screen of watch counts it so, too.
func TestHistory_Took(t *testing.T) {
	t.Parallel()
	seen := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		started time.Time
		want    string
	}{
		"Ahead":  {seen.Add(time.Hour), "≥ 10 m"},
		"Before": {seen.Add(-5 * time.Minute), "≥ 15 m"},
	} {
		h := words.NewHistory(tracking.Knowledge{Now: seen.Add(11 * time.Minute), AnsweredAt: seen.Add(10 * time.Minute)})
		if got := h.Took(store.RunRow{State: "running", StartedAt: c.started, FirstSeenAt: seen}); got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// TestHistory_TookOfSuperseded: a run has lasted until the look before another was seen.
func TestHistory_TookOfSuperseded(t *testing.T) {
	t.Parallel()
	seen := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	h := words.NewHistory(tracking.Knowledge{Now: seen.Add(72 * time.Hour), AnsweredAt: seen.Add(72 * time.Hour)})
	run := store.RunRow{
		State: "unknown", StartedAt: seen, FirstSeenAt: seen, Superseded: true,
		Left: history.Bounds{NotBefore: seen.Add(5 * time.Minute), ObservedAt: seen.Add(6 * time.Minute)},
	}
	if got := h.Took(run); got != "≥ 5 m" {
		t.Errorf("%q", got)
	}
}
