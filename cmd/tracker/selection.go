package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tracker/internal/store"
)

// namesShown is how many names an error lists at most.
const namesShown = 10

// checkSelection refuses a source and labels that no job has: what is found of
// none is no news.
func checkSelection(ctx context.Context, s *store.Store, from string, labels map[string]string) error {
	if err := knownSource(ctx, s, from); err != nil || len(labels) == 0 {
		return err
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return err
	}
	jobs = slices.DeleteFunc(jobs, func(job store.Job) bool { return from != "" && job.Source != from })
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if err := knownLabel(jobs, key, labels[key]); err != nil {
			return err
		}
	}
	hasAll := func(job store.Job) bool {
		for key, value := range labels {
			if job.Labels[key] != value {
				return false
			}
		}
		return true
	}
	if !slices.ContainsFunc(jobs, hasAll) {
		return usageError{errors.New("no job has all of these labels; see  tracker job list --format json")}
	}
	return nil
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
		return usageError{fmt.Errorf("no job has the label %q: none has any label", key+"="+value)}
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
		return usageError{fmt.Errorf("no job has the label %q%s; the values of %s are: %s", key+"="+value, near, key, oneLine(listed))}
	}
	return usageError{fmt.Errorf("no job has the label %q%s; the labels are: %s", key, near, oneLine(listed))}
}
