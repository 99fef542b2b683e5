package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/evidence"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// exportRequest is what the command line asks to be exported.
type exportRequest struct {
	job     string // empty: all
	all     bool
	runNo   int
	output  string
	format  string
	since   string
	asOf    string
	knownAt string
}

func (a *app) exportCommand() *cobra.Command {
	var request exportRequest
	cmd := &cobra.Command{
		Use:   "export JOB|--all",
		Short: "Write the evidence of imports to a file, or plain data",
		Long: `Writes a pack: a zip file with the evidence of a run, or of all runs of a job,
for somebody who has no access to the database and trusts nobody but the key.
It has each answer of the service byte for byte, the proof that the log has it,
the signed checkpoint, what follows from the answers (run.json, and report.html
to be read and printed), and how to check that (VERIFY.md). What is to be in it
must be sealed: see  tracker ledger --help.  The same run exported twice is the
same file, unless something new is known of it. It is checked before it is
there, and anybody checks it by  tracker verify FILE.zip --key KEY.

--format json, ndjson or csv writes plain data instead, to -o or to stdout, also
of all jobs (--all): a row for each transition, log entry, anomaly and gap, a
job after the other, and each in the order of the times at which they count as
done (at). happened_at is the service's time; not_before and observed_at are our
bounds, and of a gap its beginning and its end. --since leaves out what was seen
earlier. With --run, gaps are those around it. Memory stays small, however much
there is. csv puts an apostrophe before a text that a spreadsheet would take for
a formula, --raw does not.

--as-of and --known-at show a past, as in  tracker history.  The file is there
once it is whole, and is for its owner alone to read.`,
		Example: `  tracker export stores-eu --run 12 -o stores-eu-12.zip
  tracker export stores-eu -o stores-eu.zip
  tracker export stores-eu --run 12 --known-at '2026-11-21 22:20' -o then.zip
  tracker export stores-eu --format csv -o stores-eu.csv
  tracker export --all --since 7d --format ndjson | gzip > week.ndjson.gz`,
		Args: between(0, 1, "one JOB, or --all"),
	}
	format := a.formatFlag(cmd, formatZip, formatJSON, formatNDJSON, formatCSV)
	flags := cmd.Flags()
	flags.IntVar(&request.runNo, "run", 0, "of run `N` alone (default: of all)")
	flags.StringVarP(&request.output, "output", "o", "", "`FILE` to write; it takes the place of what was there")
	flags.BoolVar(&request.all, "all", false, "plain data of all jobs, removed ones too")
	flags.StringVar(&request.since, "since", "", "plain data that was seen since a `TIME` in the past: "+config.TimeForms)
	flags.StringVar(&request.asOf, "as-of", "", "show how things stood at `TIME` (default: when --known-at is, else now)")
	flags.StringVar(&request.knownAt, "known-at", "", "by what was known at `TIME` (default: now)")
	_ = cmd.MarkFlagFilename("output")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		request.job, request.format = strings.Join(args, ""), *format
		if err := request.check(cmd); err != nil {
			return err
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			if request.format != formatZip {
				return a.exportRows(cmd.Context(), s, request)
			}
			return a.exportPack(cmd.Context(), s, request)
		})
	}
	return cmd
}

// check refuses what cannot be meant, before a server is started for it.
func (r exportRequest) check(cmd *cobra.Command) error {
	if err := checkRunFlags(cmd, r.runNo, 1); err != nil {
		return err
	}
	for flag, text := range map[string]string{"--since": r.since, "--as-of": r.asOf, "--known-at": r.knownAt} {
		if err := checkTime(flag, text); err != nil {
			return err
		}
	}
	var wrong string
	switch {
	case r.all == (r.job != ""):
		wrong = "want one JOB, or --all"
	case r.all && r.runNo > 0:
		wrong = "--run is of one JOB, not of --all"
	case r.format == formatZip && r.all:
		wrong = "a pack is of one JOB; --all is for --format json, ndjson or csv"
	case r.format == formatZip && r.since != "":
		wrong = "a pack is of whole runs; --since is for --format json, ndjson or csv"
	case r.format == formatZip && r.output == "":
		wrong = "want -o FILE.zip, or --format json, ndjson or csv"
	default:
		return nil
	}
	return usageError{fmt.Errorf("%s; see  tracker export --help", wrong)}
}

// times are those that the flags give.
func (r exportRequest) times(ctx context.Context, s *store.Store) (since, asOf, knownAt time.Time, err error) {
	now, err := s.Now(ctx)
	if err != nil {
		return since, asOf, knownAt, err
	}
	for _, flag := range []struct {
		name, text string
		at         *time.Time
	}{{"--since", r.since, &since}, {"--as-of", r.asOf, &asOf}, {"--known-at", r.knownAt, &knownAt}} {
		if *flag.at, err = pastTime(flag.name, flag.text, now); err != nil {
			return since, asOf, knownAt, err
		}
	}
	return since, asOf, knownAt, nil
}

// exportPack writes the evidence of a run, or of all of a job.
func (a *app) exportPack(ctx context.Context, s *store.Store, request exportRequest) error {
	job, err := tracking.FindJob(ctx, s, request.job)
	if err != nil {
		return err
	}
	_, asOf, knownAt, err := request.times(ctx, s)
	if err != nil {
		return err
	}
	var made evidence.Verified
	err = writeAside(request.output, func(file *os.File) error {
		made, err = evidence.Export(ctx, s, file, evidence.Request{Job: job, RunNo: request.runNo, AsOf: asOf, KnownAt: knownAt})
		return err
	})
	if errors.Is(err, evidence.ErrNoRun) {
		return noEvidence(ctx, s, request)
	}
	if err != nil {
		return err
	}
	of := "all runs"
	if request.runNo > 0 {
		of = fmt.Sprintf("run %d", request.runNo)
	}
	fmt.Fprintf(a.stderr, "%s of %s: %s until %s UTC, proven by a log of %s\n", of, job.Name, terminal.Plural(made.Snapshots, "answer", "answers"),
		words.Time(&made.Until), terminal.Plural(int(made.Entries), "entry", "entries"))
	key := "KEY"
	if made.SignedBy == nil {
		fmt.Fprintln(a.stderr, "the checkpoint is signed by nobody: give the daemon a  --ledger-key")
	} else {
		key = made.SignedBy.String()
	}
	fmt.Fprintf(a.stderr, "check it:  tracker verify %s --key %s\n", request.output, key)
	return nil
}

// noEvidence tells why there is nothing to show of a job or a run.
func noEvidence(ctx context.Context, s *store.Store, request exportRequest) error {
	row, err := s.JobRow(ctx, request.job)
	if err != nil {
		return err
	}
	past := request.asOf != "" || request.knownAt != ""
	switch {
	case request.runNo > 0:
		return tracking.NoRun(ctx, s, row, request.runNo, past)
	case past:
		return usageError{fmt.Errorf("job %s had no answer then; see  tracker history %s", row.Job, row.Job)}
	default:
		return fmt.Errorf("job %s has no answer yet; see  tracker history %s", row.Job, row.Job)
	}
}
