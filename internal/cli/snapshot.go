package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// snapshotRequest is what the command line asks of a job's snapshots.
type snapshotRequest struct {
	job       string
	no        int // 0: the newest
	against   int // 0: no difference is asked for
	format    string
	formatted bool // a format was asked for
}

func (a *app) snapshotCommand() *cobra.Command {
	var request snapshotRequest
	cmd := &cobra.Command{
		Use:   "snapshot JOB [N]",
		Short: "Show a stored answer as it came, or what changed between two",
		Long: `Writes the answer that snapshot N of a job holds, or the newest one. In a pipe
or a file it is byte for byte what is stored: what the service sent, after
redaction. On a terminal, and with --format table, it is indented and told when
it was seen; --format json is the row of report.snapshots.

--diff M shows what changed from snapshot M to this one.`,
		Example: `  tracker snapshot stores-eu
  tracker snapshot stores-eu 41 > body.json
  tracker snapshot stores-eu 41 --diff 40`,
		Args: between(1, 2, "a JOB and perhaps the number of a snapshot"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON)
	cmd.Flags().IntVar(&request.against, "diff", 0, "show what changed since snapshot `M`")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		request.job, request.format, request.formatted = args[0], *format, cmd.Flags().Changed("format")
		if len(args) > 1 {
			if request.no, err = strconv.Atoi(args[1]); err != nil || !isNumber(request.no) {
				return usageError{fmt.Errorf("snapshot %q: snapshots are numbered from 1", args[1])}
			}
		}
		if cmd.Flags().Changed("diff") && !isNumber(request.against) {
			return usageError{fmt.Errorf("--diff %d: snapshots are numbered from 1", request.against)}
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.snapshot(cmd.Context(), s, request) })
	}
	return cmd
}

func (a *app) snapshot(ctx context.Context, s *store.Store, request snapshotRequest) error {
	if _, err := tracking.FindJob(ctx, s, request.job); err != nil {
		return err
	}
	row, err := tracking.FindBody(ctx, s, request.job, request.no)
	if err != nil {
		return err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	if request.against > 0 {
		was, err := tracking.FindBody(ctx, s, request.job, request.against)
		if err != nil {
			return err
		}
		return a.writeSnapshotDiff(was, row, words.Clock{ReadAt: now}, request.format)
	}
	switch {
	case request.format == formatJSON:
		return a.writeJSON(row)
	case request.formatted || a.onTerminal():
		_, err = fmt.Fprint(a.stdout, snapshotText(row, words.Clock{ReadAt: now}, a.screen()))
	default:
		_, err = a.stdout.Write(row.Body)
	}
	return err
}
