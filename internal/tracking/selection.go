package tracking

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

// NamesShown is how many names an error lists at most.
const NamesShown = 10

// JobStates gives those that a job's latest run may be in.
func JobStates() []string {
	var names []string
	for _, state := range history.States() {
		names = append(names, string(state))
	}
	return names
}

// Selection says which jobs are meant: those that fit all that is given. All do
// where nothing is.
type Selection struct {
	Source string
	Pairs  []string          // of labels, as given
	Labels map[string]string // as read from them
	States []string          // of the latest run: any of these
}

// Read refuses what nothing can fit, before a server is started for it. Jobs are
// named, or selected.
func (sel *Selection) Read(named []string) (err error) {
	if sel.Labels, err = Pairs(sel.Pairs, "--label", "KEY=VALUE"); err != nil {
		return err
	}
	for _, state := range sel.States {
		if !slices.Contains(JobStates(), state) {
			return RequestError{fmt.Errorf("--state %q: want one of %s", state, strings.Join(JobStates(), ", "))}
		}
	}
	if len(named) > 0 && !sel.Empty() {
		return RequestError{fmt.Errorf("jobs are named or selected, not both: leave out %s, or %s", strings.Join(named, " "), sel)}
	}
	return nil
}

// Empty reports that nothing is given.
func (sel Selection) Empty() bool {
	return sel.Source == "" && len(sel.Pairs) == 0 && len(sel.States) == 0
}

// String is the selection as it is given.
func (sel Selection) String() string {
	var given []string
	if sel.Source != "" {
		given = append(given, "--source "+sel.Source)
	}
	for _, pair := range sel.Pairs {
		given = append(given, "--label "+pair)
	}
	for _, state := range sel.States {
		given = append(given, "--state "+state)
	}
	return strings.Join(given, " ")
}

// Jobs gives the jobs that fit, removed ones too, by name. A source and labels
// that no job has are refused: what is found of none is no news.
func (sel Selection) Jobs(ctx context.Context, s *store.Store) ([]store.Job, error) {
	jobs, err := sel.declared(ctx, s)
	if err != nil || len(sel.States) == 0 {
		return jobs, err
	}
	rows, err := s.JobRows(ctx)
	if err != nil {
		return nil, err
	}
	fit := map[string]bool{}
	for _, row := range rows {
		fit[row.Job] = sel.inState(row)
	}
	return slices.DeleteFunc(jobs, func(job store.Job) bool { return !fit[job.Name] }), nil
}

// Rows gives the rows of report.jobs of the jobs that fit, as Jobs does.
func (sel Selection) Rows(ctx context.Context, s *store.Store) ([]store.JobRow, error) {
	rows, err := s.JobRows(ctx)
	if err != nil || sel.Empty() {
		return rows, err
	}
	jobs, err := sel.declared(ctx, s)
	if err != nil {
		return nil, err
	}
	fit := map[string]bool{}
	for _, job := range jobs {
		fit[job.Name] = true
	}
	return slices.DeleteFunc(rows, func(row store.JobRow) bool { return !fit[row.Job] || !sel.inState(row) }), nil
}

// declared gives the jobs that fit by what is declared of them.
func (sel Selection) declared(ctx context.Context, s *store.Store) ([]store.Job, error) {
	if err := knownSource(ctx, s, sel.Source); err != nil {
		return nil, err
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	jobs = slices.DeleteFunc(jobs, func(job store.Job) bool { return sel.Source != "" && job.Source != sel.Source })
	for _, key := range slices.Sorted(maps.Keys(sel.Labels)) {
		if err := knownLabel(jobs, key, sel.Labels[key]); err != nil {
			return nil, err
		}
	}
	jobs = slices.DeleteFunc(jobs, func(job store.Job) bool { return !sel.labeled(job) })
	if len(jobs) == 0 && len(sel.Labels) > 0 {
		return nil, RequestError{errors.New("no job has all of these labels; see  tracker job list --format json")}
	}
	return jobs, nil
}

// labeled reports that a job has all labels that are given.
func (sel Selection) labeled(job store.Job) bool {
	for key, value := range sel.Labels {
		if job.Labels[key] != value {
			return false
		}
	}
	return true
}

// inState reports that a job's latest run is in one of the states, if any is given.
func (sel Selection) inState(row store.JobRow) bool {
	return len(sel.States) == 0 || row.State != nil && slices.Contains(sel.States, *row.State)
}

// knownSource refuses a source that is not registered.
func knownSource(ctx context.Context, s *store.Store, name string) error {
	if name == "" {
		return nil
	}
	_, err := FindSource(ctx, s, name)
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
		return RequestError{fmt.Errorf("no job has the label %q: none has any label", key+"="+value)}
	case len(values) > 0:
		known, what = values, value
	}
	names := slices.Sorted(maps.Keys(known))
	near := Meant(what, names)
	listed := strings.Join(names[:min(len(names), NamesShown)], ", ")
	if len(names) > NamesShown {
		listed += ", …"
	}
	if len(values) > 0 {
		return RequestError{fmt.Errorf("no job has the label %q%s; the values of %s are: %s", key+"="+value, near, key, terminal.OneLine(listed))}
	}
	return RequestError{fmt.Errorf("no job has the label %q%s; the labels are: %s", key, near, terminal.OneLine(listed))}
}
