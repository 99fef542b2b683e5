package tracking

import (
	"fmt"
	"slices"

	"tracker/internal/config"
	"tracker/internal/store"
)

// RuleSpec is a declared rule as the registry has it.
func RuleSpec(rule config.Rule) store.RuleSpec {
	return store.RuleSpec{
		Name: rule.Name, Address: rule.To, Form: rule.As, Secret: rule.Secret, Events: rule.On, Sources: rule.Match.Sources, Jobs: rule.Match.Jobs,
		Labels: rule.Match.Labels, GroupFor: rule.Group, RepeatEvery: rule.Repeat, Quiet: rule.Quiet,
	}
}

func toConfigRule(spec store.RuleSpec) config.Rule {
	return config.Rule{
		Name: spec.Name, To: spec.Address, As: spec.Form, Secret: spec.Secret, On: spec.Events,
		Match: config.Match{Sources: spec.Sources, Jobs: spec.Jobs, Labels: spec.Labels},
		Group: spec.GroupFor, Repeat: spec.RepeatEvery, Quiet: spec.Quiet,
	}
}

// idlePatterns are the patterns of rules that are the name of no source or job, declared
// or registered: allowed, and probably not meant.
func idlePatterns(file config.File, known []store.Source, registered []store.Job) (idle []error) {
	var jobs, sources []string
	for _, job := range registered {
		if job.Tracking != store.TrackingRemoved {
			jobs = append(jobs, job.Name)
		}
	}
	for _, job := range file.Jobs {
		jobs = append(jobs, job.Name)
	}
	for _, from := range file.Sources {
		sources = append(sources, from.Name)
	}
	for _, from := range known {
		if from.RemovedAt.IsZero() {
			sources = append(sources, from.Name)
		}
	}
	look := func(rule int, field string, patterns, names []string) {
		for i, pattern := range patterns {
			if !slices.ContainsFunc(names, func(name string) bool { return store.MatchesName([]string{pattern}, name) }) {
				idle = append(idle, file.AtRule(rule, fmt.Sprintf("match.%s[%d]", field, i), fmt.Errorf("pattern %q matches none of the %s there are", pattern, field)))
			}
		}
	}
	for i, rule := range file.Rules {
		look(i, "sources", rule.Match.Sources, sources)
		look(i, "jobs", rule.Match.Jobs, jobs)
	}
	return idle
}
