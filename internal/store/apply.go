package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Declaration is what a file, or one command, says is to be tracked.
type Declaration struct {
	Providers []ProviderSpec // what sources speak that are declared here
	Sources   []SourceSpec
	Jobs      []JobSpec
	Rules     []RuleSpec
	Notifies  bool // Rules are all there are to be; else rules stay as they are, unless Prune takes them
	Prune     bool // remove jobs that are not declared, then undeclared sources without a job
	DryRun    bool // tell what would change and change nothing

	Progress func(done int) // told how many of the jobs are through, now and then; nil: nobody is
}

// DeclarationError names the declared source or job that cannot be registered.
type DeclarationError struct {
	Job    bool   // a job, else a source
	Name   string // its name
	Field  string // of it
	Reason error
}

// Error implements error.
func (e *DeclarationError) Error() string {
	kind := "source"
	if e.Job {
		kind = "job"
	}
	return fmt.Sprintf("%s %s: %v", kind, e.Name, e.Reason)
}

// Unwrap gives the reason.
func (e *DeclarationError) Unwrap() error { return e.Reason }

var errDryRun = errors.New("dry run")

// Apply registers what is declared, all or nothing, and returns what it changed. Its
// error joins one DeclarationError for each source or job that cannot be registered.
func (s *Store) Apply(ctx context.Context, by Author, declared Declaration) ([]RegistryChange, error) {
	var changes []RegistryChange
	err := s.inRegistry(ctx, by, func(r *registry) error {
		var refused []error
		for _, spec := range declared.Providers {
			if err := r.applyProvider(ctx, spec); err != nil {
				return err
			}
		}
		for _, spec := range declared.Sources {
			if err := refusal(r.applySource(ctx, spec), &refused); err != nil {
				return err
			}
		}
		if err := r.applyJobs(ctx, declared.Jobs, declared.Progress, &refused); err != nil {
			return err
		}
		if len(refused) > 0 {
			return errors.Join(refused...)
		}
		if declared.Notifies || declared.Prune {
			if err := r.applyRules(ctx, declared.Rules); err != nil {
				return err
			}
		}
		if declared.Prune {
			if err := r.prune(ctx, declared); err != nil {
				return err
			}
		}
		r.due.Now = r.by.At
		if err := r.queries.CursorSchedules(ctx, r.due); err != nil {
			return err
		}
		var err error
		if changes, err = r.changes(ctx); err != nil {
			return err
		}
		if declared.DryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, err
	}
	return changes, nil
}

// refusal adds a DeclarationError to refused, and returns any other error.
func refusal(err error, refused *[]error) error {
	if d, ok := errors.AsType[*DeclarationError](err); ok {
		*refused = append(*refused, d)
		return nil
	}
	return err
}

func (r *registry) applySource(ctx context.Context, spec SourceSpec) error {
	row, err := r.queries.SourceByName(ctx, spec.Name)
	if errors.Is(notFound(err), ErrNotFound) {
		return r.insertSource(ctx, spec)
	}
	if err != nil {
		return err
	}
	if row.RemovedAt != nil {
		if row, err = r.queries.SourceTrack(ctx, dbsqlc.SourceTrackParams{SourceID: row.SourceID}); err != nil {
			return err
		}
	}
	before := toSource(row).SourceSpec
	if before.equal(spec) {
		return nil
	}
	if before.Provider != spec.Provider {
		return &DeclarationError{Name: spec.Name, Field: "provider", Reason: fmt.Errorf(
			"%w: provider would change from %s to %s; a source's provider never changes: register a new source", ErrConflict, before.Provider, spec.Provider)}
	}
	after, err := r.queries.SourceUpdate(ctx, dbsqlc.SourceUpdateParams{
		SourceID: row.SourceID, BaseUrl: spec.BaseURL, Credential: spec.Credential, Schedule: spec.Schedule,
		ActiveEvery: spec.ActiveEvery, RateEvery: spec.RateEvery, RateBurst: int32(spec.RateBurst), Volatile: nonNil(spec.Volatile),
		WebhookSecret: toPointer(spec.WebhookSecret), Archive: toPointer(spec.Archive),
	})
	if err != nil {
		return err
	}
	if row.PausedAt == nil && after.PausedAt != nil { // another host
		if err := r.stopPolling(ctx, row.SourceID, history.GapPaused); err != nil {
			return err
		}
	}
	if before.Schedule == spec.Schedule {
		return nil
	}
	return r.queries.CursorSchedulesBySource(ctx, dbsqlc.CursorSchedulesBySourceParams{SourceID: row.SourceID, NextPollAt: &r.by.At})
}

func (r *registry) insertSource(ctx context.Context, spec SourceSpec) error {
	interpretation, err := r.newestDefinition(ctx, spec.Provider)
	if err != nil {
		return err
	}
	row, err := r.queries.SourceInsert(ctx, dbsqlc.SourceInsertParams{
		Name: spec.Name, Provider: spec.Provider, Interpretation: interpretation, BaseUrl: spec.BaseURL, Credential: spec.Credential, Schedule: spec.Schedule,
		ActiveEvery: spec.ActiveEvery, RateEvery: spec.RateEvery, RateBurst: int32(spec.RateBurst), Volatile: nonNil(spec.Volatile),
		WebhookSecret: toPointer(spec.WebhookSecret), Archive: toPointer(spec.Archive), RegisteredAt: r.by.At,
	})
	if err != nil {
		return err
	}
	return r.queries.BudgetInsert(ctx, dbsqlc.BudgetInsertParams{SourceID: row.SourceID, Now: r.by.At})
}

// checkTracked refuses a job of a removed source.
func checkTracked(source dbsqlc.Source, spec JobSpec) error {
	if source.RemovedAt == nil {
		return nil
	}
	return &DeclarationError{Job: true, Name: spec.Name, Field: "source", Reason: fmt.Errorf(
		"%w: source %s is removed; register it again first", ErrConflict, source.Name)}
}

// checkSame refuses another source or target of a job: they never change.
func checkSame(before Job, spec JobSpec) error {
	refuse := func(field, was, is string) error {
		return &DeclarationError{Job: true, Name: spec.Name, Field: field, Reason: fmt.Errorf(
			"%w: %s would change from %s to %s; it never changes: register a new job, its history stays apart", ErrConflict, field, was, is)}
	}
	if before.Source != spec.Source {
		return refuse("source", before.Source, spec.Source)
	}
	fields := maps.Clone(before.Target)
	maps.Copy(fields, spec.Target)
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if before.Target[field] != spec.Target[field] {
			return refuse("target."+field, before.Target[field], spec.Target[field])
		}
	}
	return nil
}

// prune removes the jobs that are not declared, and then the sources that are
// not either and have no job left.
func (r *registry) prune(ctx context.Context, declared Declaration) error {
	rows, err := r.queries.JobList(ctx)
	if err != nil {
		return err
	}
	declaredJobs := make(map[string]bool, len(declared.Jobs))
	for _, spec := range declared.Jobs {
		declaredJobs[spec.Name] = true
	}
	tracked := map[string]bool{} // sources
	for _, row := range rows {
		kept := declaredJobs[row.Job.Name]
		tracked[row.Source.Name] = tracked[row.Source.Name] || kept
		if kept || row.Job.Tracking == string(TrackingRemoved) {
			continue
		}
		if err := r.track(ctx, dbsqlc.JobByNameRow(row), TrackingRemoved, ""); err != nil {
			return err
		}
	}
	sources, err := r.queries.SourceList(ctx)
	if err != nil {
		return err
	}
	for _, row := range sources {
		kept := tracked[row.Name] || slices.ContainsFunc(declared.Sources, func(spec SourceSpec) bool { return spec.Name == row.Name })
		if kept || row.RemovedAt != nil {
			continue
		}
		if err := r.removeSource(ctx, row); err != nil {
			return err
		}
	}
	return nil
}
