package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) sourceCommand() *cobra.Command {
	return groupCommand("source", "Manage sources: accounts at upstream APIs",
		`Manages sources: accounts at upstream APIs, each with its credential, its rate
limit and a schedule for its jobs.`,
		a.sourceAddCommand(), a.sourceListCommand(), a.sourcePauseCommand(), a.sourceResumeCommand(), a.sourceRemoveCommand(), a.sourceDiscoverCommand())
}

func (a *app) sourceAddCommand() *cobra.Command {
	var from config.Source
	cmd := &cobra.Command{
		Use:   "add NAME --provider P --credential REF",
		Short: "Register a source, or change one",
		Long: `Registers a source, or gives one that exists the settings given here, the
provider's own for the others; a removed one is tracked again. Only the
reference to the credential is stored: the process that polls must be able to
read it.

All trackers on one database share the rate limit. Looser than the service
allows, it answers 429 and the source is held for a while.`,
		Example: `  tracker source add woosmap-prod --provider woosmap \
      --credential env:WOOSMAP_PRIVATE_KEY
  tracker source add safetykit-eu --provider safetykit \
      --credential file:/run/secrets/safetykit --schedule '@every 5m'`,
		Args: exactly(1, "one NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			from.Name = args[0]
			if err := from.WithDefaults().Validate(); err != nil && !errors.Is(err, source.ErrUnknownProvider) {
				return usageError{err}
			}
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.addSource(cmd.Context(), s, from) })
		},
	}
	a.credentialScopeFlags(cmd)
	cmd.PreRunE = a.readTwins(credentialDirName, credentialEnvName)
	flags := cmd.Flags()
	flags.StringVar(&from.Provider, "provider", "", "the `API`: "+providerNames(anyProvider))
	flags.StringVar(&from.Credential, "credential", "", "`REF` by which the daemon finds the secret: env:NAME or file:PATH")
	flags.StringVar(&from.BaseURL, "base-url", "", "`URL` where the API answers (default: the provider's)")
	flags.StringVar(&from.Schedule, "schedule", "", "when its jobs are polled, as `CRON` or @every D (default: the provider's)")
	flags.DurationVar(&from.ActiveEvery, "active-every", 0, "poll each `DURATION` while an import runs (default: 10s)")
	flags.DurationVar(&from.Rate.Every, "rate-every", 0, "one request each `DURATION` (default: the provider's)")
	flags.IntVar(&from.Rate.Burst, "rate-burst", 0, "`N` requests at once after a quiet time (default: the provider's)")
	flags.StringVar(&from.WebhookSecret, "webhook-secret", "", "take webhooks at /hooks/NAME, signed by what `REF` (env:NAME or file:PATH) names")
	flags.StringVar(&from.Archive, "archive", "", "keep the files behind result links in `DIR` or s3://BUCKET/PREFIX")
	flags.StringArrayVar(&from.Volatile, "volatile", nil, "`PATH` of a field, such as .progress, whose change makes no new snapshot (repeatable)")
	return cmd
}

// declare registers what a command says and prints what changed.
func (a *app) declare(ctx context.Context, s *store.Store, declared store.Declaration) error {
	author, err := a.author(ctx, s)
	if err != nil {
		return err
	}
	if err := a.warnOfSameTargets(ctx, s, declared); err != nil {
		return err
	}
	changes, err := s.Apply(ctx, author, declared)
	if err != nil {
		return err
	}
	kept, err := tracking.PresetsKeptOut(ctx, s, declared.Providers)
	if err != nil {
		return err
	}
	for _, warning := range kept {
		fmt.Fprintln(a.stderr, "warning:", warning)
	}
	return a.printChanges(changes, false)
}

// addSource registers a source, whose provider may be defined in the database alone.
func (a *app) addSource(ctx context.Context, s *store.Store, from config.Source) error {
	known, err := tracking.Definitions(ctx, s)
	if err != nil {
		return err
	}
	from = from.WithDefaults(known...)
	if err := from.Validate(known...); err != nil {
		return usageError{err}
	}
	for _, warning := range from.Warnings() {
		fmt.Fprintln(a.stderr, "warning:", warning)
	}
	if err := a.scope.Check(from.Credential); err != nil {
		fmt.Fprintf(a.stderr, "warning: %v (here; the daemon may run elsewhere)\n", err)
	}
	declared, err := tracking.Declared(store.Declaration{Sources: []store.SourceSpec{tracking.SourceSpec(from)}}, config.File{})
	if err != nil {
		return err
	}
	return a.declare(ctx, s, declared)
}

// warnOfSameTargets prints a warning for each declared job whose target
// another job has.
func (a *app) warnOfSameTargets(ctx context.Context, s *store.Store, declared store.Declaration) error {
	same, err := tracking.SameTargets(ctx, s, declared)
	for _, twice := range same {
		fmt.Fprintln(a.stderr, "warning:", twice)
	}
	return err
}

func (a *app) sourceListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the sources",
		Long: `Lists the sources, how often each may be asked, and its STANDING: ok, held (the
service asked to be left alone for a while), paused, unserved (no tracker runs)
or tight (more polls are planned than its rate allows), and why. Of a tight one
it tells how often its jobs can be polled: three of four polls go to imports
that run, as far as they want them, the others to who has waited longest.`,
		Example: "  tracker source list\n  tracker source list --format json | jq '.[] | select(.paused_at)'",
		Args:    exactly(0, "no arguments"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			rows, err := s.SourceRows(cmd.Context())
			if err != nil {
				return err
			}
			now, served, err := s.Served(cmd.Context())
			if err != nil {
				return err
			}
			c := words.Clock{ReadAt: now}
			return writeRows(a, *format, sourceListing(rows, c, c.Unserved(now, served)))
		})
	}
	return cmd
}

// sourceListing shows sources; unserved is why nobody polls any of them, empty
// where somebody does.
func sourceListing(rows []store.SourceRow, c words.Clock, unserved string) terminal.Table[store.SourceRow] {
	return terminal.Table[store.SourceRow]{
		Rows: rows, Empty: "no sources yet; see  tracker source add --help",
		Columns: []terminal.Column[store.SourceRow]{
			{Title: "SOURCE", Cell: func(r store.SourceRow) terminal.Span { return terminal.Plain(r.Source) }},
			{Title: "PROVIDER", Spare: 1, Cell: func(r store.SourceRow) terminal.Span { return terminal.Plain(r.Provider) }},
			{Title: "JOBS", Right: true, Cell: func(r store.SourceRow) terminal.Span { return terminal.Plain(humanize.Comma(r.Jobs)) }},
			{Title: "SCHEDULE", Spare: 2, Cell: func(r store.SourceRow) terminal.Span { return terminal.Plain(r.Schedule) }},
			{Title: "RATE", Spare: 3, Cell: func(r store.SourceRow) terminal.Span { return terminal.Plain(words.Rate(r)) }},
			{Title: "STANDING", Cell: func(r store.SourceRow) terminal.Span { return c.Availability(r, unserved) }},
			{Title: "WHY", Prose: true, Cell: func(r store.SourceRow) terminal.Span { return terminal.Plain(c.AvailabilityWhy(r, unserved)) }},
		},
	}
}

func (a *app) sourcePauseCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "pause NAME", Short: "Stop polling the jobs of a source", Args: exactly(1, "one NAME"),
		Long: `Stops polling the jobs of a source, all of them. Their history stays, and has a
gap until  tracker source resume.`,
		Example: "  tracker source pause woosmap-prod --reason 'the key is being changed'",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alter(cmd.Context(), "source "+args[0], "paused", func(ctx context.Context, s *store.Store, by store.Author) (bool, error) {
				return s.PauseSource(ctx, by, args[0], reason)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", store.ByHand, "`TEXT` that says why, for those who look later")
	return cmd
}

func (a *app) sourceResumeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resume NAME", Short: "Poll the jobs of a paused or held source again", Args: exactly(1, "one NAME"),
		Long: `Polls the jobs of a paused source again. The daemon pauses a source by itself
when its key is refused or cannot be read: mend that first, or it is paused
again. One whose base_url came to name another host is paused until its key may
be sent there: this says so.

A source that is held, since its service asked to be left alone or answered 429,
is asked again at once, and so are jobs that wait longer after failed polls.`,
		Example: "  tracker source resume woosmap-prod",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.alter(cmd.Context(), "source "+args[0], "resumed", func(ctx context.Context, s *store.Store, by store.Author) (bool, error) {
				return s.ResumeSource(ctx, by, args[0])
			})
		},
	}
}

// alter changes one source or job and says whether that changed anything.
func (a *app) alter(ctx context.Context, subject, done string, change func(context.Context, *store.Store, store.Author) (bool, error)) error {
	return a.withStore(ctx, func(s *store.Store) error {
		author, err := a.author(ctx, s)
		if err != nil {
			return err
		}
		changed, err := change(ctx, s, author)
		if errors.Is(err, store.ErrNotFound) {
			kind, name, _ := strings.Cut(subject, " ")
			if kind == "job" {
				return tracking.UnknownJob(ctx, s, name)
			}
			return tracking.UnknownSource(ctx, s, name)
		}
		if err != nil {
			return err
		}
		if !changed {
			_, err = fmt.Fprintf(a.stdout, "%s was %s already\n", subject, done)
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "%s %s\n", done, subject)
		return err
	})
}
