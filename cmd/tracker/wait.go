package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/history"
	"tracker/internal/store"
)

// waitStates are those that can be waited for.
var waitStates = []string{
	string(history.StateQueued), string(history.StateRunning), string(history.StateSucceeded), string(history.StatePartial),
	string(history.StateFailed), string(history.StateCanceled), string(history.StateUnknown),
}

func (a *app) waitCommand() *cobra.Command {
	var state, after, timeout string
	cmd := &cobra.Command{
		Use:   "wait JOB",
		Short: "Wait until an import has ended",
		Long: `Waits until the job's latest run is in a state, succeeded unless --for names
another. It exits with

  0  when it is,
  3  when the run has ended in another state,
  4  after --timeout.

Without --after the latest run counts, which may have ended long ago. To wait
for an import that you are about to start, give the time before its start, or
now. Runs count that started later, by the service's clock where it tells, else
by when they were first seen.

It reads what trackers have recorded and polls nothing itself.`,
		Example: `  tracker wait stores-eu --after now --timeout 30m && deploy
  tracker wait products-7 --for failed --timeout 1h`,
		Args: exactly(1, "one JOB"),
	}
	cmd.Flags().StringVar(&state, "for", string(history.StateSucceeded), "the `STATE`: "+strings.Join(waitStates, ", "))
	cmd.Flags().StringVar(&after, "after", "", "only a run that started after `TIME`: now, RFC 3339, a date, or an age such as 2h")
	cmd.Flags().StringVar(&timeout, "timeout", "", "give up after `DURATION`, such as 30m (default: never)")
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions(waitStates, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("after", cobra.FixedCompletions([]string{"now"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(waitStates, state) {
			return usageError{fmt.Errorf("--for %q: want one of %s", state, strings.Join(waitStates, ", "))}
		}
		end, stop, err := timer("--timeout", timeout)
		if err != nil {
			return err
		}
		defer stop()
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			ticker := time.NewTicker(watchEvery)
			defer ticker.Stop()
			w := &waiter{app: a, store: s, state: state, ticks: ticker.C, end: end}
			if w.after, err = afterTime(cmd.Context(), s, after); err != nil {
				return err
			}
			return w.wait(cmd.Context(), args[0])
		})
	}
	return cmd
}

// afterTime reads --after by the database's clock; zero: any time.
func afterTime(ctx context.Context, s *store.Store, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	now, err := s.Now(ctx)
	if err != nil || text == "now" {
		return now, err
	}
	at, err := config.ParseTime(text, now)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("--after: %w", err)}
	}
	return at, nil
}

// waiter looks at a job until its latest run is in a state.
type waiter struct {
	app   *app
	store *store.Store
	state string
	after time.Time        // only runs that started later count; zero: all
	ticks <-chan time.Time // when to look again
	end   <-chan time.Time // when to give up; nil: never

	hinted bool // that nobody looks
}

// wait prints what came of it in one line and returns the exit code in an error.
func (w *waiter) wait(ctx context.Context, name string) error {
	trouble := outage{stderr: w.app.stderr}
	for {
		job, run, err := w.look(ctx, name)
		if !trouble.survives(ctx, err) {
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			return err
		}
		switch {
		case run == nil:
		case run.State == w.state:
			return w.tell(job, run, nil)
		case history.State(run.State).Terminal():
			return w.tell(job, run, exitError{exitOther})
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-w.end:
			return w.tell(job, run, exitError{exitLate})
		case <-w.ticks:
		}
	}
}

// look reads the job's latest run; nil: none counts.
func (w *waiter) look(ctx context.Context, name string) (store.Job, *store.WatchRun, error) {
	job, err := findJob(ctx, w.store, name)
	if err != nil {
		return job, nil, err
	}
	if err := w.hint(ctx, job); err != nil {
		return job, nil, err
	}
	run, err := w.store.LatestRun(ctx, job.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !run.StartedAt.After(w.after) {
		return job, nil, nil
	}
	return job, &run, err
}

// hint says once that waiting may be in vain.
func (w *waiter) hint(ctx context.Context, job store.Job) error {
	why := ""
	switch {
	case job.Tracking == store.TrackingPaused:
		why = fmt.Sprintf("job %s is paused; to go on:  tracker job resume %s", job.Name, job.Name)
	case job.Tracking == store.TrackingRemoved:
		why = fmt.Sprintf("job %s is removed", job.Name)
	case !job.From.PausedAt.IsZero():
		why = fmt.Sprintf("source %s is paused: %s; to go on:  tracker source resume %s", job.Source, oneLine(job.From.PausedReason), job.Source)
	default:
		now, err := w.store.Now(ctx)
		if err != nil {
			return err
		}
		watched, err := w.store.Watched(ctx, []time.Time{now})
		if err != nil {
			return err
		}
		if !watched[0] {
			why = "no tracker serves this database; start one:  tracker serve"
		}
	}
	if why != "" && !w.hinted {
		fmt.Fprintln(w.app.stderr, "nobody looks: "+why)
	}
	w.hinted = why != ""
	return nil
}

// tell prints how it ended.
func (w *waiter) tell(job store.Job, run *store.WatchRun, end error) error {
	p := &page{}
	line := []span{plain(job.Name), plain("  ")}
	switch {
	case run == nil && w.after.IsZero():
		line = append(line, plain("timed out: no run was seen yet"))
	case run == nil:
		line = append(line, plain("timed out: no run has started after "+w.after.Format(time.RFC3339)))
	case errors.Is(end, exitError{exitLate}):
		line = append(append(line, plain("timed out: "), marked(run.State, run.State), plain("  ")), runSentence(*run)...)
	default:
		line = append(append(line, marked(run.State, run.State), plain("  ")), runSentence(*run)...)
	}
	p.line(line...)
	if _, err := fmt.Fprint(w.app.stdout, p.out.String()); err != nil {
		return err
	}
	return end
}
