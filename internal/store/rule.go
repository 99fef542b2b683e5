package store

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// RuleSpec is what is declared of a rule that tells somebody of what happens.
type RuleSpec struct {
	Name        string
	Address     string // a reference, never the address
	Form        string // message, webhook or openlineage
	Secret      string // a reference; empty: none
	Events      []string
	Sources     []string // patterns; none: any
	Jobs        []string
	Labels      map[string]string
	GroupFor    time.Duration
	RepeatEvery time.Duration // zero: never
	Quiet       string        // empty: no hours
}

func (s RuleSpec) equal(other RuleSpec) bool {
	return s.Address == other.Address && s.Form == other.Form && s.Secret == other.Secret && slices.Equal(s.Events, other.Events) &&
		slices.Equal(s.Sources, other.Sources) && slices.Equal(s.Jobs, other.Jobs) && maps.Equal(s.Labels, other.Labels) &&
		s.GroupFor == other.GroupFor && s.RepeatEvery == other.RepeatEvery && s.Quiet == other.Quiet
}

// Rule is a version of a rule. It tells of the entries of the journal beyond FromEntry,
// up to UntilEntry.
type Rule struct {
	ID int64
	RuleSpec
	Version    int
	DeclaredAt time.Time
	FromEntry  int64
	UntilEntry int64 // 0: it is the current version
	Removed    bool
}

// Tells reports whether an entry of the journal is this version's to tell.
func (r Rule) Tells(entryNo int64) bool {
	return entryNo > r.FromEntry && (r.UntilEntry == 0 || entryNo <= r.UntilEntry)
}

// Current reports the version of the rule that holds.
func (r Rule) Current() bool { return r.UntilEntry == 0 }

// MatchesName reports whether one of some patterns, or none at all, is that of a name.
func MatchesName(patterns []string, name string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

// Rules lists the current versions by name.
func (s *Store) Rules(ctx context.Context) ([]Rule, error) {
	rows, err := s.queries.RuleCurrent(ctx)
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return convert(rows, toRule), nil
}

// RulesDeclared lists what the current versions say, by name, as a reader of the views may.
func (s *Store) RulesDeclared(ctx context.Context) ([]RuleSpec, error) {
	rows, err := s.queries.ReportRulesCurrent(ctx)
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportNotifyRule) RuleSpec {
		return toRule(dbsqlc.NotifyRule{
			Name: row.Rule, Address: row.Address, Form: row.Form, Secret: row.Secret, Events: row.Events, Sources: row.Sources, Jobs: row.Jobs,
			Labels: row.Labels, GroupFor: row.GroupFor, RepeatEvery: row.RepeatEvery, Quiet: row.Quiet,
		}).RuleSpec
	}), nil
}

// RulesSince lists the versions that tell of entries of the journal beyond one.
func (s *Store) RulesSince(ctx context.Context, entryNo int64) ([]Rule, error) {
	rows, err := s.queries.RuleListSince(ctx, &entryNo)
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return convert(rows, toRule), nil
}

// RulesByID reads versions of rules by their numbers.
func (s *Store) RulesByID(ctx context.Context, ids []int64) (map[int64]Rule, error) {
	rows, err := s.queries.RuleList(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	rules := make(map[int64]Rule, len(rows))
	for _, row := range rows {
		rules[row.RuleID] = toRule(row)
	}
	return rules, nil
}

func toRule(row dbsqlc.NotifyRule) Rule {
	rule := Rule{ID: row.RuleID, Version: int(row.Version), DeclaredAt: row.DeclaredAt, FromEntry: row.FromEntry, UntilEntry: OrZero(row.UntilEntry), Removed: row.RemovedAt != nil}
	rule.RuleSpec = RuleSpec{
		Name: row.Name, Address: row.Address, Form: row.Form, Secret: OrZero(row.Secret), Events: row.Events, Sources: row.Sources, Jobs: row.Jobs,
		GroupFor: row.GroupFor, RepeatEvery: OrZero(row.RepeatEvery), Quiet: OrZero(row.Quiet),
	}
	rule.Labels, _ = textsOf(row.Labels) // what is no text there matches no label
	return rule
}

// applyRules registers the rules that are declared: all there are to be. Each that
// differs is a new version, which tells of what comes after the journal's last entry.
func (r *registry) applyRules(ctx context.Context, declared []RuleSpec) error {
	rows, err := r.queries.RuleCurrent(ctx)
	if err != nil {
		return err
	}
	current := make(map[string]Rule, len(rows))
	for _, row := range rows {
		current[row.Name] = toRule(row)
	}
	var changed []RuleSpec
	gone := maps.Clone(current)
	for _, spec := range declared {
		delete(gone, spec.Name)
		if was, found := current[spec.Name]; !found || !was.equal(spec) {
			changed = append(changed, spec)
		}
	}
	if len(changed)+len(gone) == 0 {
		return nil
	}
	last, err := r.queries.NotifyStateLock(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if err := r.queries.RuleEnd(ctx, dbsqlc.RuleEndParams{RuleID: gone[name].ID, UntilEntry: &last, RemovedAt: &r.by.At}); err != nil {
			return err
		}
	}
	for _, spec := range changed {
		if was, found := current[spec.Name]; found {
			if err := r.queries.RuleEnd(ctx, dbsqlc.RuleEndParams{RuleID: was.ID, UntilEntry: &last}); err != nil {
				return err
			}
		}
		if err := r.insertRule(ctx, spec, last); err != nil {
			return err
		}
	}
	return nil
}

func (r *registry) insertRule(ctx context.Context, spec RuleSpec, fromEntry int64) error {
	labels, err := labelsJSON(spec.Labels)
	if err != nil {
		return err
	}
	return r.queries.RuleInsert(ctx, dbsqlc.RuleInsertParams{
		Name: spec.Name, DeclaredAt: r.by.At, FromEntry: fromEntry, Address: spec.Address, Form: spec.Form, Secret: toPointer(spec.Secret),
		Events: nonNil(spec.Events), Sources: nonNil(spec.Sources), Jobs: nonNil(spec.Jobs), Labels: labels, GroupFor: spec.GroupFor,
		RepeatEvery: toPointer(spec.RepeatEvery), Quiet: toPointer(spec.Quiet),
	})
}
