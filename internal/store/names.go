package store

import (
	"context"
	"fmt"

	"tracker/internal/store/internal/dbsqlc"
)

// namesMost is how many names are listed.
const namesMost = 1000

// Named is a name with what helps to choose it.
type Named struct {
	Name string
	Hint string
}

// JobNames lists the names of jobs that begin with prefix, with their states.
// Removed jobs are left out. It works on any schema.
func (s *Store) JobNames(ctx context.Context, prefix string) ([]Named, error) {
	rows, err := s.queries.JobNames(ctx, dbsqlc.JobNamesParams{Prefix: prefix, Rows: namesMost})
	if err != nil {
		return nil, fmt.Errorf("list job names: %w", err)
	}
	return convert(rows, func(row dbsqlc.JobNamesRow) Named { return Named{row.Name, row.State} }), nil
}

// SourceNames lists the names of sources that begin with prefix, with their providers.
func (s *Store) SourceNames(ctx context.Context, prefix string) ([]Named, error) {
	rows, err := s.queries.SourceNames(ctx, dbsqlc.SourceNamesParams{Prefix: prefix, Rows: namesMost})
	if err != nil {
		return nil, fmt.Errorf("list source names: %w", err)
	}
	return convert(rows, func(row dbsqlc.SourceNamesRow) Named { return Named{row.Name, row.Provider} }), nil
}

// LabelNames lists the labels of jobs that begin with prefix, as KEY=VALUE, with
// how many jobs have each. Removed jobs are left out.
func (s *Store) LabelNames(ctx context.Context, prefix string) ([]Named, error) {
	rows, err := s.queries.LabelNames(ctx, dbsqlc.LabelNamesParams{Prefix: prefix, Rows: namesMost})
	if err != nil {
		return nil, fmt.Errorf("list labels: %w", err)
	}
	return convert(rows, func(row dbsqlc.LabelNamesRow) Named { return Named{row.Label, fmt.Sprintf("%d jobs", row.Jobs)} }), nil
}

// RuleNames lists the names of rules that begin with prefix, with what they send.
func (s *Store) RuleNames(ctx context.Context, prefix string) ([]Named, error) {
	rows, err := s.queries.RuleNames(ctx, dbsqlc.RuleNamesParams{Prefix: prefix, Rows: namesMost})
	if err != nil {
		return nil, fmt.Errorf("list rule names: %w", err)
	}
	return convert(rows, func(row dbsqlc.RuleNamesRow) Named { return Named{row.Name, row.Form} }), nil
}
