package tracking

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"tracker/internal/source"
	"tracker/internal/store"
)

// SameTargetError is a declared job that tracks what another one tracks already.
type SameTargetError struct {
	Index      int // among the declared jobs
	job, other string
}

// Error implements error.
func (s SameTargetError) Error() string {
	return fmt.Sprintf("job %s has the same target as job %s: the service is asked twice, and its history kept twice", s.job, s.other)
}

// SameTargets finds those of the declared jobs whose target is that of a job
// declared before, or of another registered one that is not removed.
func SameTargets(ctx context.Context, s *store.Store, declared store.Declaration) ([]SameTargetError, error) {
	sources, err := s.Sources(ctx)
	if err != nil {
		return nil, err
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	return sameTargets(sources, jobs, declared), nil
}

// sameTargets finds them among the sources and jobs that are registered.
func sameTargets(sources []store.Source, jobs []store.Job, declared store.Declaration) []SameTargetError {
	services := map[string]store.SourceSpec{}
	for _, from := range sources {
		services[from.Name] = from.SourceSpec
	}
	for _, from := range declared.Sources {
		services[from.Name] = from
	}
	isDeclared := make(map[string]bool, len(declared.Jobs))
	for _, spec := range declared.Jobs {
		isDeclared[spec.Name] = true
	}
	tracked := map[string]string{} // the first job of each target
	for _, job := range jobs {
		if declared.Prune || isDeclared[job.Name] || job.Tracking == store.TrackingRemoved {
			continue
		}
		key := serviceKey(services[job.Source], job.Target)
		tracked[key] = cmp.Or(tracked[key], job.Name)
	}
	var same []SameTargetError
	for i, spec := range declared.Jobs {
		key := serviceKey(services[spec.Source], spec.Target)
		if other, twice := tracked[key]; twice {
			same = append(same, SameTargetError{i, spec.Name, other})
		} else {
			tracked[key] = spec.Name
		}
	}
	return same
}

// serviceKey is equal for equal targets at one service, whichever source it is asked as.
func serviceKey(from store.SourceSpec, target map[string]string) string {
	return strings.Join([]string{from.Provider, strings.TrimRight(from.BaseURL, "/"), targetKey(from.Provider, target)}, " ")
}

// targetKey is equal for equal targets, however their ids are written.
func targetKey(providerName string, target map[string]string) string {
	provider, err := source.Lookup(providerName)
	if err != nil { // a definition's, or of a later version: as they stand
		return fmt.Sprint(target)
	}
	return provider.TargetKey(target)
}
