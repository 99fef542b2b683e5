package store

import (
	"bytes"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// TestTimesCodecWritesWhatPgxWould compares the bytes.
func TestTimesCodecWritesWhatPgxWould(t *testing.T) {
	t.Parallel()
	theirs, ours := pgtype.NewMap(), pgtype.NewMap()
	element, _ := ours.TypeForOID(pgtype.TimestamptzOID)
	ours.RegisterType(&pgtype.Type{
		Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: timesCodec{&pgtype.ArrayCodec{ElementType: element}},
	})
	at := time.Date(2024, 6, 7, 9, 30, 0, 123456789, time.FixedZone("", 2*60*60))
	for name, times := range map[string][]time.Time{
		"Some":  {at, at.Add(time.Microsecond), at.UTC()},
		"Early": {{}, time.Unix(0, 0), time.Unix(-1, 999_999_999), time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)},
		"Late":  {time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		"Empty": {},
		"None":  nil,
	} {
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			want, err := theirs.Encode(pgtype.TimestamptzArrayOID, format, times, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ours.Encode(pgtype.TimestamptzArrayOID, format, times, nil)
			if err != nil || !bytes.Equal(got, want) || (got == nil) != (want == nil) {
				t.Errorf("%s, format %d: %x, %v; pgx writes %x", name, format, got, err, want)
			}
		}
	}
}
