package words

import (
	"testing"
	"time"

	"tracker/internal/tracking"
)

func TestNext(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		5 * time.Second: "; next in 5 s", 900 * time.Millisecond: "; next due now", 0: "; next due now", -59 * time.Second: "; next due now",
		-5 * time.Minute: "; next was due 5 m ago",
	} {
		h := NewHistory(tracking.Knowledge{Now: now})
		h.Job.NextPollAt = new(now.Add(d))
		if got := h.next(); got != want {
			t.Errorf("%s before it is due %q, not %q", d, got, want)
		}
	}
}
