package store

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// arrayCodec writes arrays without allocating for each element, and makes room for all at
// once: a batch of polls is some twenty arrays. Each element is written as the type's recv
// function in Postgres' source reads it.
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
		out = slices.Grow(out, max(room, len(out))) // others follow
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
	registerArray(types, pgtype.TimestamptzArrayOID, 8, func(out []byte, at time.Time) []byte {
		return binary.BigEndian.AppendUint64(out, uint64(at.UnixMicro()-postgresEpoch))
	})
	registerArray(types, pgtype.Int8ArrayOID, 8, func(out []byte, n int64) []byte { return binary.BigEndian.AppendUint64(out, uint64(n)) })
	registerArray(types, pgtype.Int4ArrayOID, 4, func(out []byte, n int32) []byte { return binary.BigEndian.AppendUint32(out, uint32(n)) })
	registerArray(types, pgtype.Int2ArrayOID, 2, func(out []byte, n int16) []byte { return binary.BigEndian.AppendUint16(out, uint16(n)) })
	registerArray(types, pgtype.TextArrayOID, 0, func(out []byte, text string) []byte { return append(out, text...) })
	registerArray(types, pgtype.IntervalArrayOID, 16, func(out []byte, d time.Duration) []byte {
		out = binary.BigEndian.AppendUint64(out, uint64(d.Microseconds()))
		return append(out, make([]byte, 8)...) // no days, no months
	})
}

func registerArray[T any](types *pgtype.Map, oid uint32, size int, write func([]byte, T) []byte) {
	array, _ := types.TypeForOID(oid)
	element := array.Codec.(*pgtype.ArrayCodec).ElementType
	current, _ := types.TypeForOID(element.OID) // may have been registered anew
	types.RegisterType(&pgtype.Type{
		Name: array.Name, OID: oid, Codec: arrayCodec[T]{&pgtype.ArrayCodec{ElementType: current}, element.OID, size, write},
	})
}
