package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/doctor"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

func (a *app) doctorCommand() *cobra.Command {
	var noPoll bool
	var keep func() tracking.Retention
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at all that can be wrong, and say what mends it",
		Long: `Looks at the database, its schema and this login's rights, at the trackers that
serve it, at clocks, sources and their credentials, at the journal, its log and
published checkpoints, at partitions, retention and the disk. What is wrong
comes first, each with the command that mends it. It ends with 1 where
something fails; a warning is no failure.

Of each source it asks the service once for the status of a job: within the
source's rate limit, as a poll does, and with its credential, which this process
must be able to read. The answer is thrown away; of a source that is paused, or
was asked to be left alone, nobody is asked. With --no-poll nobody is at all.

It knows of the daemon's settings what its own flags and environment say: run it
where the daemon runs.`,
		Example: "  tracker doctor\n  tracker doctor --no-poll --format json | jq '.[] | select(.state != \"ok\")'",
		Args:    exactly(0, "no arguments"),
		PreRunE: a.readTwins(credentialDirName, credentialEnvName, retentionPollsName, retentionHistoryName, ledgerKeyName, publishCheckpointsName),
	}
	cmd.Flags().BoolVar(&noPoll, "no-poll", false, "ask no service")
	a.credentialScopeFlags(cmd)
	keep = retentionFlags(cmd)
	a.ledgerFlags(cmd)
	format := a.formatFlag(cmd, formatTable, formatJSON)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		e := doctor.Examination{Credentials: source.NewCredentials(a.getenv, a.scope), Keep: keep(), Now: time.Now}
		e.Publish, _ = cmd.Flags().GetString(publishCheckpointsName)
		ref, _ := cmd.Flags().GetString(ledgerKeyName)
		e.Key, e.KeyErr = a.ledgerKey(ref)
		if !noPoll {
			e.Client = source.NewClient(a.version)
			defer e.Client.Close()
		}
		checks, err := a.examine(cmd.Context(), e)
		if err != nil {
			return err
		}
		if err := a.printChecks(checks, *format); err != nil {
			return err
		}
		if checksThat(checks, doctor.Fail) > 0 {
			return errReported
		}
		return nil
	}
	return cmd
}

// examine makes the checks. A database that cannot be reached is one of them.
func (a *app) examine(ctx context.Context, e doctor.Examination) (checks []doctor.Check, err error) {
	if a.environment.DatabaseURL.IsZero() {
		if e.DataDir, err = dataDir(a.environment); err != nil {
			return nil, err
		}
	}
	err = a.withDatabase(ctx, func(url string, options store.Options) error {
		s, err := store.Open(ctx, url, options)
		if err != nil {
			return err
		}
		defer s.Close()
		e.Store, e.URL = s, url
		checks = doctor.Examine(ctx, e)
		return ctx.Err()
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && checks == nil:
		return []doctor.Check{doctor.Unanswered(err)}, nil
	default:
		return checks, err
	}
}

func checksThat(checks []doctor.Check, state doctor.State) (n int) {
	for _, c := range checks {
		if c.State == state {
			n++
		}
	}
	return n
}

// printChecks writes what is wrong first.
func (a *app) printChecks(checks []doctor.Check, format string) error {
	if format == formatJSON {
		return a.writeJSON(checks)
	}
	p := terminal.NewPage(a.screen())
	p.Line(verdict(checks)...)
	p.Blank()
	width := 0
	for _, c := range checks {
		width = max(width, terminal.Plain(c.Name).Width())
	}
	for _, state := range []doctor.State{doctor.Fail, doctor.Warn, doctor.OK} {
		for _, c := range checks {
			if c.State != state {
				continue
			}
			p.Entry([]terminal.Span{mark(state), terminal.Plain("  "), terminal.Plain(c.Name).Pad(width + 2)}, terminal.Plain(c.What))
			if c.Remedy != "" {
				p.Entry([]terminal.Span{terminal.Plain("").Pad(width + 5), terminal.Faint("→ ")}, terminal.Plain(c.Remedy))
			}
		}
	}
	_, err := fmt.Fprint(a.stdout, p.String())
	return err
}

// verdict answers in one line whether all is well.
func verdict(checks []doctor.Check) []terminal.Span {
	failed, warned := checksThat(checks, doctor.Fail), checksThat(checks, doctor.Warn)
	var said []terminal.Span
	if failed > 0 {
		said = append(said, terminal.Styled(terminal.StyleRed, terminal.Plural(failed, "check fails", "checks fail")))
	}
	if warned > 0 {
		said = append(said, terminal.Styled(terminal.StyleYellow, terminal.Plural(warned, "warning", "warnings")))
	}
	if well := len(checks) - failed - warned; well == len(checks) {
		said = append(said, terminal.Styled(terminal.StyleGreen, fmt.Sprintf("all of %d checks are well", well)))
	} else {
		said = append(said, terminal.Plain(fmt.Sprintf("%d of %d are well", well, len(checks))))
	}
	spans := said[:1:1]
	for _, one := range said[1:] {
		spans = append(spans, terminal.Plain(", "), one)
	}
	return spans
}

func mark(state doctor.State) terminal.Span {
	switch state {
	case doctor.Fail:
		return terminal.Styled(terminal.StyleRed, "✖")
	case doctor.Warn:
		return terminal.Styled(terminal.StyleYellow, "!")
	default:
		return terminal.Styled(terminal.StyleGreen, "✔")
	}
}
