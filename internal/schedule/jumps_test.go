package schedule_test

import (
	"archive/zip"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/schedule"
)

func TestNextAcrossJumps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expr, after string
		want        []string // local
	}{
		"MidnightLeftOut":       {"CRON_TZ=America/Santiago 0 0 * * *", "2026-09-05T12:00:00Z", []string{"09-06 01:00", "09-07 00:00"}},
		"DailyLeftOut":          {"CRON_TZ=Africa/Cairo @daily", "2026-04-23T12:00:00Z", []string{"04-24 01:00", "04-25 00:00"}},
		"HourLeftOut":           {"CRON_TZ=America/New_York 30 2 * * *", "2026-03-07T12:00:00Z", []string{"03-08 03:00", "03-09 02:30"}},
		"WeekdayLeftOut":        {"CRON_TZ=Europe/Paris 30 2 * * 0", "2026-03-23T12:00:00Z", []string{"03-29 03:00", "04-05 02:30"}},
		"HalfAnHourLeftOut":     {"CRON_TZ=Australia/Lord_Howe 15 2 * * *", "2026-10-03T12:00:00Z", []string{"10-04 02:30", "10-05 02:15"}},
		"WeeklyLeftOut":         {"CRON_TZ=America/Santiago @weekly", "2026-09-01T12:00:00Z", []string{"09-06 01:00", "09-13 00:00"}},
		"ManyLeftOutAreOne":     {"CRON_TZ=Europe/Paris */10 2 * * *", "2026-03-28T12:00:00Z", []string{"03-29 03:00", "03-30 02:00", "03-30 02:10"}},
		"OneThatIsThereAnyway":  {"CRON_TZ=Europe/Paris 0 2,3 * * *", "2026-03-28T12:00:00Z", []string{"03-29 03:00", "03-30 02:00"}},
		"StepsLeftOut":          {"CRON_TZ=Europe/Paris 30 */2 * * *", "2026-03-29T00:00:00Z", []string{"03-29 03:00", "03-29 04:30"}},
		"EveryHourGoesOn":       {"CRON_TZ=Europe/Paris 30 * * * *", "2026-03-29T00:00:00Z", []string{"03-29 01:30", "03-29 03:30"}},
		"TwiceIsOnce":           {"CRON_TZ=Europe/Paris 30 2 * * *", "2026-10-24T12:00:00Z", []string{"10-25 02:30", "10-26 02:30"}},
		"TwiceIsTheFirst":       {"CRON_TZ=Europe/Paris 30 2 * * *", "2026-10-25T00:45:00Z", []string{"10-26 02:30"}},
		"TwiceAndMidnight":      {"CRON_TZ=America/Havana @daily", "2026-10-31T12:00:00Z", []string{"11-01 00:00", "11-02 00:00"}},
		"TwiceForEveryHour":     {"CRON_TZ=Europe/Paris @hourly", "2026-10-25T00:30:00Z", []string{"10-25 02:00", "10-25 03:00"}},
		"TwiceForEveryMinute":   {"CRON_TZ=Europe/Paris */20 2 * * *", "2026-10-25T00:00:00Z", []string{"10-25 02:20", "10-25 02:40", "10-26 02:00"}},
		"ADayThatWasNone":       {"CRON_TZ=Pacific/Apia 30 2 * * *", "2011-12-29T13:00:00Z", []string{"12-31 02:30", "01-01 02:30"}},
		"LeftOutUntilMidnight":  {"CRON_TZ=Asia/Pyongyang 45 23 * * *", "2018-05-04T12:00:00Z", []string{"05-05 00:00", "05-05 23:45"}},
		"MonthlyLeftOut":        {"CRON_TZ=America/New_York 30 2 8 3 *", "2026-01-01T00:00:00Z", []string{"03-08 03:00", "03-08 02:30"}},
		"AnotherDayIsNoneOfIts": {"CRON_TZ=America/New_York 30 2 9 * *", "2026-03-07T12:00:00Z", []string{"03-09 02:30"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, last := mustParse(t, c.expr), at(t, c.after)
			zone := location(t, strings.TrimPrefix(strings.Fields(c.expr)[0], "CRON_TZ="))
			for i, want := range c.want {
				last = s.Tick(last)
				if got := last.In(zone).Format("01-02 15:04"); got != want {
					t.Errorf("tick %d is at %s, not at %s", i+1, got, want)
				}
			}
		})
	}
}

// TestEachLocalTimeTicksOnce tries expressions that name hours around all jumps
// of all zones.
func TestEachLocalTimeTicksOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expr    string
		hours   []int
		minutes []int
	}{
		{"@daily", []int{0}, []int{0}},
		{"30 2 * * *", []int{2}, []int{30}},
		{"15 1,2,3 * * *", []int{1, 2, 3}, []int{15}},
		{"45 23-23,0-1 * * *", []int{23, 0, 1}, []int{45}},
		{"*/20 2 * * *", []int{2}, []int{0, 20, 40}},
		{"0 */12 * * *", []int{0, 12}, []int{0}},
		{"5 0 * * sun,sat", []int{0}, []int{5}},
	} {
		t.Run(c.expr, func(t *testing.T) {
			t.Parallel()
			for _, zone := range allZones(t) {
				s := mustParse(t, "CRON_TZ="+zone.String()+" "+c.expr)
				for _, jump := range jumps(zone, 2000, 2040) {
					from, to := jump.AddDate(0, 0, -3), jump.AddDate(0, 0, 3)
					want := ticksWanted(zone, from, to, strings.Contains(c.expr, "sun,sat"), c.hours, c.minutes)
					if got := ticks(s, from, to); !slices.EqualFunc(got, want, time.Time.Equal) {
						t.Errorf("%s around %s:\n got %s\nwant %s", zone, jump, got, want)
					}
				}
			}
		})
	}
}

func ticks(s schedule.Schedule, from, to time.Time) (found []time.Time) {
	for at := s.Tick(from); at.Before(to); at = s.Tick(at) {
		found = append(found, at)
	}
	return found
}

// ticksWanted gives for each local time of the days between from and to, if
// there was such a day, the first moment at which it, or a later one, is shown.
func ticksWanted(zone *time.Location, from, to time.Time, weekends bool, hours, minutes []int) (want []time.Time) {
	first := from.In(zone)
	for day := -2; day <= 8; day++ {
		date := time.Date(first.Year(), first.Month(), first.Day()+day, 0, 0, 0, 0, time.UTC)
		if weekends && date.Weekday() != time.Saturday && date.Weekday() != time.Sunday || !exists(zone, date) {
			continue
		}
		for _, hour := range hours {
			for _, minute := range minutes {
				at := shown(zone, date.Add(time.Duration(hour)*time.Hour+time.Duration(minute)*time.Minute))
				if at.After(from) && at.Before(to) {
					want = append(want, at)
				}
			}
		}
	}
	slices.SortFunc(want, time.Time.Compare)
	return slices.CompactFunc(want, time.Time.Equal)
}

// exists reports whether a zone had a day, given as if it were one of UTC.
func exists(zone *time.Location, date time.Time) bool {
	for minutes := range 48 {
		at := time.Date(date.Year(), date.Month(), date.Day(), 0, 30*minutes, 0, 0, zone)
		if at.Day() == date.Day() {
			return true
		}
	}
	return false
}

// shown gives when a zone's clocks first show a local time, given as if it were
// one of UTC; where they leave it out, when they jump.
func shown(zone *time.Location, local time.Time) time.Time {
	var missing time.Time
	for _, around := range []int{-30, 30} {
		_, offset := local.Add(time.Duration(around) * time.Hour).In(zone).Zone()
		at := local.Add(-time.Duration(offset) * time.Second)
		if _, now := at.In(zone).Zone(); now == offset {
			return at // with the offset before a jump first
		}
		if start, _ := at.In(zone).ZoneBounds(); around < 0 {
			missing = start
		}
	}
	return missing.UTC()
}

// jumps lists when a zone's clock is set.
func jumps(zone *time.Location, from, to int) (found []time.Time) {
	at := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC).In(zone)
	for {
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Year() >= to {
			return found
		}
		_, before := at.Zone()
		if _, after := end.Zone(); before != after {
			found = append(found, end.UTC())
		}
		at = end
	}
}

func location(tb testing.TB, name string) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

// allZones lists the zones that Go knows, one of those whose clocks are set
// alike.
func allZones(tb testing.TB) (zones []*time.Location) {
	tb.Helper()
	root, err := exec.CommandContext(tb.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		tb.Fatal(err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	seen := map[string]bool{}
	for _, file := range archive.File {
		if file.FileInfo().IsDir() {
			continue
		}
		zone := location(tb, file.Name)
		all := jumps(zone, 2000, 2040)
		_, offset := time.Unix(0, 0).In(zone).Zone()
		if key := fmt.Sprint(offset, all); !seen[key] && len(all) > 0 {
			seen[key] = true
			zones = append(zones, zone)
		}
	}
	if len(zones) < 100 {
		tb.Fatalf("%d zones", len(zones))
	}
	return zones
}
