package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

func (a *app) rebuildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild [JOB...]",
		Short: "Derive runs, steps and log entries from the snapshots again",
		Long: `Derives runs, steps, log entries, results, transitions and anomalies of the
named jobs, or of all, from their snapshots again and writes only rows that
differ. On untouched data none does, and where one does, report.acts tells who
has rebuilt it. Snapshots and polls are never written. It needs the rights of
the tables' owner.`,
		Example: "  tracker rebuild\n  tracker rebuild stores-eu products-7",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.rebuild(cmd.Context(), s, args) })
		},
	}
}

func (a *app) rebuild(ctx context.Context, s *store.Store, names []string) error {
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := tracking.FindJob(ctx, s, name); err != nil {
			return err
		}
	}
	if len(names) > 0 {
		jobs = slices.DeleteFunc(jobs, func(j store.Job) bool { return !slices.Contains(names, j.Name) })
	}
	by, err := a.author(ctx, s)
	if err != nil {
		return err
	}
	var snapshots int
	var rows int64
	for _, job := range jobs {
		rebuilt, err := tracking.Rebuild(ctx, s, job, by, owner())
		if err != nil {
			return fmt.Errorf("rebuild %s: %w", job.Name, err)
		}
		if rebuilt.Rows > 0 {
			fmt.Fprintf(a.stdout, "%s: %s differed\n", job.Name, terminal.Plural(int(rebuilt.Rows), "row", "rows"))
		}
		snapshots += rebuilt.Snapshots
		rows += rebuilt.Rows
	}
	if err := s.CompleteJournal(ctx); err != nil { // of the acts
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s of %s folded; %s differed\n",
		terminal.Plural(snapshots, "snapshot", "snapshots"), terminal.Plural(len(jobs), "job", "jobs"), terminal.Plural(int(rows), "row", "rows"))
	return err
}
