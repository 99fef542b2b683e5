package schedule_test

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/schedule"
)

func TestParseAccepts(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{
		"* * * * *", "*/5 * * * *", "0 0 * * *", "5/15 * * * *", "1-5/2 * * * *", "1-5,30-40/5 * * * *", "5-5 * * * *",
		"*/59 * * * *", "0 */12 * * *", "0 0 */15 * *", "0 0 1 */6 *", "0 0 29 2 *", "0 0 31 2 1", "0 0 ? * mon-fri", "0 0 1 JAN,jul ?",
		"0 0 */1 * mon", "0 0 1-31/2 * mon", "007 1 1 1 *",
		"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
		"@every 1s", "@every 30s", "@every 1.5h", "@every 8784h", "CRON_TZ=Europe/Paris @every 1h",
		"CRON_TZ=Europe/Paris 30 2 * * *", "TZ=UTC 0 0 * * *", "CRON_TZ=America/New_York @daily", "TZ=EST  0\t0 * * *",
		" 0 0 * * *\n", "@every  5m",
	} {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			s, err := schedule.Parse(expr)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Join(strings.Fields(expr), " "); s.String() != want {
				t.Errorf("String() = %q, want %q", s, want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for expr, reason := range map[string]string{
		"":                              "it is empty",
		" \t ":                          "it is empty",
		"TZ=":                           "the zone after TZ= is empty",
		"CRON_TZ=":                      "the zone after CRON_TZ= is empty",
		"CRON_TZ= * * * * *":            "the zone after CRON_TZ= is empty",
		"CRON_TZ=UTC":                   "nothing follows the zone",
		"TZ=UTC ":                       "nothing follows the zone",
		"CRON_TZ=Mars/Base * * * * *":   `zone "Mars/Base" is unknown`,
		"CRON_TZ=../../etc/x * * * * *": "is unknown",
		"CRON_TZ=Europe * * * * *":      "is unknown",
		"CRON_TZ=europe/paris @daily":   `zone "europe/paris" is unknown; write CRON_TZ=Europe/Paris`,
		"TZ=asia/ho_chi_minh @daily":    "write TZ=Asia/Ho_Chi_Minh",
		"TZ=utc * * * * *":              "write TZ=UTC",
		"TZ=right/UTC * * * * *":        "is unknown",
		"TZ=posix/Europe/Paris @daily":  "is unknown",
		"TZ=Local * * * * *":            "differs from machine to machine",
		"TZ=localtime @daily":           "differs from machine to machine",
		"tz=UTC * * * * *":              `"tz" is no setting`,
		"TZ=UTC CRON_TZ=UTC * * * * *":  "it has 6 fields",
		"0 0 31 2 *":                    `day of month "31" never comes in month "2"`,
		"0 0 30 2 *":                    "never comes",
		"0 0 31 4,6,9,11 *":             "never comes",
		"@every":                        "takes one duration",
		"@every 5m 5m":                  "takes one duration",
		"@every 0s":                     "is under one second",
		"@every -5m":                    "is under one second",
		"@every 999ms":                  "is under one second",
		"@every 1500ms":                 `is not in whole seconds; write "@every 1s"`,
		"@every 1d":                     "a day is 24h",
		"@every 9000h":                  "longer than a year",
		"@every 99999999999h":           "cannot read the duration",
		"@every5m":                      `"@every5m" is unknown`,
		"@reboot":                       `"@reboot" is not supported`,
		"@Daily":                        "there are @hourly, @daily",
		"@daily 5":                      "stands alone",
		"*/90 * * * *":                  `a step of 90 minutes is beyond the field's range (0-59); for every 90 minutes write "@every 90m"`,
		"0/90 * * * *":                  `write "@every 90m"`,
		"*/60 * * * *":                  `write "@every 60m"`,
		"*/90 9-17 * * *":               "beyond the field's range (0-59); name the minutes you mean",
		"5/90 * * * *":                  "beyond the range (5-59); name the minutes you mean",
		"*/90,5 * * * *":                "name the minutes you mean",
		"0 */36 * * *":                  `for every 36 hours write "@every 36h"`,
		"0 */24 * * *":                  `for every 24 hours write "@every 24h"`,
		"0 0 */45 * *":                  `for every 45 days write "@every 1080h"`,
		"0 0 */2000000000 * *":          "name the days you mean",
		"0 0 1 */18 *":                  "name the months you mean",
		"0 0 * * */7":                   "name the weekdays you mean",
		"1-5/30 * * * *":                "a step of 30 minutes is beyond the range (1-5)",
		"5-5/2 * * * *":                 "beyond the range (5-5)",
		"0,50/15 * * * *":               "beyond the range (50-59)",
		"*/0 * * * *":                   "a step of 0 minutes never moves on",
		"*/ * * * *":                    "is no whole number",
		"*/+5 * * * *":                  "is no whole number",
		"*/5/5 * * * *":                 "is no whole number",
		"+5 * * * *":                    `"+5" is no minute (0-59)`,
		"-5 * * * *":                    `"" is no minute`,
		"*-5 * * * *":                   `"*" is no minute`,
		"60 * * * *":                    "minute 60 is beyond the field's range (0-59)",
		"0 24 * * *":                    "hour 24 is beyond",
		"0 0 0 * *":                     "day 0 is beyond the field's range (1-31)",
		"0 0 * 13 *":                    "month 13 is beyond",
		"0 0 * * 7":                     "Sunday is 0",
		"0 0 * * 5-7":                   "Sunday is 0",
		"0 22-2 * * *":                  "runs backwards; write it as two, such as 22-23,0-2",
		"0 0 * * sat-sun":               "runs backwards",
		"1-2-3 * * * *":                 `"2-3" is no minute`,
		", * * * *":                     "has an empty item",
		"1,,2 * * * *":                  "has an empty item",
		"? * * * *":                     `"?" is no minute`,
		"0 0 ?/2 * *":                   `"?" is no day`,
		"0 0 L * *":                     `"L" is no day`,
		"0 0 15W * *":                   `"15W" is no day`,
		"0 0 * * mon#2":                 `"mon#2" is no weekday`,
		"0 0 * * monday":                `"monday" is no weekday`,
		"H * * * *":                     `"H" is no minute`,
		"0 0 */2 * mon":                 "read differently by different crons",
		"0 0 1 * */2":                   "read differently by different crons",
		"* * * *":                       "it has 4 fields and needs 5",
		"0 */5 * * * *":                 `it has 6 fields and needs 5: minute, hour, day of month, month, day of week; seconds are not among them, for those write "@every 30s"`,
		"0 0 * * * # nightly":           "it has 7 fields",
		"0\u00a00 * * *":                "it holds the character U+00A0",
		"CRON_TZ=UTC\u3000* * * * *":    "it holds the character U+3000",
		"٣ * * * *":                     "it holds the character U+0663",
		"0 0 * * *\n0 1 * * *":          "it holds the character U+000A",
		"\xff * * * *":                  "it holds the character U+FFFD",
		strings.Repeat("1,", 1<<16):     "it is longer than 256 bytes",
	} {
		t.Run(expr[:min(len(expr), 40)], func(t *testing.T) {
			t.Parallel()
			_, err := schedule.Parse(expr)
			if err == nil {
				t.Fatalf("accepted; want an error with %q", reason)
			}
			if !strings.HasPrefix(err.Error(), "schedule \"") || !strings.Contains(err.Error(), reason) {
				t.Errorf("error %q, want %q", err, reason)
			}
			if len(err.Error()) > 600 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"*/5 * * * *", "0 0 29 2 *", "0 0 31 2 *", "TZ=", "CRON_TZ=UTC", "CRON_TZ=America/Havana 30 0 * * sun",
		"@every 30s", "@every", "@daily", "*/90 * * * *", "1-5/30 * * * *", "0 0 ? * mon,fri", "5/15 0-23/2 1,15 */3 *",
	} {
		f.Add(seed)
	}
	now := time.Date(2025, time.November, 22, 10, 0, 0, 123_456_000, time.UTC)
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := schedule.Parse(expr)
		if err != nil {
			return
		}
		next := s.Next(now, "stores-eu")
		if !next.After(now) || next.After(now.AddDate(5, 0, 0)) {
			t.Errorf("Next(%s) of %q = %s", now, expr, next)
		}
		if again, err := schedule.Parse(s.String()); err != nil || !again.Next(now, "stores-eu").Equal(next) {
			t.Errorf("%q does not read as %q", s, expr)
		}
		if s.Interval(now) <= 0 {
			t.Errorf("Interval of %q = %s", expr, s.Interval(now))
		}
	})
}
