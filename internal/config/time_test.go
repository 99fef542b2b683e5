package config_test

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/config"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "2h30m": 150 * time.Minute, "0s": 0, "1.5h": 90 * time.Minute, "250ms": 250 * time.Millisecond,
		"2d": 2 * day, "1d12h": 36 * time.Hour, "2w": 14 * day, "1w1d1h": 8*day + time.Hour, "0d": 0, "15250w": 15250 * 7 * day,
	} {
		if got, err := config.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", " ", "5", "-5m", "+5m", "d", "w", "1.5d", "-1d", "+1d", "1d-1h", "1d2d", "1d1w", "1h1d", "2 d", "1y", "1D",
		"15251w", "106752d", "15250w3d", "106751d24h", "99999999999w", "9999999h", strings.Repeat("9", 1<<12) + "d",
	} {
		if got, err := config.ParseDuration(text); err == nil || len(err.Error()) > 200 {
			t.Errorf("%q is %s, %v; want a short error", text, got, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, time.November, 22, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2025-11-01T12:00:00Z":          "2025-11-01T12:00:00Z",
		"2025-11-01T12:00:00.123+02:00": "2025-11-01T10:00:00.123Z",
		"2025-11-01":                    "2025-11-01T00:00:00Z",
		"2h":                            "2025-11-22T08:00:00Z",
		"3d":                            "2025-11-19T10:00:00Z",
		"1d12h":                         "2025-11-20T22:00:00Z",
		"2w":                            "2025-11-08T10:00:00Z",
		"0s":                            "2025-11-22T10:00:00Z",

		"2025-11-01 12:00":              "2025-11-01T12:00:00Z",
		"2025-11-01 12:00:30":           "2025-11-01T12:00:30Z",
		"2025-11-01 12:00Z":             "2025-11-01T12:00:00Z",
		"2025-11-01 12:00:30Z":          "2025-11-01T12:00:30Z",
		"2025-11-01 12:00:30 UTC":       "2025-11-01T12:00:30Z",
		"2025-11-01T12:00":              "2025-11-01T12:00:00Z",
		"2025-11-01T12:00:30.25":        "2025-11-01T12:00:30.25Z",
		"2025-11-01 12:00+02:00":        "2025-11-01T10:00:00Z",
		"2025-11-01 12:00:00.123456+00": "2025-11-01T12:00:00.123456Z",
		"09:05":                         "2025-11-22T09:05:00Z",
		"9:05":                          "2025-11-22T09:05:00Z",
		"09:05Z":                        "2025-11-22T09:05:00Z",
		"09:05:07":                      "2025-11-22T09:05:07Z",
		"09:05:07.123 UTC":              "2025-11-22T09:05:07.123Z",
		"today 09:05:07":                "2025-11-22T09:05:07Z",
		"22:20":                         "2025-11-22T22:20:00Z",
		"Nov 2 12:00:30":                "2025-11-02T12:00:30Z",
		"Nov 2 12:00 UTC":               "2025-11-02T12:00:00Z",
		"Nov 2":                         "2025-11-02T00:00:00Z",
	} {
		got, err := config.ParseTime(text, now)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %s, %v; want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "2025-13-01", "2025-11-1", "-2h", "1763805600", "25:00", "12:60", "12", "Feb 29", "Nov 31", "Z", " UTC", "2025-11-01 12:00 CET", "2h UTC"} {
		if got, err := config.ParseTime(text, now); err == nil || !strings.Contains(err.Error(), "is no time; write one such as") {
			t.Errorf("%q is %s, %v", text, got, err)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{"2h", "1w2d3h", "2025-11-01", "2025-11-01T12:00:00Z", "106751d23h"} {
		f.Add(seed)
	}
	now := time.Date(2025, time.November, 22, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := config.ParseDuration(text); err == nil && d < 0 {
			t.Errorf("%q is %s", text, d)
		}
		if _, err := config.ParseTime(text, now); err != nil && len(err.Error()) > 600 {
			t.Errorf("the error has %d bytes", len(err.Error()))
		}
	})
}
