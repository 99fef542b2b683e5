package store

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// arrayCodec writes arrays without allocating for each element, and makes room for what
// has a known size at once: a batch of polls is some twenty arrays in one buffer. Each
// element is written as the type's recv function in Postgres' source reads it. All that
// is no []T goes pgx's way. It is its own pgtype.EncodePlan.
type arrayCodec[T any] struct {
	*pgtype.ArrayCodec
	element uint32 // the OID of its type
	size    int    // of an element, in bytes; of texts 0
	write   func(out []byte, element T) []byte
}

// PlanEncode implements pgtype.Codec.
func (c arrayCodec[T]) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.([]T); ok && format == pgtype.BinaryFormatCode {
		return c
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

// Encode implements pgtype.EncodePlan. The format is that of array_recv in Postgres'
// source: one dimension, no nulls, from 1 on.
func (c arrayCodec[T]) Encode(value any, out []byte) ([]byte, error) {
	elements := value.([]T)
	const word, dimensions, nulls, first = 4, 1, 0, 1
	header := [...]uint32{dimensions, nulls, c.element, uint32(len(elements)), first}
	if room := word*len(header) + len(elements)*(word+c.size); cap(out)-len(out) < room {
		out = slices.Grow(out, max(room, len(out))) // the other arrays follow
	}
	for _, field := range header {
		out = binary.BigEndian.AppendUint32(out, field)
	}
	for _, element := range elements {
		at := len(out)
		out = c.write(append(out, 0, 0, 0, 0), element)
		binary.BigEndian.PutUint32(out[at:], uint32(len(out)-at-word))
	}
	return out, nil
}

// registerArrays makes arrays be written so. Their elements' types are registered before.
func registerArrays(types *pgtype.Map) {
	registerArray(types, pgtype.TimestamptzArrayOID, pgtype.TimestamptzOID, 8, func(out []byte, at time.Time) []byte {
		return binary.BigEndian.AppendUint64(out, uint64(at.UnixMicro()-postgresEpoch))
	})
	registerArray(types, pgtype.Int8ArrayOID, pgtype.Int8OID, 8, func(out []byte, n int64) []byte { return binary.BigEndian.AppendUint64(out, uint64(n)) })
	registerArray(types, pgtype.Int4ArrayOID, pgtype.Int4OID, 4, func(out []byte, n int32) []byte { return binary.BigEndian.AppendUint32(out, uint32(n)) })
	registerArray(types, pgtype.Int2ArrayOID, pgtype.Int2OID, 2, func(out []byte, n int16) []byte { return binary.BigEndian.AppendUint16(out, uint16(n)) })
	registerArray(types, pgtype.TextArrayOID, pgtype.TextOID, 0, func(out []byte, text string) []byte { return append(out, text...) })
	registerArray(types, pgtype.IntervalArrayOID, pgtype.IntervalOID, 16, func(out []byte, d time.Duration) []byte {
		out = binary.BigEndian.AppendUint64(out, uint64(d.Microseconds()))
		return append(out, make([]byte, 8)...) // no days, no months
	})
}

func registerArray[T any](types *pgtype.Map, array, element uint32, size int, write func([]byte, T) []byte) {
	known, _ := types.TypeForOID(array)
	one, _ := types.TypeForOID(element)
	types.RegisterType(&pgtype.Type{
		Name: known.Name, OID: array, Codec: arrayCodec[T]{&pgtype.ArrayCodec{ElementType: one}, element, size, write},
	})
}
