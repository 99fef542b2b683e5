package notify

import (
	"slices"

	"tracker/internal/history"
	"tracker/internal/store"
)

// rules are the versions of rules that tell of what is read.
type rules []store.Rule

// wants reports whether any of them tells of a kind of event.
func (r rules) wants(kind history.EventKind) bool {
	return slices.ContainsFunc(r, func(rule store.Rule) bool { return tells(rule, kind) })
}

// speak reports whether any of them tells in a form.
func (r rules) speak(form string) bool {
	return slices.ContainsFunc(r, func(rule store.Rule) bool { return rule.Form == form })
}

// repeat reports whether any of them tells again what goes on.
func (r rules) repeat() bool {
	return slices.ContainsFunc(r, func(rule store.Rule) bool { return rule.RepeatEvery > 0 })
}

// named are those of some names.
func (r rules) named(names []string) rules {
	return slices.DeleteFunc(slices.Clone(r), func(rule store.Rule) bool { return !slices.Contains(names, rule.Name) })
}

// of are the versions that tell of an entry of the journal.
func (r rules) of(entryNo int64) rules {
	return slices.DeleteFunc(slices.Clone(r), func(rule store.Rule) bool { return !rule.Tells(entryNo) })
}

func tells(rule store.Rule, kind history.EventKind) bool {
	return slices.Contains(rule.Events, string(kind))
}

// matches reports whether a rule tells of a job.
func matches(rule store.Rule, job store.JobToTell) bool {
	return store.MatchesName(rule.Sources, job.Source) && store.MatchesName(rule.Jobs, job.Job) && matchesLabels(rule.Labels, job.Labels)
}

// matchesSource reports whether a rule tells of a source: of one of its jobs, where it
// names jobs or labels.
func matchesSource(rule store.Rule, source string, jobs map[int64]store.JobToTell) bool {
	if !store.MatchesName(rule.Sources, source) {
		return false
	}
	if len(rule.Jobs)+len(rule.Labels) == 0 {
		return true
	}
	for _, job := range jobs {
		if job.Source == source && matches(rule, job) {
			return true
		}
	}
	return false
}

func matchesLabels(wanted, labels map[string]string) bool {
	for key, value := range wanted {
		if has, found := labels[key]; !found || has != value {
			return false
		}
	}
	return true
}
