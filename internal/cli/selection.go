package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// namesShown is how many names an error lists at most.
const namesShown = 10

// jobStates gives those that a job's latest run may be in.
func jobStates() []string {
	return []string{
		string(history.StateQueued), string(history.StateRunning), string(history.StateSucceeded), string(history.StatePartial),
		string(history.StateFailed), string(history.StateCanceled), string(history.StateUnknown),
	}
}

// selection says which jobs are meant: those that fit all that is given. All do
// where nothing is.
type selection struct {
	source string
	pairs  []string          // of labels, as given
	labels map[string]string // as read from them
	states []string          // of the latest run: any of these
}

// read refuses what nothing can fit, before a server is started for it. Jobs are
// named, or selected.
func (sel *selection) read(named []string) (err error) {
	if sel.labels, err = pairs(sel.pairs, "--label", "KEY=VALUE"); err != nil {
		return err
	}
	for _, state := range sel.states {
		if !slices.Contains(jobStates(), state) {
			return requestError{fmt.Errorf("--state %q: want one of %s", state, strings.Join(jobStates(), ", "))}
		}
	}
	if len(named) > 0 && !sel.empty() {
		return requestError{fmt.Errorf("jobs are named or selected, not both: leave out %s, or %s", strings.Join(named, " "), sel)}
	}
	return nil
}

func (sel selection) empty() bool {
	return sel.source == "" && len(sel.pairs) == 0 && len(sel.states) == 0
}

// String is the selection as it is given.
func (sel selection) String() string {
	var given []string
	if sel.source != "" {
		given = append(given, "--source "+sel.source)
	}
	for _, pair := range sel.pairs {
		given = append(given, "--label "+pair)
	}
	for _, state := range sel.states {
		given = append(given, "--state "+state)
	}
	return strings.Join(given, " ")
}

// jobs gives the jobs that fit, removed ones too, by name. A source and labels
// that no job has are refused: what is found of none is no news.
func (sel selection) jobs(ctx context.Context, s *store.Store) ([]store.Job, error) {
	if err := knownSource(ctx, s, sel.source); err != nil {
		return nil, err
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	jobs = slices.DeleteFunc(jobs, func(job store.Job) bool { return sel.source != "" && job.Source != sel.source })
	for _, key := range slices.Sorted(maps.Keys(sel.labels)) {
		if err := knownLabel(jobs, key, sel.labels[key]); err != nil {
			return nil, err
		}
	}
	jobs = slices.DeleteFunc(jobs, func(job store.Job) bool { return !sel.labeled(job) })
	if len(jobs) == 0 && len(sel.labels) > 0 {
		return nil, requestError{errors.New("no job has all of these labels; see  tracker job list --format json")}
	}
	return sel.inState(ctx, s, jobs)
}

// labeled reports that a job has all labels that are given.
func (sel selection) labeled(job store.Job) bool {
	for key, value := range sel.labels {
		if job.Labels[key] != value {
			return false
		}
	}
	return true
}

// inState gives those of the jobs whose latest run is in one of the states.
func (sel selection) inState(ctx context.Context, s *store.Store, jobs []store.Job) ([]store.Job, error) {
	if len(sel.states) == 0 {
		return jobs, nil
	}
	rows, err := s.JobRows(ctx)
	if err != nil {
		return nil, err
	}
	fit := map[string]bool{}
	for _, row := range rows {
		fit[row.Job] = row.State != nil && slices.Contains(sel.states, *row.State)
	}
	return slices.DeleteFunc(jobs, func(job store.Job) bool { return !fit[job.Name] }), nil
}

// knownSource refuses a source that is not registered.
func knownSource(ctx context.Context, s *store.Store, name string) error {
	if name == "" {
		return nil
	}
	_, err := findSource(ctx, s, name)
	return err
}

// knownLabel refuses a label that none of the jobs has, and says which there are.
func knownLabel(jobs []store.Job, key, value string) error {
	keys, values := map[string]bool{}, map[string]bool{}
	for _, job := range jobs {
		for k, v := range job.Labels {
			keys[k] = true
			if k == key {
				values[v] = true
			}
		}
	}
	known, what := keys, key
	switch {
	case values[value]:
		return nil
	case len(keys) == 0:
		return requestError{fmt.Errorf("no job has the label %q: none has any label", key+"="+value)}
	case len(values) > 0:
		known, what = values, value
	}
	names := slices.Sorted(maps.Keys(known))
	near := meant(what, names)
	listed := strings.Join(names[:min(len(names), namesShown)], ", ")
	if len(names) > namesShown {
		listed += ", …"
	}
	if len(values) > 0 {
		return requestError{fmt.Errorf("no job has the label %q%s; the values of %s are: %s", key+"="+value, near, key, terminal.OneLine(listed))}
	}
	return requestError{fmt.Errorf("no job has the label %q%s; the labels are: %s", key, near, terminal.OneLine(listed))}
}
