package cli

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
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// waitEnded stands for all states in which a run has ended.
const waitEnded = "ended"

// waitStates are those that can be waited for.
var waitStates = append(slices.Clone(tracking.JobStates()), waitEnded)

func (a *app) waitCommand() *cobra.Command {
	var state, after, timeout string
	cmd := &cobra.Command{
		Use:   "wait JOB",
		Short: "Wait until an import has ended",
		Long: `Waits until the job's latest run is in a state, succeeded unless --for names
another; ended is any in which a run has ended: succeeded, partial, failed or
canceled. It exits with

  0  when it is,
  3  when the run has ended in another state,
  4  after --timeout,
  5  when nobody will poll until somebody changes that: the job is paused,
     removed or finished, or its source is paused. What is known is printed.

Without --after the latest run counts, which may have ended long ago. To wait
for an import that you are about to start, give the time before its start, or
now. Runs count that started later, by the service's clock where it tells, else
by when they were first seen.

It reads what trackers have recorded and polls nothing itself. Where no tracker
serves, or the service gives no answer, it says so and goes on waiting.`,
		Example: `  tracker wait stores-eu --after now --timeout 30m && deploy
  tracker wait stores-eu --for ended && tracker history stores-eu
  tracker wait products-7 --for failed --timeout 1h`,
		Args: exactly(1, "one JOB"),
	}
	cmd.Flags().StringVar(&state, "for", string(history.StateSucceeded), "the `STATE`: "+strings.Join(waitStates, ", "))
	cmd.Flags().StringVar(&after, "after", "", "only a run that started after `TIME`: now, "+config.TimeForms)
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
	return tracking.PastTime("--after", text, now)
}

// waiter looks at a job until its latest run is in a state.
type waiter struct {
	app   *app
	store *store.Store
	state string
	after time.Time        // only runs that started later count; zero: all
	ticks <-chan time.Time // when to look again
	end   <-chan time.Time // when to give up; nil: never

	hints hints
}

// wait prints what came of it in one line and returns the exit code in an error.
func (w *waiter) wait(ctx context.Context, name string) error {
	trouble := outage{stderr: w.app.stderr}
	w.hints.out = w.app.stderr
	for {
		job, run, polling, err := w.look(ctx, name)
		if !trouble.survives(ctx, err) {
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			return err
		}
		if err == nil {
			w.hints.tell(words.NotPolled(polling))
		}
		switch {
		case run != nil && w.reached(history.State(run.State)):
			return w.tell(job, run, nil)
		case run != nil && history.State(run.State).Terminal():
			return w.tell(job, run, exitError{exitOther})
		case polling.Stopped():
			return w.tell(job, run, exitError{exitUnseen})
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

// reached reports whether a state is the one that is waited for.
func (w *waiter) reached(state history.State) bool {
	return string(state) == w.state || w.state == waitEnded && state.Terminal()
}

// look reads the job's latest run (nil: none counts), and whether there will be
// more to see. The run is read last: what was seen before polling stopped is in it.
func (w *waiter) look(ctx context.Context, name string) (store.Job, *store.WatchRun, tracking.Polling, error) {
	job, err := tracking.FindJob(ctx, w.store, name)
	if err != nil {
		return job, nil, tracking.Polling{}, err
	}
	polling, err := tracking.ReadPolling(ctx, w.store, job)
	if err != nil {
		return job, nil, tracking.Polling{}, err
	}
	run, err := w.store.LatestRun(ctx, job.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !run.StartedAt.After(w.after) {
		return job, nil, polling, nil
	}
	return job, &run, polling, err
}

// tell prints how it ended.
func (w *waiter) tell(job store.Job, run *store.WatchRun, end error) error {
	p := terminal.NewPage(terminal.Screen{})
	line := []terminal.Span{terminal.Plain(job.Name), terminal.Plain("  ")}
	switch {
	case errors.Is(end, exitError{exitLate}):
		line = append(line, terminal.Plain("timed out: "))
	case errors.Is(end, exitError{exitUnseen}):
		line = append(line, terminal.Plain("nobody will poll: "))
	}
	switch {
	case run == nil && w.after.IsZero():
		line = append(line, terminal.Plain("no run was seen yet"))
	case run == nil:
		line = append(line, terminal.Plain("no run was seen that has started after "+w.after.Format(time.RFC3339)))
	default:
		line = append(append(line, words.Marked(run.State, run.State), terminal.Plain("  ")), words.RunSentence(*run)...)
	}
	p.Line(line...)
	if _, err := fmt.Fprint(w.app.stdout, p.String()); err != nil {
		return err
	}
	return end
}
