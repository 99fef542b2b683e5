package store

import (
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// timesCodec writes columns of times, which are half of what a statement that
// records polls is given: pgx's own codec makes two objects of each.
type timesCodec struct{ *pgtype.ArrayCodec }

// PlanEncode implements pgtype.Codec.
func (c timesCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.([]time.Time); ok && format == pgtype.BinaryFormatCode {
		return timesPlan{}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type timesPlan struct{}

// postgresEpoch is where Postgres' clock begins, in microseconds of ours: the
// first of January 2000.
const postgresEpoch = 946_684_800 * 1_000_000

// Encode implements pgtype.EncodePlan. The format is that of array_recv and
// timestamptz_recv in Postgres' source: one dimension, no nulls, from 1 on.
func (timesPlan) Encode(value any, out []byte) ([]byte, error) {
	times := value.([]time.Time)
	const dimensions, nulls, first, size = 1, 0, 1, 8
	for _, header := range []uint32{dimensions, nulls, pgtype.TimestamptzOID, uint32(len(times)), first} {
		out = binary.BigEndian.AppendUint32(out, header)
	}
	for _, at := range times {
		out = binary.BigEndian.AppendUint32(out, size)
		out = binary.BigEndian.AppendUint64(out, uint64(at.UnixMicro()-postgresEpoch))
	}
	return out, nil
}
