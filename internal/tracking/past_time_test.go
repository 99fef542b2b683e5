package tracking_test

import (
	"testing"
	"time"

	"tracker/internal/tracking"
)

func TestPastTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2h": "2026-11-28T07:00:00Z", "2026-11-28T09:00:59Z": "2026-11-28T09:00:00Z", "2026-11-28T09:01:01Z": "", "2026-11-29": "",
		"2026-11-28 08:20": "2026-11-28T08:20:00Z", "08:20:30": "2026-11-28T08:20:30Z", "09:00:30": "2026-11-28T09:00:00Z", "Nov 21 22:20": "2026-11-21T22:20:00Z", "22:20": "",
	} {
		at, err := tracking.PastTime("--as-of", text, now)
		if got := at.Format(time.RFC3339); want == "" && err == nil || want != "" && (err != nil || got != want) {
			t.Errorf("%s is %s, %v", text, got, err)
		}
	}
}
