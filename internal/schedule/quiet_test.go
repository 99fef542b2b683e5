package schedule_test

import (
	"testing"
	"time"

	"tracker/internal/schedule"
)

func TestQuietUntil(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ hours, at, until string }{
		{"22:00-07:00 Europe/Paris", "2024-06-07T20:30:00Z", "2024-06-08T05:00:00Z"},
		{"22:00-07:00 Europe/Paris", "2024-06-08T04:59:59Z", "2024-06-08T05:00:00Z"},
		{"22:00-07:00 Europe/Paris", "2024-06-08T05:00:00Z", ""},
		{"22:00-07:00 Europe/Paris", "2024-06-07T19:59:59Z", ""},
		{"22:00-07:00 Europe/Paris", "2024-10-26T21:00:00Z", "2024-10-27T06:00:00Z"},     // the clock is set back meanwhile
		{"22:00-07:00 Europe/Paris", "2024-03-30T21:00:00Z", "2024-03-31T05:00:00Z"},     // or forward
		{"22:00-02:30 America/New_York", "2024-03-10T06:45:00Z", "2024-03-10T07:00:00Z"}, // to an hour behind their end
		{"22:00-02:30 Europe/Paris", "2024-10-27T00:29:00Z", "2024-10-27T00:30:00Z"},     // their end comes twice
		{"22:00-02:30 Europe/Paris", "2024-10-27T01:15:00Z", "2024-10-27T01:30:00Z"},
		{"22:00-01:30 America/New_York", "2024-11-03T06:15:00Z", "2024-11-03T06:30:00Z"},
		{"12:00-13:30", "2024-06-07T12:00:00Z", "2024-06-07T13:30:00Z"},
		{"12:00-13:30", "2024-06-07T13:30:00Z", ""},
		{"", "2024-06-07T12:00:00Z", ""},
	} {
		quiet, err := schedule.ParseQuiet(test.hours)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := time.Parse(time.RFC3339, test.at)
		until := ""
		if end := quiet.Until(at); !end.IsZero() {
			until = end.UTC().Format(time.RFC3339)
		}
		if until != test.until {
			t.Errorf("%q at %s: quiet until %q, want %q", test.hours, test.at, until, test.until)
		}
	}
}

func TestQuietIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"22:00", "22-07", "22:00-25:00", "22:00-22:00 Europe/Paris", "22:00-07:00 Mars/Olympus", "22:00-07:00 Local", "-"} {
		if _, err := schedule.ParseQuiet(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
