package cli

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

func (a *app) migrateCommand() *cobra.Command {
	return groupCommand("migrate", "Change the database's schema",
		`Changes the schema of the database. The tracker's own Postgres is migrated by
each command; any other is left to these, and its schema checked.`,
		&cobra.Command{
			Use: "up", Short: "Bring the schema to this program's version", Args: exactly(0, "no arguments"),
			Long: `Brings the schema to this program's version and makes the roles tracker_writer
and tracker_reader where they are absent. Run it as the owner of the database.

Nobody but the owner and these roles gets a right on what it makes, whatever the
server's default privileges say, and not everybody may create in the schema
public afterwards.`,
			Example: "  tracker migrate up",
			RunE:    a.migration(a.migrateUp),
		},
		&cobra.Command{
			Use: "down", Short: "Undo the newest migration", Args: exactly(0, "no arguments"),
			Long:    "Undoes the newest migration. It refuses where that would lose rows.",
			Example: "  tracker migrate down",
			RunE:    a.migration(a.migrateDown),
		},
		a.migrateStatusCommand(),
	)
}

func (a *app) migrateStatusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "List the migrations", Args: exactly(0, "no arguments"),
		Long: `Lists the migrations and when each was applied, and warns of what others than
the owner and the tracker's roles may do to its tables. It changes nothing.`,
		Example: "  tracker migrate status",
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.RunE = a.migration(func(ctx context.Context, url string) error { return a.migrateStatus(ctx, url, *format) })
	return cmd
}

// migration gives work the database's URL, whatever its schema.
func (a *app) migration(work func(ctx context.Context, url string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		return a.withDatabase(cmd.Context(), func(url string, _ store.Options) error { return work(cmd.Context(), url) })
	}
}

func (a *app) migrateUp(ctx context.Context, url string) error {
	applied, err := store.MigrateUp(ctx, url)
	for _, m := range applied {
		fmt.Fprintf(a.stdout, "applied %s\n", m.Name)
	}
	if err == nil && len(applied) == 0 {
		fmt.Fprintln(a.stdout, "the schema is up to date")
	}
	return err
}

func (a *app) migrateDown(ctx context.Context, url string) error {
	undone, err := store.MigrateDown(ctx, url)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "undid %s\n", undone.Name)
	return err
}

func (a *app) migrateStatus(ctx context.Context, url, format string) error {
	all, err := store.MigrateStatus(ctx, url)
	if err != nil {
		return err
	}
	warnings, err := store.ForeignGrants(ctx, url)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		fmt.Fprintln(a.stderr, "warning:", warning)
	}
	return writeRows(a, format, terminal.Table[store.Migration]{
		Rows: all,
		Columns: []terminal.Column[store.Migration]{
			{Title: "VERSION", Right: true, Cell: func(m store.Migration) terminal.Span { return terminal.Plain(strconv.FormatInt(m.Version, 10)) }},
			{Title: "MIGRATION", Cell: func(m store.Migration) terminal.Span { return terminal.Plain(m.Name) }},
			{Title: "APPLIED", Cell: func(m store.Migration) terminal.Span {
				return terminal.Plain(cmp.Or(words.Time(m.AppliedAt), "pending"))
			}},
		},
	})
}
