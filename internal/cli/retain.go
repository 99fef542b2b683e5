package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

const (
	retentionPollsName    = "retention-polls"
	retentionHistoryName  = "retention-history"
	retentionPollsDefault = keepTime(90 * 24 * time.Hour)
)

// keepTime is for how long something is kept; 0: for ever.
type keepTime time.Duration

// Set implements pflag.Value.
func (k *keepTime) Set(text string) error {
	d, err := config.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%w, or 0 to keep all", err)
	}
	*k = keepTime(d)
	return nil
}

// String implements pflag.Value.
func (k *keepTime) String() string {
	if *k == 0 {
		return "0"
	}
	return config.FormatDays(time.Duration(*k))
}

// Type implements pflag.Value.
func (*keepTime) Type() string { return "duration" }

// retentionFlags adds for how long something is kept to a command.
func retentionFlags(cmd *cobra.Command) func() tracking.Retention {
	polls, history := retentionPollsDefault, keepTime(0)
	cmd.Flags().Var(&polls, retentionPollsName, "keep polls for `DURATION`: whole months of older ones go; 0 keeps all")
	cmd.Flags().Var(&history, retentionHistoryName, "keep runs that have ended for `DURATION`; 0 keeps all")
	return func() tracking.Retention {
		return tracking.Retention{Polls: time.Duration(polls), History: time.Duration(history)}
	}
}

func (a *app) retainCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "retain",
		Short: "Take away what is older than it is to be kept",
		Long: `Takes away what is older than it is to be kept, as  tracker serve  does each
hour, and prints what went: of polls, whole months. What they told stays: how
often and until when each answer was seen, gaps, and the counts of
report.hourly and report.daily. Runs that ended go, where that is asked for,
with their steps, log entries, results and the bodies of their answers; of these
the hashes stay. The newest run of a job stays, what is on hold (see
 tracker job hold) and what another run had interrupted. report.retention tells
what was taken.

Nothing is taken where the database's clock and the newest poll are more than a
day apart, or by a time that is shorter than that between two polls of a job. A
run that goes on for longer stays, and is told. Whoever reads polls meanwhile is
left alone.`,
		Example: "  tracker retain --dry-run\n  tracker retain --retention-polls 30d --retention-history 365d",
		Args:    exactly(0, "no arguments"),
		PreRunE: a.readTwins(retentionPollsName, retentionHistoryName),
	}
	keep := retentionFlags(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would go, and take nothing")
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.retain(cmd.Context(), s, keep(), dryRun, *format) })
	}
	return cmd
}

func (a *app) retain(ctx context.Context, s *store.Store, keep tracking.Retention, dryRun bool, format string) error {
	author, err := a.author(ctx, s)
	if err != nil {
		return err
	}
	notes, err := tracking.RetainNotes(ctx, s, author.At, keep)
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(a.stderr, note)
	}
	all := []store.Taken{}
	if dryRun {
		var due []store.Taken
		due, err = tracking.RetainDue(ctx, s, author.At, keep)
		all = append(all, due...)
	} else {
		err = tracking.Retain(ctx, s, author, keep, func(taken []store.Taken) { all = append(all, taken...) })
	}
	if err != nil && len(all) == 0 {
		return err
	}
	if !dryRun {
		err = errors.Join(err, s.CompleteJournal(ctx))
	}
	return errors.Join(writeRows(a, format, takenListing(all)), err)
}

func takenListing(rows []store.Taken) terminal.Table[store.Taken] {
	return terminal.Table[store.Taken]{
		Rows: rows, Empty: "nothing is old enough",
		Columns: []terminal.Column[store.Taken]{
			{Title: "WHAT", Cell: func(r store.Taken) terminal.Span { return terminal.Plain(r.What) }},
			{Title: "JOB", Cell: func(r store.Taken) terminal.Span {
				if r.Job == nil {
					return terminal.Faint("all")
				}
				return terminal.Plain(*r.Job)
			}},
			{Title: "FROM", Cell: func(r store.Taken) terminal.Span { return terminal.Plain(words.Time(&r.RangeFrom)) }},
			{Title: "TO", Cell: func(r store.Taken) terminal.Span { return terminal.Plain(words.Time(&r.RangeTo)) }},
			{Title: "ROWS", Right: true, Cell: func(r store.Taken) terminal.Span { return terminal.Plain(humanize.Comma(r.Rows)) }},
		},
	}
}
