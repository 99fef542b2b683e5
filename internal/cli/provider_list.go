package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// providerRow is a provider as it is listed.
type providerRow struct {
	Name           string   `json:"name"`
	Title          string   `json:"title"`
	Target         []string `json:"target"`
	Jobs           int      `json:"jobs"`
	Origin         string   `json:"origin"`
	Interpretation int      `json:"interpretation"`
	Tracks         string   `json:"tracks"` // one or latest; empty: it cannot be read
}

func (a *app) providerListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the providers that sources may speak",
		Long: `Lists the providers: what a job names there, how many jobs have it, and where
it comes from: built in (it is code), preset (a definition that comes with the
program) or file (one that somebody wrote). INTERPRETATION is the number of
the definition that is used: each change of it is a new one. TRACKS is one (an
import, finished once it has ended) or latest (the newest import, for ever).`,
		Example: "  tracker provider list\n  tracker provider list --format json | jq -r '.[].name'",
		Args:    exactly(0, "no arguments"),
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.listProviders(cmd.Context(), s, *format) })
	}
	return cmd
}

func (a *app) listProviders(ctx context.Context, s *store.Store, format string) error {
	rows, err := providerRows(ctx, s)
	if err != nil {
		return err
	}
	text := func(of func(providerRow) string) func(providerRow) terminal.Span {
		return func(r providerRow) terminal.Span { return terminal.Plain(of(r)) }
	}
	return writeRows(a, format, terminal.Table[providerRow]{
		Rows: rows,
		Columns: []terminal.Column[providerRow]{
			{Title: "NAME", Cell: text(func(r providerRow) string { return r.Name })},
			{Title: "JOBS", Cell: text(func(r providerRow) string { return strconv.Itoa(r.Jobs) })},
			{Title: "ORIGIN", Cell: text(func(r providerRow) string { return r.Origin })},
			{Title: "INTERPRETATION", Cell: text(func(r providerRow) string { return strconv.Itoa(r.Interpretation) })},
			{Title: "TRACKS", Cell: text(func(r providerRow) string { return r.Tracks })},
			{Title: "TARGET", Cell: text(func(r providerRow) string { return strings.Join(r.Target, " ") })},
			{Title: "TITLE", Prose: true, Cell: text(func(r providerRow) string { return r.Title })},
		},
	})
}

// providerRows are all providers, by name: what is stored instead of what comes with
// the program.
func providerRows(ctx context.Context, s *store.Store) ([]providerRow, error) {
	rows := map[string]*providerRow{}
	add := func(p source.Provider, origin string) {
		row := &providerRow{Name: p.Name, Title: cmp.Or(p.Title, p.Name), Target: p.TargetNames(), Origin: origin, Interpretation: p.Interpretation, Tracks: definition.TracksLatest}
		if p.Finishes {
			row.Tracks = definition.TracksOne
		}
		rows[p.Name] = row
	}
	for _, provider := range definition.Providers() {
		origin := store.OriginPreset
		if source.IsCode(provider.Name) {
			origin = "built in"
		}
		add(provider, origin)
	}
	stored, err := s.Providers(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range stored { // the newest of a name comes last
		if d, err := definition.Stored(one.Definition); err == nil {
			add(d.Provider(one.Interpretation), one.Origin)
		} else {
			rows[one.Name] = &providerRow{Name: one.Name, Title: "of a later version", Target: []string{}, Origin: one.Origin, Interpretation: one.Interpretation}
		}
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	for _, job := range jobs {
		if row := rows[job.From.Provider]; row != nil && job.Tracking != store.TrackingRemoved {
			row.Jobs++
		}
	}
	var listed []providerRow
	for _, row := range rows {
		listed = append(listed, *row)
	}
	slices.SortFunc(listed, func(a, b providerRow) int { return cmp.Compare(a.Name, b.Name) })
	return listed, nil
}

func (a *app) providerShowCommand() *cobra.Command {
	var no int
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a provider's definition as YAML",
		Long: `Writes the definition of a provider: the one that is used, or the preset. With
--interpretation N it is the one that was used then; each is kept for ever.`,
		Example:           "  tracker provider show dbt-cloud > mine.yaml\n  tracker provider show acme --interpretation 1",
		Args:              exactly(1, "one NAME"),
		ValidArgsFunction: a.completeDefinitions(cobra.ShellCompDirectiveNoFileComp),
	}
	cmd.Flags().IntVar(&no, "interpretation", 0, "`N`: an earlier one than is used")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		stored, err := a.storedProviders(cmd.Context())
		if err != nil {
			return err
		}
		return a.showProvider(stored, args[0], no)
	}
	return cmd
}

// showProvider writes the newest, or the numbered, of the stored definitions of a name, or
// the preset.
func (a *app) showProvider(stored []store.Provider, name string, no int) error {
	text := ""
	for _, one := range stored {
		if one.Name == name && (no == 0 || no == one.Interpretation) {
			text = one.Definition
		}
	}
	preset, isPreset := definition.PresetText(name)
	switch d, _, err := definition.Preset(name); {
	case err != nil:
		return err
	case isPreset && (text == "" && no == 0 || d != nil && text == d.Text):
		text = preset // with its comments
	case text == "" && source.IsCode(name):
		return usageError{fmt.Errorf("provider %s is code: there is no definition of it", name)}
	case text == "" && no > 0:
		return usageError{fmt.Errorf("provider %s has no definition %d; see  tracker provider list", name, no)}
	case text == "":
		return usageError{fmt.Errorf("%w %q%s; see  tracker provider list", source.ErrUnknownProvider, name, tracking.Meant(name, definition.Names()))}
	}
	if a.onTerminal() {
		text = terminal.Printable(text)
	}
	_, err := fmt.Fprint(a.stdout, text)
	return err
}
