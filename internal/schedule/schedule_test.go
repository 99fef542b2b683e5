package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tracker/internal/schedule"
)

func mustParse(tb testing.TB, expr string) schedule.Schedule {
	tb.Helper()
	s, err := schedule.Parse(expr)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return parsed.UTC()
}

func TestNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expr, after, want string }{
		"UTCWithoutZone":       {"0 12 * * *", "2025-11-22T13:00:00+02:00", "2025-11-22T12:00:00Z"},
		"Zone":                 {"CRON_TZ=Europe/Paris 0 12 * * *", "2025-11-22T09:00:00Z", "2025-11-22T11:00:00Z"},
		"LeapDay":              {"0 0 29 2 *", "2025-11-22T00:00:00Z", "2028-02-29T00:00:00Z"},
		"LeapDayOver2100":      {"0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"},
		"HourThatIsJumped":     {"CRON_TZ=Europe/Paris 30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		"HourThatComesTwice":   {"CRON_TZ=Europe/Paris 30 2 * * *", "2026-10-25T00:45:00Z", "2026-10-26T01:30:00Z"},
		"MidnightThatIsJumped": {"CRON_TZ=America/Havana 0 12 * * sun", "2026-03-07T12:00:00Z", "2026-03-08T16:00:00Z"},
		"JumpOfHalfAnHour":     {"CRON_TZ=Australia/Lord_Howe 0 3 * * *", "2026-10-03T13:00:00Z", "2026-10-03T16:00:00Z"},
		"Every":                {"@every 90m", "2025-11-22T09:00:00.5Z", "2025-11-22T10:30:00.5Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustParse(t, c.expr).Next(at(t, c.after), "stores-eu")
			if late := got.Sub(at(t, c.want)); late < 0 || late >= time.Minute {
				t.Errorf("Next = %s, want %s and less than a minute more", got, c.want)
			}
		})
	}
}

func TestInterval(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]time.Duration{
		"@every 30s": 30 * time.Second, "*/5 * * * *": 5 * time.Minute, "@hourly": time.Hour, "@daily": 24 * time.Hour,
	} {
		if got := mustParse(t, expr).Interval(at(t, "2025-11-22T10:02:00Z")); got != want {
			t.Errorf("Interval of %s = %s, want %s", expr, got, want)
		}
	}
}

func TestFirstIsWithinAMinute(t *testing.T) {
	t.Parallel()
	now := at(t, "2025-11-22T10:00:00Z")
	for _, expr := range []string{"@every 1s", "@every 2h", "* * * * *", "@yearly"} {
		seen := make(map[time.Time]bool)
		for i := range 1000 {
			first := mustParse(t, expr).First(now, fmt.Sprint("job-", i))
			if first.Before(now) || first.Sub(now) >= time.Minute {
				t.Fatalf("First of %s = %s", expr, first)
			}
			seen[first] = true
		}
		if len(seen) < 50 {
			t.Errorf("1000 jobs on %s share %d first times", expr, len(seen))
		}
	}
}

// TestSecondSpreadsEvery also pins the hash: another one would move every job.
func TestSecondSpreadsEvery(t *testing.T) {
	t.Parallel()
	s, first := mustParse(t, "@every 10m"), at(t, "2025-11-22T10:00:00Z")
	minutes := make([]int, 10)
	for i := range 1000 {
		after := s.Second(first, fmt.Sprint("job-", i)).Sub(first)
		if after < time.Second || after >= 10*time.Minute+time.Second {
			t.Fatalf("second poll after %s", after)
		}
		minutes[int(after.Minutes())%10]++
	}
	for minute, jobs := range minutes {
		if jobs < 60 || jobs > 140 {
			t.Errorf("%d of 1000 jobs in minute %d: %v", jobs, minute, minutes)
		}
	}
	if got, want := s.Second(first, "stores-eu"), at(t, "2025-11-22T10:03:41.884Z"); !got.Equal(want) {
		t.Errorf("Second of stores-eu = %s, want %s", got, want)
	}
}

// TestSecondSpreadsTheShortestInterval: what is left of it is no less than half.
func TestSecondSpreadsTheShortestInterval(t *testing.T) {
	t.Parallel()
	s, first := mustParse(t, "@every 1s"), at(t, "2025-11-22T10:00:00Z")
	tenths := make([]int, 10)
	for i := range 1000 {
		after := s.Second(first, fmt.Sprint("job-", i)).Sub(first)
		if after < 500*time.Millisecond || after >= 1500*time.Millisecond {
			t.Fatalf("second poll after %s", after)
		}
		tenths[after/(100*time.Millisecond)%10]++
	}
	for tenth, jobs := range tenths {
		if jobs < 60 || jobs > 140 {
			t.Errorf("%d of 1000 jobs in tenth %d: %v", jobs, tenth, tenths)
		}
	}
}

var zones = []string{
	"UTC", "Europe/Paris", "America/New_York", "America/Havana", "America/Santiago", "Africa/Cairo", "Asia/Beirut",
	"Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "America/St_Johns", "Africa/Casablanca",
}

func drawCron(t *rapid.T) schedule.Schedule {
	field := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	expr := fmt.Sprintf("CRON_TZ=%s %s %s %s * %s", field("zone", zones...),
		field("minute", "*", "*/5", "*/7", "0", "30", "59", "0,1", "10-20/3"),
		field("hour", "*", "*/2", "0", "1", "2", "3", "23", "0-3", "9-17"),
		field("day", "*", "*", "1", "15,31"), field("weekday", "*", "*", "sun", "mon-fri"))
	s, err := schedule.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func drawTime(t *rapid.T) time.Time {
	from := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	return time.UnixMicro(rapid.Int64Range(from, from+int64(6*366*24*time.Hour/time.Microsecond)).Draw(t, "time")).UTC()
}

// TestNextServesEachTickOnce polls a job at its planned times, some of them
// late, and expects it at all ticks, moved by less than a minute and a tenth
// of the interval, none twice and none left out.
func TestNextServesEachTickOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, now := drawCron(t), drawTime(t)
		name := rapid.StringMatching(`[a-z0-9]{1,8}`).Draw(t, "name")
		due := s.Next(now, name)
		if !due.After(now) {
			t.Fatalf("Next(%s) = %s", now, due)
		}
		for range 30 {
			late := time.Duration(rapid.Int64Range(0, int64(4*time.Second)).Draw(t, "late")).Truncate(time.Microsecond)
			next := s.Next(due.Add(late), name)
			if again := s.Next(due, name); !again.Equal(next) {
				t.Fatalf("polled %s late the job due at %s is due at %s, else at %s", late, due, next, again)
			}
			if before := s.Next(due.Add(-time.Microsecond), name); !before.Equal(due) {
				t.Fatalf("just before %s the job is due at %s", due, before)
			}
			if !next.After(due) {
				t.Fatalf("%s follows %s", next, due)
			}
			due = next
		}
	})
}

// TestEveryHourTicksWhenItsMinuteIsShown compares an expression that names no
// hour with a search through the minutes, near the jumps of clocks too.
func TestEveryHourTicksWhenItsMinuteIsShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		minute, now := rapid.IntRange(0, 59).Draw(t, "minute"), drawTime(t)
		if _, jump := now.In(zone).ZoneBounds(); !jump.IsZero() && rapid.Bool().Draw(t, "at a jump") {
			now = jump.Add(-time.Duration(rapid.IntRange(-120, 180).Draw(t, "minutes before")) * time.Minute)
		}
		s, err := schedule.Parse(fmt.Sprintf("CRON_TZ=%s %d * * * *", zone, minute))
		if err != nil {
			t.Fatal(err)
		}
		want := now.Truncate(time.Minute).Add(time.Minute)
		for want.In(zone).Minute() != minute {
			want = want.Add(time.Minute)
		}
		if got := s.Tick(now); !got.Equal(want) {
			t.Fatalf("after %s: %s, want %s", now.In(zone), got.In(zone), want.In(zone))
		}
	})
}

func TestNextIsMonotone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, a := drawCron(t), drawTime(t)
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(72*time.Hour)).Draw(t, "later")))
		if s.Next(a, "stores-eu").After(s.Next(b, "stores-eu")) {
			t.Fatalf("Next(%s) is after Next(%s)", a, b)
		}
	})
}

func TestLongest(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) // a Wednesday
	for expr, want := range map[string]time.Duration{
		"@every 90m":             90 * time.Minute,
		"*/5 * * * *":            5 * time.Minute,
		"*/5 8-17 * * 1-5":       (2*24+14)*time.Hour + 5*time.Minute,
		"0 9 * * 1":              7 * 24 * time.Hour,
		"0 0 1 * *":              31 * 24 * time.Hour,
		"CRON_TZ=UTC 30 6 * * *": 24 * time.Hour,
	} {
		parsed, err := schedule.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.Longest(from); got != want {
			t.Errorf("%s: %s, not %s", expr, got, want)
		}
	}
}
