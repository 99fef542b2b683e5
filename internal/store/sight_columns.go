package store

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// sightColumn reads a column row by row, always into the same place, and compares it with
// what is given.
type sightColumn[Row any] struct {
	name   string
	target any // what a value is scanned into
	same   func(*Row) bool
	stored func() any // as JSON shows it, as is the next
	given  func(*Row) any
}

// numberColumn is a whole number; not valid: null.
func numberColumn[Row any](name string, of func(*Row) pgtype.Int8) sightColumn[Row] {
	stored := new(pgtype.Int8)
	return sightColumn[Row]{
		name, stored,
		func(row *Row) bool { return *stored == of(row) },
		func() any { return *stored },
		func(row *Row) any { return of(row) },
	}
}

func count(n int) pgtype.Int8 { return pgtype.Int8{Int64: int64(n), Valid: true} }

// countOrNull has null for 0.
func countOrNull(n int) pgtype.Int8 { return pgtype.Int8{Int64: int64(n), Valid: n != 0} }

// flagColumn is true or false.
func flagColumn[Row any](name string, of func(*Row) bool) sightColumn[Row] {
	stored := new(pgtype.Bool)
	return sightColumn[Row]{
		name, stored,
		func(row *Row) bool { return stored.Valid && stored.Bool == of(row) },
		func() any { return *stored },
		func(row *Row) any { return of(row) },
	}
}

// timeColumn is a time; zero: null.
func timeColumn[Row any](name string, of func(*Row) time.Time) sightColumn[Row] {
	stored := new(pgtype.Timestamptz)
	return sightColumn[Row]{
		name, stored,
		func(row *Row) bool {
			given := of(row)
			if !stored.Valid {
				return given.IsZero()
			}
			return stored.InfinityModifier == pgtype.Finite && stored.Time.Equal(given)
		},
		func() any { return *stored },
		func(row *Row) any { return pgtype.Timestamptz{Time: of(row), Valid: !of(row).IsZero()} },
	}
}

// rawText is what a row has of a text or of JSON, until the next is read; nil: null.
type rawText []byte

// ScanBytes implements pgtype.BytesScanner.
func (r *rawText) ScanBytes(src []byte) error {
	*r = src
	return nil
}

// textColumn is a text.
func textColumn[Row any](name string, of func(*Row) string) sightColumn[Row] {
	return textOrNullColumn(name, func(row *Row) (string, bool) { return of(row), true })
}

// textOrNullColumn is a text; false: null.
func textOrNullColumn[Row any](name string, of func(*Row) (string, bool)) sightColumn[Row] {
	stored := new(rawText)
	return sightColumn[Row]{
		name, stored,
		func(row *Row) bool {
			given, has := of(row)
			return has == (*stored != nil) && given == string(*stored)
		},
		func() any {
			if *stored == nil {
				return nil
			}
			return string(*stored)
		},
		func(row *Row) any {
			if given, has := of(row); has {
				return given
			}
			return nil
		},
	}
}

// unlessEmpty has null for the empty text.
func unlessEmpty(text string) (string, bool) { return text, text != "" }

// textsColumn is a list of texts. An array of another shape, or with a null, is none.
func textsColumn[Row any](name string, of func(*Row) []string) sightColumn[Row] {
	stored := new(pgtype.Array[pgtype.Text])
	return sightColumn[Row]{
		name, stored,
		func(row *Row) bool {
			isList := len(stored.Dims) == 0 || len(stored.Dims) == 1 && stored.Dims[0].LowerBound == 1
			return stored.Valid && isList && slices.EqualFunc(stored.Elements, of(row), func(a pgtype.Text, b string) bool { return a.Valid && a.String == b })
		},
		func() any { return stored.Elements },
		func(row *Row) any { return nonNil(of(row)) },
	}
}

// jsonColumn is JSON, in whatever form; empty: null.
func jsonColumn[Row any](name string, of func(*Row) []byte) sightColumn[Row] {
	stored := new(rawText)
	return sightColumn[Row]{
		name, stored,
		func(row *Row) bool { return sameJSON(orNull(json.RawMessage(*stored)), orNull(of(row))) },
		func() any { return orNull(json.RawMessage(*stored)) },
		func(row *Row) any { return orNull(of(row)) },
	}
}

// jsonText is a value as JSON; nil: it is none, or nothing that JSON writes.
func jsonText(value any) []byte {
	written, _ := toJSON(value)
	return written
}

func orNull(raw []byte) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}
