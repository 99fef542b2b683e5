package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) eraseCommand() *cobra.Command {
	request := tracking.Erasure{Owner: owner()}
	cmd := &cobra.Command{
		Use: "erase JOB {--snapshot N | --run N} --reason TEXT", Short: "Erase the body of a snapshot for ever, and what it alone told", Args: exactly(1, "one JOB"),
		Long: `Erases the body of a snapshot, or all bodies of a run that are still there,
since personal data must go. With it goes what is derived from it alone: log
entries, results, error summaries, anomalies. The snapshot stays with its times,
its hash and the status of its run, so that the log of the journal holds.

What a body told that a later one of the run tells, too, is there still: it is
shown as seen by that one. The same texts may stand in other snapshots of the
run: what is printed says which still have bodies.

A file behind the run's results that was archived stays: it says where. Nothing
brings a body back but a backup, where it stands as well. It needs the rights of
the tables' owner. Who did it, when and why is told by report.acts, tracker
history and the log.`,
		Example: "  tracker erase stores-eu --snapshot 41 --reason 'request 2026-11'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkErasure(cmd, request); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.erase(cmd.Context(), s, args[0], request) })
		},
	}
	cmd.Flags().IntVar(&request.SnapshotNo, "snapshot", 0, "number `N` of the snapshot")
	cmd.Flags().IntVar(&request.RunNo, "run", 0, "number `N` of the run")
	cmd.Flags().StringVar(&request.Reason, "reason", "", "`TEXT` that says why, for those who look later; no personal data, it stays")
	return cmd
}

// checkErasure refuses flags that do not say what is to go, and why.
func checkErasure(cmd *cobra.Command, request tracking.Erasure) error {
	given := cmd.Flags().Changed
	switch {
	case given("snapshot") == given("run"):
		return usageError{errors.New("say what is to go: --snapshot N, or --run N for all of a run")}
	case given("snapshot") && !isNumber(request.SnapshotNo):
		return usageError{fmt.Errorf("--snapshot %d: snapshots are numbered from 1", request.SnapshotNo)}
	case given("run") && !isNumber(request.RunNo):
		return usageError{fmt.Errorf("--run %d: runs are numbered from 1", request.RunNo)}
	case strings.TrimSpace(request.Reason) == "":
		return usageError{errors.New("--reason is missing: say why, for those who look later")}
	default:
		return nil
	}
}

func (a *app) erase(ctx context.Context, s *store.Store, name string, request tracking.Erasure) (err error) {
	if request.Job, err = tracking.FindJob(ctx, s, name); err != nil {
		return err
	}
	if request.By, err = a.author(ctx, s); err != nil {
		return err
	}
	done, err := tracking.Erase(ctx, s, request)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "act %d has erased the %s of %s of job %s; %s told of what they alone said\n", done.ActNo,
		map[bool]string{true: "body", false: "bodies"}[len(done.Snapshots) == 1], words.Snapshots(done.Snapshots), name, terminal.Plural(int(done.Rows), "row", "rows"))
	if len(done.Left) > 0 {
		fmt.Fprintf(a.stdout, "%s of the run %s still there, and may hold the same texts: all go by  tracker erase %s --run %d --reason TEXT\n",
			words.Snapshots(done.Left), map[bool]string{true: "is", false: "are"}[len(done.Left) == 1], name, done.RunNo)
	}
	place, err := s.ResultPlace(ctx, store.RunKey{JobID: request.Job.ID, No: done.RunNo})
	if err != nil {
		return err
	}
	if place != "" {
		fmt.Fprintf(a.stdout, "the file behind the results of run %d was archived, and is still there: remove it by your own means, at %s\n", done.RunNo, place)
	}
	if err := s.CompleteJournal(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "on disk they are until the tables are vacuumed, and in backups made before: see docs/operations.md")
	return err
}
