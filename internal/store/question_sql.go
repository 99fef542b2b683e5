package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// QuestionSQL is how the database answers a question: the definition of a function of the
// schema report.
func (s *Store) QuestionSQL(ctx context.Context, function string) (string, error) {
	text, err := s.queries.QuestionDefinition(ctx, function)
	if err != nil {
		return "", fmt.Errorf("read report.%s: %w", function, notFound(err))
	}
	return text, nil
}

// HourRow is a row of report.hourly.
type HourRow struct {
	Hour     time.Time
	Outcome  string
	Polls    int64
	P50, P95 time.Duration
}

// Hours reads report.hourly of a source since a time.
func (s *Store) Hours(ctx context.Context, source string, since time.Time) ([]HourRow, error) {
	rows, err := s.queries.ReportHourly(ctx, dbsqlc.ReportHourlyParams{Source: source, Since: since})
	if err != nil {
		return nil, fmt.Errorf("read report.hourly of source %s: %w", source, err)
	}
	return convert(rows, func(row dbsqlc.ReportHourlyRow) HourRow {
		return HourRow{Hour: row.Hour, Outcome: row.Outcome, Polls: row.Polls, P50: row.P50Latency, P95: row.P95Latency}
	}), nil
}
