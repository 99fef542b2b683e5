package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

func (a *app) jobCommand() *cobra.Command {
	return groupCommand("job", "Manage jobs: what is tracked at a source",
		`Manages jobs: what is tracked at a source, such as one dataset. Each change is
recorded with its actor in report.changes; history stays whatever is done here.`,
		a.jobAddCommand(), a.jobListCommand(), a.jobShowCommand(), a.jobPauseCommand(), a.jobResumeCommand(), a.jobRemoveCommand(),
		a.jobHoldCommand(), a.jobReleaseCommand())
}

func (a *app) jobAddCommand() *cobra.Command {
	var job config.Job
	var labels []string
	var stallAfter string
	cmd := &cobra.Command{
		Use:   "add NAME --source S FIELD=VALUE...",
		Short: "Register a job, or change its labels and schedule",
		Long: `Registers a job. Its target is given by the fields that the source's provider
needs:

` + targetsByProvider() + `
A target never changes: another target is another job.

Where the job exists, its labels, schedule and stall time become those given
here. A removed job is tracked again.`,
		Example: `  tracker job add stores-eu --source woosmap-prod --label team=geo \
      dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0
  tracker job add products-7 --source safetykit-prod namespace=products \
      request_id=request_01KHSKHQSYJN4A5P7RRVEXHWE9`,
		Args: between(2, -1, "a NAME and the target's FIELD=VALUE"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			job.Name = args[0]
			if job.Target, err = tracking.Pairs(args[1:], "target", "FIELD=VALUE"); err != nil {
				return err
			}
			if job.Labels, err = tracking.Pairs(labels, "--label", "KEY=VALUE"); err != nil {
				return err
			}
			if stallAfter != "" {
				if job.StallAfter, err = config.ParseDuration(stallAfter); err != nil {
					return usageError{fmt.Errorf("--stall-after: %w", err)}
				}
			}
			if err := job.Validate(); err != nil {
				return usageError{err}
			}
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.addJob(cmd.Context(), s, job) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&job.Source, "source", "", "`NAME` of the source that is asked")
	flags.StringArrayVar(&labels, "label", nil, "`KEY=VALUE` to group and filter by; may be repeated")
	flags.StringVar(&job.Schedule, "schedule", "", "when it is polled, as `CRON` or @every D (default: as its source says)")
	flags.StringVar(&stallAfter, "stall-after", "", "a run that goes on for longer than `DURATION` is stalled, such as 2h (default: judged by its past)")
	return cmd
}

func (a *app) addJob(ctx context.Context, s *store.Store, job config.Job) error {
	author, err := a.author(ctx, s)
	if err != nil {
		return err
	}
	spec, err := tracking.DeclareJob(ctx, s, author, job)
	if err != nil {
		return err
	}
	return a.declare(ctx, s, store.Declaration{Jobs: []store.JobSpec{spec}})
}

func (a *app) jobPauseCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "pause NAME", Short: "Stop polling a job", Args: exactly(1, "one NAME"),
		Long: `Stops polling a job. Its history stays, and has a gap, with the reason paused,
until  tracker job resume.`,
		Example: "  tracker job pause stores-eu --reason 'moves to another account'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alter(cmd.Context(), "job "+args[0], "paused", func(ctx context.Context, s *store.Store, by store.Author) (bool, error) {
				return s.PauseJob(ctx, by, args[0], reason)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", store.ByHand, "`TEXT` that says why, for those who look later")
	return cmd
}

func (a *app) jobResumeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resume NAME", Short: "Poll a paused or finished job again", Args: exactly(1, "one NAME"),
		Long: `Polls a paused job by its schedule again, or one that is finished, as a job
that tracks one import is once that has ended:  tracker provider list  tells
what a provider's jobs track.`,
		Example: "  tracker job resume stores-eu",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alter(cmd.Context(), "job "+args[0], "resumed", func(ctx context.Context, s *store.Store, by store.Author) (bool, error) {
				return s.ResumeJob(ctx, by, args[0])
			})
		},
	}
}

func (a *app) jobRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "End the tracking of a job; its history stays", Args: exactly(1, "one NAME"),
		Long: `Ends the tracking of a job. Its history stays and can be read as before; its
name stays taken. To track it again, add or apply it again.`,
		Example: "  tracker job remove stores-eu",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alter(cmd.Context(), "job "+args[0], "removed", func(ctx context.Context, s *store.Store, by store.Author) (bool, error) {
				return s.RemoveJob(ctx, by, args[0])
			})
		},
	}
}
