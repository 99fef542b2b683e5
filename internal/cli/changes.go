package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) changesCommand() *cobra.Command {
	var since string
	cmd := &cobra.Command{
		Use:   "changes [JOB|SOURCE]",
		Short: "Show who registered, changed, paused or removed what",
		Long: `Shows who registered, changed, paused, resumed or removed which source or job,
and when, the newest last: all of it, or what was done to the job or source of
that name. The daemon pauses, finishes and reopens by itself. Times are in UTC.`,
		Example: `  tracker changes
  tracker changes stores-eu
  tracker changes woosmap-prod --since 30d
  tracker changes --since 2026-11-01 --format csv > changes.csv`,
		Args: between(0, 1, "one JOB or SOURCE, or none for all"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.Flags().StringVar(&since, "since", "", "what was done since a `TIME` in the past: "+config.TimeForms)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := checkTime("--since", since); err != nil {
			return err
		}
		name := ""
		if len(args) > 0 {
			name = args[0]
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.changes(cmd.Context(), s, name, since, *format) })
	}
	return cmd
}

// changes prints what was done to the job or source of a name, or to any.
func (a *app) changes(ctx context.Context, s *store.Store, name, since, format string) error {
	if err := knownSubject(ctx, s, name); err != nil {
		return err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	from, err := pastTime("--since", since, now)
	if err != nil {
		return err
	}
	none := "nothing was ever registered; see  tracker apply --help"
	if since != "" {
		none = "nothing was changed since " + words.Time(&from)
	}
	rows, err := s.ChangeRows(ctx, name, from)
	if err != nil {
		return err
	}
	l := changeListing(rows, words.Clock{ReadAt: now}, a.screen().Width > 0)
	l.Empty = none
	return writeRows(a, format, l)
}

// knownSubject refuses a name that neither a job nor a source has.
func knownSubject(ctx context.Context, s *store.Store, name string) error {
	if name == "" {
		return nil
	}
	if _, err := s.Job(ctx, name); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if _, err := s.Source(ctx, name); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	names, err := tracking.JobNames(ctx, s)
	if err != nil {
		return err
	}
	sources, err := s.Sources(ctx) // removed ones too: what was done to them is told
	if err != nil {
		return err
	}
	for _, source := range sources {
		names = append(names, source.Name)
	}
	return usageError{fmt.Errorf("no job or source is named %q%s; see  tracker job list  and  tracker source list", name, tracking.Meant(name, names))}
}

func changeListing(rows []store.ChangeRow, c words.Clock, bounded bool) terminal.Table[store.ChangeRow] {
	at := func(r store.ChangeRow) string { return words.Time(&r.At) }
	if bounded {
		at = func(r store.ChangeRow) string { return c.Near(r.At) }
	}
	return terminal.Table[store.ChangeRow]{
		Rows: rows,
		Columns: []terminal.Column[store.ChangeRow]{
			{Title: "AT", Cell: func(r store.ChangeRow) terminal.Span { return terminal.Plain(at(r)) }},
			{Title: "ACTOR", Cell: func(r store.ChangeRow) terminal.Span { return terminal.Plain(r.Actor) }},
			{Title: "ACTION", Cell: func(r store.ChangeRow) terminal.Span { return terminal.Plain(r.Action) }},
			{Title: "SUBJECT", Cell: func(r store.ChangeRow) terminal.Span { return terminal.Plain(r.Subject) }},
			{Title: "DETAIL", Prose: true, Cell: func(r store.ChangeRow) terminal.Span {
				return terminal.Plain(words.Change(r.Action, r.Before, r.After))
			}},
		},
	}
}
