package tracking

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// FindJob returns the job of that name, or an error that says where to look.
func FindJob(ctx context.Context, s *store.Store, name string) (store.Job, error) {
	job, err := s.Job(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return store.Job{}, UnknownJob(ctx, s, name)
	}
	return job, err
}

// FindSource returns the source of that name, or an error that says where to look.
func FindSource(ctx context.Context, s *store.Store, name string) (store.Source, error) {
	from, err := s.Source(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return store.Source{}, UnknownSource(ctx, s, name)
	}
	return from, err
}

// UnknownJob refuses a name that no job has, and asks whether another was meant.
func UnknownJob(ctx context.Context, s *store.Store, name string) error {
	names, err := JobNames(ctx, s)
	if err != nil {
		return err
	}
	return RequestError{fmt.Errorf("no job is named %q%s; see  tracker job list", name, Meant(name, names))}
}

// JobNames are those of all jobs, removed ones too: they have a history.
func JobNames(ctx context.Context, s *store.Store) ([]string, error) {
	jobs, err := s.Jobs(ctx)
	var names []string
	for _, known := range jobs {
		names = append(names, known.Name)
	}
	return names, err
}

// UnknownSource refuses a name that no source has, and asks whether another was meant.
func UnknownSource(ctx context.Context, s *store.Store, name string) error {
	names, err := SourceNames(ctx, s)
	if err != nil {
		return err
	}
	return RequestError{fmt.Errorf("no source is named %q%s; see  tracker source list", name, Meant(name, names))}
}

// SourceNames are those of all sources that are not removed.
func SourceNames(ctx context.Context, s *store.Store) ([]string, error) {
	sources, err := s.Sources(ctx)
	var names []string
	for _, known := range sources {
		if known.RemovedAt.IsZero() {
			names = append(names, known.Name)
		}
	}
	return names, err
}

// Meant asks whether one of the names was meant; it is empty where none is near.
func Meant(typed string, names []string) string {
	near := Near(typed, names)
	if len(near) == 0 {
		return ""
	}
	return fmt.Sprintf("; did you mean %s", terminal.OneLine(strings.Join(near, ", ")))
}

// Near gives the names that may have been meant, three at most.
func Near(typed string, names []string) []string {
	known := &cobra.Command{SuggestionsMinimumDistance: 2} // cobra's own measure, as for commands
	for _, name := range names {
		if name != "" && !strings.ContainsAny(name, " \t\n") {
			known.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
		}
	}
	near := known.SuggestionsFor(typed)
	return near[:min(len(near), 3)]
}
