package history_test

import (
	"testing"
	"time"

	"tracker/internal/history"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 6, 7, 9, 30, 36, 715_881_000, time.UTC)
	whole := at.Truncate(time.Second)
	cases := []struct {
		name, raw string
		at        time.Time // zero: unreadable
		assumed   bool
	}{
		{"Zoneless", "2024-06-07T09:30:36.715881", at, true},
		{"ZonelessWithSpace", "2024-06-07 09:30:36.715881", at, true},
		{"ZonelessWholeSeconds", "2024-06-07T09:30:36", whole, true},
		{"UTC", "2024-06-07T09:30:36.715881Z", at, false},
		{"Offset", "2024-06-07T11:30:36.715881+02:00", at, false},
		{"OffsetWithoutColon", "2024-06-07T11:30:36.715881+0200", at, false},
		{"OffsetAfterSpace", "2024-06-07 11:30:36.715881 +02:00", at, false},
		{"NegativeOffsetOverMidnight", "2024-06-06T23:30:36.715881-10:00", at, false},
		{"Milliseconds", "2024-06-07T09:30:36.000Z", whole, false},
		{"NanosecondsAreCut", "2024-06-07T09:30:36.715881999Z", at, false},
		{"SurroundingSpace", " 2024-06-07T09:30:36Z\n", whole, false},
		{"LeapDay", "2024-02-29T00:00:00Z", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), false},
		{"BeforeTheEpoch", "1969-12-31T23:59:59.9999999Z", time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), false},

		{"HourOffset", "2024-06-07 11:30:36.715881+02", at, false},
		{"ZeroOffset", "2024-06-07T09:30:36+0000", whole, false},
		{"LowerCase", "2024-06-07t09:30:36z", whole, false},
		{"WordUTC", "2024-06-07 09:30:36 UTC", whole, false},
		{"LeapSecond", "2016-12-31T23:59:60Z", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC), false},
		{"LeapSecondWithFractionAndOffset", "2017-01-01T00:59:60.5+01:00", time.Date(2017, 1, 1, 0, 0, 0, 500_000_000, time.UTC), false},
		{"EndOfTheDay", "2024-06-07T24:00:00", time.Date(2024, 6, 8, 0, 0, 0, 0, time.UTC), true},
		{"EndOfTheYear", "2024-12-31T24:00:00.000Z", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), false},
		{"RFC1123", "Fri, 07 Jun 2024 09:30:36 GMT", whole, false},
		{"RFC1123UTC", "Fri, 7 Jun 2024 09:30:36 UTC", whole, false},
		{"RFC1123Offset", "Fri, 07 Jun 2024 11:30:36 +0200", whole, false},
		{"FractionWithComma", "2024-06-07T09:30:36,715881Z", at, false},

		{"OffsetOfADay", "2024-06-07T09:30:36+24:00", time.Time{}, false},
		{"OffsetOfADayWithoutColon", "2024-06-07T09:30:36-2400", time.Time{}, false},
		{"OffsetOfSixtyMinutes", "2024-06-07T09:30:36+01:60", time.Time{}, false},
		{"OffsetOfOneDigit", "2024-06-07T09:30:36+2", time.Time{}, false},
		{"OffsetOfThreeDigits", "2024-06-07T09:30:36+020", time.Time{}, false},
		{"OffsetWithItsColonElsewhere", "2024-06-07T09:30:36+0:200", time.Time{}, false},
		{"OffsetAlone", "2024-06-07T09:30:36+", time.Time{}, false},
		{"AfterTheEndOfTheDay", "2024-06-07T24:00:01Z", time.Time{}, false},
		{"AfterTheEndOfTheDayByAFraction", "2024-06-07T24:00:00.5Z", time.Time{}, false},
		{"SecondSixtyOne", "2024-06-07T23:59:61Z", time.Time{}, false},
		{"RFC1123InANamedZone", "Fri, 07 Jun 2024 09:30:36 CEST", time.Time{}, false},
		{"RFC1123OffsetOfADay", "Fri, 07 Jun 2024 09:30:36 +2400", time.Time{}, false},
		{"PointAlone", "2024-06-07T09:30:36.Z", time.Time{}, false},
		{"Empty", "", time.Time{}, false},
		{"Words", "yesterday", time.Time{}, false},
		{"DateAlone", "2024-06-07", time.Time{}, false},
		{"NoSuchDay", "2023-02-29T00:00:00Z", time.Time{}, false},
		{"NoSuchHour", "2024-06-07T25:00:00Z", time.Time{}, false},
		{"UnixSeconds", "1717752636", time.Time{}, false},
		{"NamedZone", "2024-06-07T09:30:36 CEST", time.Time{}, false},
		{"TextBehind", "2024-06-07T09:30:36Zulu", time.Time{}, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			equal(t, "time", history.ParseTime(tc.raw), history.Time{Raw: tc.raw, At: tc.at, ZoneAssumed: tc.assumed})
		})
	}
}

func FuzzParseTime(f *testing.F) {
	for _, raw := range []string{
		"2024-06-07T09:30:36.715881", "2024-06-07 09:30:36.7158819 +02:00", "0000-01-01T00:00:00+23:59",
		"9999-12-31T23:59:59.999999999-23:59", "", " ", "\x00", "\xff", "2024-06-07T09:30:36,5Z",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := history.ParseTime(raw)
		switch {
		case got.Raw != raw:
			t.Errorf("%q is kept as %q", raw, got.Raw)
		case got.At.Location() != time.UTC:
			t.Errorf("%q is read in %v", raw, got.At.Location())
		case got.At.Nanosecond()%1000 != 0:
			t.Errorf("%q is read as %v, finer than a microsecond", raw, got.At)
		case !got.At.IsZero() && !history.ParseTime(got.At.Format(time.RFC3339Nano)).At.Equal(got.At) && got.At.Year() >= 0 && got.At.Year() <= 9999:
			t.Errorf("%q is read as %v, which reads as another time", raw, got.At)
		}
	})
}
