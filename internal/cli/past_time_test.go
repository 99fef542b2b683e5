package cli

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/config"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// TestTimesArePrintedAsTheyAreTaken reads back each form in which screens show a time.
func TestTimesArePrintedAsTheyAreTaken(t *testing.T) {
	t.Parallel()
	c := words.Clock{ReadAt: time.Date(2026, 11, 28, 22, 30, 0, 0, time.UTC)}
	for name, show := range map[string]func(time.Time) string{
		"timeText": func(at time.Time) string { return words.Time(&at) }, "at": c.At, "near": c.Near, "dayAt": func(at time.Time) string { return c.DayAt(at, "") },
		"utc": func(at time.Time) string { return c.At(at) + " UTC" }, "json": func(at time.Time) string { return at.Format(time.RFC3339Nano) },
	} {
		for _, at := range []time.Time{
			time.Date(2026, 11, 28, 22, 20, 7, 0, time.UTC), time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		} {
			if got, err := config.ParseTime(show(at), c.ReadAt); err != nil || !got.Equal(at) {
				t.Errorf("%s: %s is printed as %q and read as %s, %v", name, at, show(at), got, err)
			}
		}
	}
	for name, show := range map[string]func(time.Time) string{"exactText": words.Clock{}.Exact, "since": c.Since, "date": c.Date} {
		at := time.Date(2026, 11, 28, 22, 20, 7, 123e6, time.UTC)
		if got, err := config.ParseTime(show(at), c.ReadAt); err != nil || !c.SameDay(got, at) || at.Before(got) {
			t.Errorf("%s: %s is printed as %q and read as %s, %v", name, at, show(at), got, err)
		}
	}
}

func TestPastTime_NamesTheDay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 28, 0, 10, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"23:59:50":        "2026-11-28T23:59:50Z is still to come: the database's clock says 2026-11-28T00:10:00Z; for an earlier one write the date, too, as in  2026-11-27 23:59",
		"Dec 31 23:00":    "; for an earlier one write the date, too, as in  2025-12-31 23:00",
		"2026-12-31":      "says 2026-11-28T00:10:00Z",
		"2026-11-28 1:00": "says 2026-11-28T00:10:00Z",
	} {
		if _, err := tracking.PastTime("--since", text, now); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What is asked of a time before anybody looked is answered as far as it goes, and that is said.
func TestTimes_BeforeTracking(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	for args, said := range map[string]bool{
		"report failed-imports --since 2026-01-01": true, "report failed-imports --since 2026-01-01 --format csv": true, "report step-durations": false,
		"report failed-imports --as-of 2020-01-01 --format json": true, "report failed-imports --known-at 2020-01-01 --format csv": true,
		"report failed-imports --format json --as-of " + f.after[0].Format(time.RFC3339Nano): false, "report stalled --format json": false, "report runs-per-day --since 2025-12-01 --format json": true,
	} {
		stdout, stderr, code := f.run(strings.Fields(args)...)
		if code != exitDone || stdout == "" || strings.HasPrefix(stderr, "tracked since 20") != said || !said && stderr != "" {
			t.Errorf("tracker %s ends with %d and says %q", args, code, stderr)
		}
	}
	want := f.must("history", "stores-eu", "--as-of", "2026-01-05T10:00:30Z", "--format", "json")
	for _, text := range []string{"2026-01-05 10:00:30", "2026-01-05 10:00:30Z", "2026-01-05T10:00:30", "2026-01-05 10:00:30 UTC"} {
		if got := f.must("history", "stores-eu", "--as-of", text, "--format", "json"); !strings.Contains(got, `"state": "running"`) || len(got) != len(want) {
			t.Errorf("as of %s: %s", text, got)
		}
	}
}
