package tracking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"tracker/internal/config"
	"tracker/internal/definition"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Applied is what became of a file.
type Applied struct {
	Changes     []store.RegistryChange
	SameTargets []SameTargetError // jobs that track what another one tracks already
	Idle        []error           // patterns of rules that match nothing, with their places
	KeptOut     []error           // presets that are not used
}

// Apply registers what a file declares, all or nothing. How is the
// declaration without what the file declares.
func Apply(ctx context.Context, s *store.Store, by store.Author, file config.File, how store.Declaration) (Applied, error) {
	sources, err := s.Sources(ctx)
	if err != nil {
		return Applied{}, err
	}
	registered, schedules := map[string]store.Source{}, map[string]string{}
	for _, from := range sources {
		registered[from.Name], schedules[from.Name] = from, from.Schedule
	}
	if err := checkTargets(ctx, s, file, registered); err != nil {
		return Applied{}, err
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return Applied{}, err
	}
	if err := checkTracked(ctx, s, file, jobs, how.Prune); err != nil {
		return Applied{}, err
	}
	for _, from := range file.Sources {
		how.Sources = append(how.Sources, SourceSpec(from))
		schedules[from.Name] = from.Schedule
	}
	if how, err = Declared(how, file); err != nil {
		return Applied{}, err
	}
	for _, job := range file.Jobs {
		spec, err := JobSpec(job, schedules[job.Source], by)
		if err != nil {
			return Applied{}, err
		}
		how.Jobs = append(how.Jobs, spec)
	}
	how.Notifies = file.Notifies
	for _, rule := range file.Rules {
		how.Rules = append(how.Rules, RuleSpec(rule))
	}
	idle, same := idlePatterns(file, sources, jobs), sameTargets(sources, jobs, how)
	changes, err := s.Apply(ctx, by, how)
	if err != nil {
		return Applied{}, placed(file, err)
	}
	kept, err := PresetsKeptOut(ctx, s, how.Providers)
	if err != nil {
		return Applied{}, err
	}
	return Applied{changes, same, idle, kept}, nil
}

// checkTargets checks the jobs whose source the file leaves to the registry.
func checkTargets(ctx context.Context, s *store.Store, file config.File, registered map[string]store.Source) error {
	var wrong []error
	for i, job := range file.Jobs {
		if slices.ContainsFunc(file.Sources, func(from config.Source) bool { return from.Name == job.Source }) {
			continue
		}
		from, found := registered[job.Source]
		if !found {
			err := fmt.Errorf("source %q is neither declared here nor registered%s; see  tracker source list", job.Source, Meant(job.Source, usableSources(file, registered)))
			wrong = append(wrong, file.AtJob(i, "source", err))
			continue
		}
		provider, err := providerOf(ctx, s, file, from)
		if err != nil {
			return err
		}
		if err := job.ValidateTarget(provider); err != nil {
			wrong = append(wrong, file.AtJob(i, "target", err))
		}
	}
	if len(wrong) > 0 {
		return RequestError{errors.Join(wrong...)}
	}
	return nil
}

// providerOf gives the provider of a source as it is once the file is applied.
func providerOf(ctx context.Context, s *store.Store, file config.File, from store.Source) (source.Provider, error) {
	for _, d := range file.Providers {
		if d.Name == from.Provider {
			return d.Provider(from.Interpretation), nil
		}
	}
	return definition.Of(ctx, s, from.Provider, from.Interpretation)
}

// checkTracked refuses a definition that the targets of jobs do not fit which are polled
// and stay: each of them would be paused at its next poll. Jobs that do not fit the
// definition in use either lose nothing.
func checkTracked(ctx context.Context, s *store.Store, file config.File, jobs []store.Job, prune bool) error {
	if len(file.Providers) == 0 {
		return nil
	}
	known, err := Definitions(ctx, s)
	if err != nil {
		return err
	}
	inUse := map[string]source.Provider{}
	for _, d := range known {
		inUse[d.Name] = d.Provider(1)
	}
	declared := make(map[string]bool, len(file.Jobs))
	for _, job := range file.Jobs {
		declared[job.Name] = true
	}
	var wrong []error
	for _, d := range file.Providers {
		provider, unfit, why := d.Provider(1), 0, error(nil)
		for _, job := range jobs {
			polled := job.Tracking == store.TrackingActive || job.Tracking == store.TrackingPaused
			if job.From.Provider != d.Name || !polled || job.Fault != nil || prune && !declared[job.Name] {
				continue
			}
			err := provider.CheckTarget(job.Target)
			if before, found := inUse[d.Name]; err == nil || found && before.CheckTarget(job.Target) != nil {
				continue
			}
			unfit++
			why = cmp.Or(why, fmt.Errorf("such as %s: %w", job.Name, err))
		}
		if unfit > 0 {
			wrong = append(wrong, fmt.Errorf("provider %s: %s would not be polled any more, %w; give the definition another name, or first run  tracker job remove",
				d.Name, terminal.Plural(unfit, "job", "jobs"), why))
		}
	}
	if len(wrong) > 0 {
		return RequestError{errors.Join(wrong...)}
	}
	return nil
}

// usableSources are the names of those that a job of the file can be polled at.
func usableSources(file config.File, registered map[string]store.Source) []string {
	var names []string
	for _, from := range registered {
		if from.RemovedAt.IsZero() {
			names = append(names, from.Name)
		}
	}
	for _, from := range file.Sources {
		names = append(names, from.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// placed gives what the registry refused its line and column in the file.
func placed(file config.File, err error) error {
	refused := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		refused = joined.Unwrap()
	}
	for i, one := range refused {
		d, ok := errors.AsType[*store.DeclarationError](one)
		if !ok {
			continue
		}
		if d.Job {
			at := slices.IndexFunc(file.Jobs, func(j config.Job) bool { return j.Name == d.Name })
			refused[i] = file.AtJob(at, d.Field, d)
		} else {
			at := slices.IndexFunc(file.Sources, func(s config.Source) bool { return s.Name == d.Name })
			refused[i] = file.AtSource(at, d.Field, d)
		}
	}
	return errors.Join(refused...)
}

// Export gives what is registered, but for what was removed, as a file that,
// applied again, changes nothing.
func Export(registered []store.Source, jobs []store.Job, providers []*definition.Definition, rules []store.RuleSpec) (config.File, error) {
	var sources []config.Source
	for _, from := range registered {
		if from.RemovedAt.IsZero() { // to apply it would track it again
			sources = append(sources, toConfigSource(from.SourceSpec))
		}
	}
	var kept []config.Job
	for _, job := range jobs {
		switch {
		case job.Tracking == store.TrackingRemoved:
		case job.Fault != nil:
			return config.File{}, fmt.Errorf("export job %s: %w; to export without it:  tracker job remove %s", job.Name, job.Fault, job.Name)
		default:
			kept = append(kept, toConfigJob(job.JobSpec))
		}
	}
	file := config.File{Providers: providers, Sources: sources, Jobs: kept}
	for _, rule := range rules {
		file.Rules = append(file.Rules, toConfigRule(rule))
	}
	return file, nil
}

// SourceSpec is a declared source as the registry has it.
func SourceSpec(from config.Source) store.SourceSpec {
	return store.SourceSpec{
		Name: from.Name, Provider: from.Provider, BaseURL: from.BaseURL, Credential: from.Credential, Schedule: from.Schedule,
		ActiveEvery: from.ActiveEvery, RateEvery: from.Rate.Every, RateBurst: from.Rate.Burst, Volatile: from.Volatile,
		WebhookSecret: from.WebhookSecret, Archive: from.Archive,
	}
}

// JobSpec is a declared job as the registry has it, with when the job is polled first, by its own schedule or its source's.
func JobSpec(job config.Job, sourceSchedule string, by store.Author) (store.JobSpec, error) {
	cron, err := schedule.Parse(cmp.Or(job.Schedule, sourceSchedule))
	if err != nil {
		return store.JobSpec{}, fmt.Errorf("job %s: %w", job.Name, err)
	}
	return store.JobSpec{
		Name: job.Name, Source: job.Source, Target: job.Target, Labels: job.Labels, Schedule: job.Schedule, StallAfter: job.StallAfter,
		FirstPollAt: cron.First(by.At, job.Name),
	}, nil
}

func toConfigSource(spec store.SourceSpec) config.Source {
	return config.Source{
		Name: spec.Name, Provider: spec.Provider, BaseURL: spec.BaseURL, Credential: spec.Credential, Schedule: spec.Schedule,
		ActiveEvery: spec.ActiveEvery, Rate: config.Rate{Every: spec.RateEvery, Burst: spec.RateBurst}, Volatile: spec.Volatile,
		WebhookSecret: spec.WebhookSecret, Archive: spec.Archive,
	}
}

func toConfigJob(spec store.JobSpec) config.Job {
	return config.Job{
		Name: spec.Name, Source: spec.Source, Target: spec.Target, Labels: spec.Labels, Schedule: spec.Schedule, StallAfter: spec.StallAfter,
	}
}
