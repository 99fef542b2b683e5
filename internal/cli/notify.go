package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"tracker/internal/notify"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// deliveriesShown is how many deliveries a table has.
const deliveriesShown = 1000

func (a *app) notifyCommand() *cobra.Command {
	return groupCommand("notify", "See who is told of what, and what came of it",
		`The rules of tracker.yaml, under notify, say who is told of what; the daemon
tells it. Addresses are secrets: the rules name where the daemon finds them.`,
		a.notifyListCommand(), a.notifyTestCommand(), a.notifyLogCommand(), a.notifyRetryCommand())
}

func (a *app) notifyListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List the rules and what came of each", Args: exactly(0, "no arguments"),
		Long: `Lists the rules: what each has matched in the last 24 hours, when something was
last delivered, how much waits, and how much has failed after a day.`,
		Example: "  tracker notify list\n  tracker notify list --format json",
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			now, err := s.Now(cmd.Context())
			if err != nil {
				return err
			}
			rows, err := s.RuleRows(cmd.Context())
			if err != nil {
				return err
			}
			return writeRows(a, *format, ruleListing(rows, now))
		})
	}
	return cmd
}

func ruleListing(rows []store.RuleRow, now time.Time) terminal.Table[store.RuleRow] {
	number := func(of func(store.RuleRow) int64) func(store.RuleRow) terminal.Span {
		return func(r store.RuleRow) terminal.Span { return terminal.Plain(strconv.FormatInt(of(r), 10)) }
	}
	return terminal.Table[store.RuleRow]{
		Rows: rows, Empty: "no rules; see  notify  in docs/notify.md",
		Columns: []terminal.Column[store.RuleRow]{
			{Title: "RULE", Cell: func(r store.RuleRow) terminal.Span {
				if r.Removed {
					return terminal.Plain(r.Rule + " (removed)")
				}
				return terminal.Plain(r.Rule)
			}},
			{Title: "AS", Spare: 2, Cell: func(r store.RuleRow) terminal.Span { return terminal.Plain(r.As) }},
			{Title: "TO", Spare: 3, Cell: func(r store.RuleRow) terminal.Span { return terminal.Plain(r.To) }},
			{Title: "TELLS", Spare: 4, Cell: func(r store.RuleRow) terminal.Span { return terminal.Plain(strings.Join(r.On, " ")) }},
			{Title: "24 H", Right: true, Cell: number(func(r store.RuleRow) int64 { return r.Matched })},
			{Title: "DELIVERED", Cell: func(r store.RuleRow) terminal.Span { return terminal.Plain(words.Ago(r.DeliveredAt, now)) }},
			{Title: "WAITS", Right: true, Cell: number(func(r store.RuleRow) int64 { return r.Pending })},
			{Title: "FAILED", Right: true, Cell: func(r store.RuleRow) terminal.Span {
				if r.Failed == 0 {
					return terminal.Plain("0")
				}
				return terminal.Styled(terminal.StyleRed, strconv.FormatInt(r.Failed, 10))
			}},
			{Title: "ERROR", Spare: 1, Cell: func(r store.RuleRow) terminal.Span { return terminal.Styled(terminal.StyleYellow, r.Error) }},
		},
	}
}

func (a *app) notifyTestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "test RULE", Short: "Send a test by a rule, and say what came back", Args: exactly(1, "one RULE"),
		Long: `Sends a message that is marked as a test by a rule, at once, and says whether
its receiver took it. This process must be able to read the address, as the
daemon does.`,
		Example: "  tracker notify test geo-failures",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.testRule(cmd.Context(), s, args[0]) })
		},
	}
	a.credentialScopeFlags(cmd)
	cmd.PreRunE = a.readTwins(credentialDirName, credentialEnvName)
	return cmd
}

func (a *app) testRule(ctx context.Context, s *store.Store, name string) error {
	rule, err := currentRule(ctx, s, name)
	if err != nil {
		return err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	took, err := a.notifier(s, "", nil).Test(ctx, rule, now)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "delivered in %s\n", words.Duration(took))
	return nil
}

// notifier tells what happened, as this process may.
func (a *app) notifier(s *store.Store, pages string, counted func(rule, state string, count int)) *notify.Notifier {
	return notify.New(notify.Settings{
		Store: s, Credentials: source.NewCredentials(a.getenv, a.scope), Owner: owner(), Version: a.version, Pages: strings.TrimSuffix(pages, "/"),
		Logger: a.logger, Counted: counted,
	})
}

// currentRule is the version of a rule that holds.
func currentRule(ctx context.Context, s *store.Store, name string) (store.Rule, error) {
	all, err := s.Rules(ctx)
	if err != nil {
		return store.Rule{}, err
	}
	if at := slices.IndexFunc(all, func(r store.Rule) bool { return r.Name == name }); at >= 0 {
		return all[at], nil
	}
	names := make([]string, len(all))
	for i, rule := range all {
		names[i] = rule.Name
	}
	return store.Rule{}, usageError{fmt.Errorf("no rule is named %q%s; see  tracker notify list", name, tracking.Meant(name, names))}
}

func (a *app) notifyLogCommand() *cobra.Command {
	var rule string
	var failed bool
	cmd := &cobra.Command{
		Use: "log", Short: "Show what was told to whom, and what was not", Args: exactly(0, "no arguments"),
		Long: `Shows what was to be told, the newest first: by which rule, whether it was
delivered, and why an attempt failed. What fails is tried again for 24 hours.
A table has the newest 1,000, JSON and CSV have all.`,
		Example: "  tracker notify log\n  tracker notify log --rule geo-failures --failed",
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	a.ruleFlag(cmd, &rule)
	cmd.Flags().BoolVar(&failed, "failed", false, "only what was tried in vain")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			if err := knownRule(cmd.Context(), s, rule); err != nil {
				return err
			}
			most := math.MaxInt32
			if *format == formatTable {
				most = deliveriesShown + 1
			}
			rows, err := s.DeliveryRows(cmd.Context(), rule, failed, most)
			if err != nil {
				return err
			}
			if *format == formatTable && len(rows) == most {
				rows = rows[:deliveriesShown]
				fmt.Fprintf(a.stderr, "these are the newest %s; all:  %s --format csv\n", humanize.Comma(deliveriesShown), notifyLog(rule, failed))
			}
			now, err := s.Now(cmd.Context())
			if err != nil {
				return err
			}
			return writeRows(a, *format, deliveryListing(rows, words.Clock{ReadAt: now}))
		})
	}
	return cmd
}

// notifyLog is the command that shows the same deliveries.
func notifyLog(rule string, failed bool) string {
	command := "tracker notify log"
	if rule != "" {
		command += " --rule " + rule
	}
	if failed {
		command += " --failed"
	}
	return command
}

// knownRule refuses a name that no rule has, or had.
func knownRule(ctx context.Context, s *store.Store, name string) error {
	if name == "" {
		return nil
	}
	names, err := s.RuleNamesEver(ctx)
	if err != nil || slices.Contains(names, name) {
		return err
	}
	return usageError{fmt.Errorf("no rule is or was named %q%s; see  tracker notify list", name, tracking.Meant(name, names))}
}

func (a *app) ruleFlag(cmd *cobra.Command, rule *string) {
	cmd.Flags().StringVar(rule, "rule", "", "only of the rule `NAME`")
	_ = cmd.RegisterFlagCompletionFunc("rule", a.completion((*store.Store).RuleNames, 0))
}

func deliveryListing(rows []store.DeliveryRow, c words.Clock) terminal.Table[store.DeliveryRow] {
	return terminal.Table[store.DeliveryRow]{
		Rows: rows, Empty: "nothing of that kind",
		Columns: []terminal.Column[store.DeliveryRow]{
			{Title: "AT", Cell: func(r store.DeliveryRow) terminal.Span { return terminal.Plain(c.Near(r.At)) }},
			{Title: "RULE", Cell: func(r store.DeliveryRow) terminal.Span { return terminal.Plain(r.Rule) }},
			{Title: "EVENT", Spare: 3, Cell: func(r store.DeliveryRow) terminal.Span { return terminal.Plain(r.Event) }},
			{Title: "JOB", Spare: 2, Cell: func(r store.DeliveryRow) terminal.Span { return terminal.Plain(store.OrZero(r.Job)) }},
			{Title: "DELIVERY", Cell: words.Delivery},
			{Title: "TRIES", Right: true, Spare: 4, Cell: func(r store.DeliveryRow) terminal.Span { return terminal.Plain(strconv.Itoa(int(r.Attempts))) }},
			{Title: "TOLD", Spare: 1, Cell: func(r store.DeliveryRow) terminal.Span {
				if r.Error != nil {
					return terminal.Styled(terminal.StyleYellow, *r.Error)
				}
				return terminal.Plain(r.Line)
			}},
		},
	}
}

func (a *app) notifyRetryCommand() *cobra.Command {
	var rule string
	cmd := &cobra.Command{
		Use: "retry", Short: "Try again what has failed, and what waits after a failure", Args: exactly(0, "no arguments"),
		Long: `Has the daemon try again at once what has failed or waits after a failure, for
another 24 hours.`,
		Example: "  tracker notify retry\n  tracker notify retry --rule geo-failures",
	}
	a.ruleFlag(cmd, &rule)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			if err := knownRule(cmd.Context(), s, rule); err != nil {
				return err
			}
			count, err := s.RetryDeliveries(cmd.Context(), rule)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s will be tried again\n", terminal.Plural(int(count), "delivery", "deliveries"))
			return nil
		})
	}
	return cmd
}
