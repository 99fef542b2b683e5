package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// AnswerFilter says what a question is to be answered about.
type AnswerFilter struct {
	Since   *time.Time        // nil: as far back as the question looks by itself
	AsOf    *time.Time        // nil: how things stand now
	KnownAt *time.Time        // by what was known then; nil: by what is known now
	Source  string            // empty: all sources
	Labels  map[string]string // jobs that have all of these; none: all jobs
	Told    *Told             // what the snapshots told by KnownAt; nil: the question needs none of it
}

// SetPast has the question asked of the past; a zero time is none. What is asked by what
// was known then is asked as of then, unless another time is given.
func (f *AnswerFilter) SetPast(asOf, knownAt time.Time) {
	if asOf.IsZero() {
		asOf = knownAt
	}
	if !asOf.IsZero() {
		f.AsOf = &asOf
	}
	if !knownAt.IsZero() {
		f.KnownAt = &knownAt
	}
}

// labels are the labels as JSON.
func (f AnswerFilter) labels() string {
	labels := f.Labels
	if labels == nil {
		labels = map[string]string{}
	}
	text, _ := json.Marshal(labels) // a map of strings can always be encoded
	return string(text)
}

// Answer is what the database answers to a question.
type Answer struct {
	Columns []AnswerColumn
	Rows    []AnswerRow
}

// AnswerColumn is a column of an answer.
type AnswerColumn struct {
	Name   string
	Number bool // its values are numbers
}

// AnswerRow is a row of an answer. A value is a bool, int32, int64, float64,
// string, time.Time or Interval; days are strings, and null is nil.
type AnswerRow struct {
	Columns []AnswerColumn
	Values  []any // by the columns
}

// Value is the value in the column of a name, if there is one.
func (r AnswerRow) Value(name string) (value any, found bool) {
	for i, column := range r.Columns {
		if column.Name == name {
			return r.Values[i], true
		}
	}
	return nil, false
}

// MarshalJSON implements json.Marshaler: an object whose keys are the columns, in their order.
func (r AnswerRow) MarshalJSON() ([]byte, error) {
	var object bytes.Buffer
	encoder := json.NewEncoder(&object)
	encoder.SetEscapeHTML(false)
	before := byte('{')
	for i, column := range r.Columns {
		object.WriteByte(before)
		before = ','
		_ = encoder.Encode(column.Name) // a string can always be encoded
		object.WriteByte(':')
		if err := encoder.Encode(r.Values[i]); err != nil {
			return nil, fmt.Errorf("encode %s: %w", column.Name, err)
		}
	}
	object.WriteByte('}')
	return object.Bytes(), nil
}

// Answer asks the question that a function of the schema report answers, by the function's name.
func (s *Store) Answer(ctx context.Context, function string, filter AnswerFilter) (Answer, error) {
	given := []string{"sources => $1::text[]", "labels => $2::text::jsonb"}
	var sources []string
	if filter.Source != "" {
		sources = []string{filter.Source}
	}
	arguments := []any{sources, filter.labels()}
	for _, at := range []struct {
		argument string
		value    *time.Time
	}{{"since", filter.Since}, {"as_of", filter.AsOf}, {"known_at", filter.KnownAt}} {
		if at.value != nil {
			arguments = append(arguments, *at.value)
			given = append(given, fmt.Sprintf("%s => $%d::timestamptz", at.argument, len(arguments)))
		}
	}
	if filter.Told != nil {
		told, err := json.Marshal(filter.Told)
		if err != nil {
			return Answer{}, fmt.Errorf("encode what was told: %w", err)
		}
		arguments = append(arguments, string(told))
		given = append(given, fmt.Sprintf("told => $%d::text::jsonb", len(arguments)))
	}
	sql := fmt.Sprintf("SELECT * FROM %s(%s)", pgx.Identifier{"report", function}.Sanitize(), strings.Join(given, ", "))
	rows, err := s.pool.Query(ctx, sql, arguments...)
	if err != nil {
		return Answer{}, fmt.Errorf("ask report.%s: %w", function, err)
	}
	fields := rows.FieldDescriptions()
	answer := Answer{Columns: make([]AnswerColumn, len(fields))}
	for i, field := range fields {
		answer.Columns[i] = AnswerColumn{field.Name, isNumber(field.DataTypeOID)}
	}
	answer.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (AnswerRow, error) {
		values, err := row.Values()
		for i := range values {
			values[i] = answerValue(values[i], fields[i])
		}
		return AnswerRow{answer.Columns, values}, err
	})
	if err != nil {
		return Answer{}, fmt.Errorf("read what report.%s answers: %w", function, err)
	}
	return answer, nil
}

func isNumber(oid uint32) bool {
	switch oid {
	case pgtype.Int4OID, pgtype.Int8OID, pgtype.Float8OID:
		return true
	default:
		return false
	}
}

// answerValue is a value as an answer holds it, of those that pgx gives.
func answerValue(value any, field pgconn.FieldDescription) any {
	switch value := value.(type) {
	case pgtype.Interval:
		return Interval(durationOf(value))
	case pgtype.InfinityModifier:
		if value == pgtype.Infinity {
			return farTime()
		}
		return time.Time{}
	case time.Time:
		if field.DataTypeOID == pgtype.DateOID {
			return value.Format(time.DateOnly)
		}
	}
	return value
}
