package store

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// TestArraysAreWrittenAsPgxWould compares the bytes.
func TestArraysAreWrittenAsPgxWould(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 6, 7, 9, 30, 0, 123456789, time.FixedZone("", 2*60*60))
	for _, c := range []struct {
		name  string
		array uint32
		value any
	}{
		{"Times", pgtype.TimestamptzArrayOID, []time.Time{at, at.Add(time.Microsecond), at.UTC()}},
		{"EarlyTimes", pgtype.TimestamptzArrayOID, []time.Time{{}, time.Unix(0, 0), time.Unix(-1, 999_999_999), time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)}},
		{"LateTimes", pgtype.TimestamptzArrayOID, []time.Time{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}},
		{"NoTimes", pgtype.TimestamptzArrayOID, []time.Time{}},
		{"NullTimes", pgtype.TimestamptzArrayOID, []time.Time(nil)},
		{"Int8", pgtype.Int8ArrayOID, []int64{0, -1, math.MinInt64, math.MaxInt64}},
		{"Int4", pgtype.Int4ArrayOID, []int32{0, -1, math.MinInt32, math.MaxInt32}},
		{"Int2", pgtype.Int2ArrayOID, []int16{0, -1, math.MinInt16, math.MaxInt16}},
		{"Texts", pgtype.TextArrayOID, []string{"", "unchanged", "NULL", `"{,}\`, "Zürich\x00"}},
		{"NoTexts", pgtype.TextArrayOID, []string{}},
		{"NullTexts", pgtype.TextArrayOID, []string(nil)},
		{"PointersToTexts", pgtype.TextArrayOID, []*string{new("a"), nil}},
		{"Intervals", pgtype.IntervalArrayOID, []time.Duration{0, time.Nanosecond, -1500 * time.Nanosecond, 90 * 24 * time.Hour, math.MaxInt64, math.MinInt64}},
	} {
		theirs, ours := pgtype.NewMap(), pgtype.NewMap()
		registerTypes(ours)
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			want, err := theirs.Encode(c.array, format, c.value, []byte("before"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := ours.Encode(c.array, format, c.value, []byte("before"))
			if err != nil || !bytes.Equal(got, want) || (got == nil) != (want == nil) {
				t.Errorf("%s, format %d: %x, %v; pgx writes %x", c.name, format, got, err, want)
			}
		}
	}
}

// TestTimesAreReadInUTC reads times as a server sends them, null as queries give it.
func TestTimesAreReadInUTC(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	registerTypes(types)
	for text, want := range map[string]time.Time{
		"0001-01-01 00:00:00+00":        {},
		"-infinity":                     {},
		"2024-06-07 11:30:00.123456+02": time.Date(2024, 6, 7, 9, 30, 0, 123_456_000, time.UTC),
	} {
		var sent pgtype.Timestamptz
		if err := pgtype.NewMap().Scan(pgtype.TimestamptzOID, pgtype.TextFormatCode, []byte(text), &sent); err != nil {
			t.Fatal(err)
		}
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			src := []byte(text)
			var got time.Time
			var err error
			if format == pgtype.BinaryFormatCode {
				src, err = types.Encode(pgtype.TimestamptzOID, format, sent, nil)
			}
			if err == nil {
				err = types.Scan(pgtype.TimestamptzOID, format, src, &got)
			}
			if err != nil || got != want {
				t.Errorf("%s, format %d: %#v, %v; want %#v", text, format, got, err, want)
			}
		}
	}
}

// TestIntervalsOfAnyLength reads intervals as rows hold them, and writes them as JSON.
func TestIntervalsOfAnyLength(t *testing.T) {
	t.Parallel()
	const (
		day     = 24 * time.Hour
		longest = math.MaxInt64
	)
	types := pgtype.NewMap()
	types.RegisterType(&pgtype.Type{Name: "interval", OID: pgtype.IntervalOID, Codec: durationCodec{}})
	for want, intervals := range map[time.Duration][]pgtype.Interval{
		0:                                       {{}, {Months: -1, Days: 30}, {Days: 106751, Microseconds: -106751 * day.Microseconds()}},
		-time.Microsecond:                       {{Microseconds: -1}},
		31*day + time.Second + time.Microsecond: {{Months: 1, Days: 1, Microseconds: 1_000_001}},
		106751*day + 23*time.Hour:               {{Days: 106751, Microseconds: (23 * time.Hour).Microseconds()}},
		-106751*day + -23*time.Hour:             {{Days: -106751, Microseconds: -(23 * time.Hour).Microseconds()}},
		math.MaxInt64 / 4000 * time.Microsecond: {{Microseconds: math.MaxInt64 / 4000}},
		longest: {
			{Days: 106752},
			{Months: math.MaxInt32},
			{Days: math.MaxInt32},
			{Microseconds: math.MaxInt64},
			{Months: math.MaxInt32, Days: math.MaxInt32, Microseconds: math.MaxInt64}, // 'infinity' of Postgres 17
			{Months: math.MaxInt32, Microseconds: math.MinInt64},
		},
		-longest: {
			{Days: -106752},
			{Months: math.MinInt32},
			{Days: math.MinInt32},
			{Microseconds: math.MinInt64},
			{Months: math.MinInt32, Days: math.MinInt32, Microseconds: math.MinInt64},
			{Months: math.MinInt32, Microseconds: math.MaxInt64},
		},
	} {
		for _, interval := range intervals {
			interval.Valid = true
			var got *time.Duration
			src, err := types.Encode(pgtype.IntervalOID, pgtype.BinaryFormatCode, interval, nil)
			if err == nil {
				err = types.Scan(pgtype.IntervalOID, pgtype.BinaryFormatCode, src, &got)
			}
			if err != nil || *got != want {
				t.Errorf("%+v is read as %v, %v; want %s", interval, got, err, want)
			}
			if text, err := json.Marshal((*Interval)(got)); err != nil {
				t.Errorf("%+v as JSON: %s, %v", interval, text, err)
			}
		}
	}
	null := new(time.Second)
	if err := types.Scan(pgtype.IntervalOID, pgtype.BinaryFormatCode, nil, &null); err != nil || null != nil {
		t.Errorf("null is read as %v, %v", null, err)
	}
	if err := types.Scan(pgtype.IntervalOID, pgtype.BinaryFormatCode, nil, new(time.Duration)); err == nil {
		t.Error("null is read where none can be")
	}
}
