package tracking_test

import (
	"testing"
	"time"

	"tracker/internal/store"
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

// TestLookBack: an age is one before now, whatever time is asked about, as it is in every
// other flag; what is not given is as far as usual from that time.
func TestLookBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	asOf := now.AddDate(0, 0, -10)
	const usual = 7 * 24 * time.Hour
	for _, test := range []struct {
		text  string
		asOf  *time.Time
		usual time.Duration
		want  string
		fails string
	}{
		{"", nil, usual, "2026-11-21", ""},
		{"", &asOf, usual, "2026-11-11", ""},
		{"12d", &asOf, usual, "2026-11-16", ""},
		{"3d", nil, usual, "2026-11-25", ""},
		{"3d", &asOf, usual, "2026-11-11", "since: 2026-11-25T09:00:00Z is after the time that is asked about, 2026-11-18T09:00:00Z"},
		{"2026-11-29", nil, usual, "2026-11-21", "since: 2026-11-29T00:00:00Z is still to come: the database's clock says 2026-11-28T09:00:00Z"},
		{"3d", nil, 0, "", ""},
	} {
		filter := store.AnswerFilter{AsOf: test.asOf}
		err := tracking.LookBack(&filter, "since", test.text, test.usual, now)
		got := ""
		if filter.Since != nil {
			got = filter.Since.Format(time.DateOnly)
		}
		if got != test.want || (err == nil) != (test.fails == "") || err != nil && err.Error() != test.fails {
			t.Errorf("%q looks back to %q, %v; want %q, %q", test.text, got, err, test.want, test.fails)
		}
	}
}
