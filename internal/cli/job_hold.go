package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

func (a *app) jobHoldCommand() *cobra.Command {
	var runNo int
	var reason string
	cmd := &cobra.Command{
		Use: "hold NAME --run N", Short: "Keep a run from retention", Args: exactly(1, "one NAME"),
		Long: `Keeps a run of a job, with all that was seen of it, however old it becomes:
retention leaves it alone until  tracker job release.`,
		Example: "  tracker job hold stores-eu --run 12 --reason 'evidence in claim 4711'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alterHold(cmd, args[0], runNo, func(ctx context.Context, s *store.Store, by store.Author, job store.Job) error {
				held, err := s.HoldRun(ctx, by, store.RunHold{Job: job, RunNo: runNo, Reason: reason})
				if err == nil {
					_, err = fmt.Fprintf(a.stdout, "run %d of job %s is on hold%s\n", runNo, job.Name, map[bool]string{false: " already"}[held])
				}
				return err
			})
		},
	}
	cmd.Flags().IntVar(&runNo, "run", 0, "number `N` of the run")
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` that says why, for those who look later")
	return cmd
}

func (a *app) jobReleaseCommand() *cobra.Command {
	var runNo int
	cmd := &cobra.Command{
		Use: "release NAME --run N", Short: "End the hold on a run", Args: exactly(1, "one NAME"),
		Long:    `Ends the hold on a run of a job: retention takes it when it is old enough.`,
		Example: "  tracker job release stores-eu --run 12",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alterHold(cmd, args[0], runNo, func(ctx context.Context, s *store.Store, by store.Author, job store.Job) error {
				released, err := s.ReleaseRun(ctx, by, job, runNo)
				if err == nil {
					_, err = fmt.Fprintf(a.stdout, "run %d of job %s is on hold no more%s\n", runNo, job.Name, map[bool]string{false: ": it was not"}[released])
				}
				return err
			})
		},
	}
	cmd.Flags().IntVar(&runNo, "run", 0, "number `N` of the run")
	return cmd
}

// alterHold changes the hold on a run that there is.
func (a *app) alterHold(cmd *cobra.Command, name string, runNo int, change func(context.Context, *store.Store, store.Author, store.Job) error) error {
	if !cmd.Flags().Changed("run") {
		return usageError{fmt.Errorf("--run is missing: want the number of a run, see  tracker history %s", name)}
	}
	if err := checkRunFlags(cmd, runNo, 1); err != nil {
		return err
	}
	ctx := cmd.Context()
	return a.withStore(ctx, func(s *store.Store) error {
		job, err := tracking.FindJob(ctx, s, name)
		if err != nil {
			return err
		}
		shown, err := tracking.ReadRun(ctx, s, name, runNo)
		if err != nil {
			return err
		}
		author, err := a.author(ctx, s)
		if err != nil {
			return err
		}
		err = change(ctx, s, author, job)
		if errors.Is(err, store.ErrNotFound) { // gone since
			return tracking.NoRun(ctx, s, shown.Job, runNo, false)
		}
		return err
	})
}
