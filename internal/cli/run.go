package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	exitOther  = 3 // wait: the run has ended, but not as was waited for
	exitLate   = 4 // wait: timed out
	exitUnseen = 5 // wait, log --follow: nobody will poll, so that nothing more comes
)

// usageError is a command used the wrong way, such as for a job that there is
// not, or a file that cannot be right.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitError ends the process with a code of its own. All there is to say has
// been printed.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// errReported means that it failed and that this has been told.
var errReported = exitError{exitFailed}

// surroundings are what a command line finds around it: the process's, or a
// test's.
type surroundings struct {
	version string // of the program
	getenv  func(string) string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer

	patience time.Duration // of somebody who pressed Tab
}

// app is what every command shares.
type app struct {
	surroundings
	environment config.Environment
	logLevel    string
	logFormat   string
	logger      *slog.Logger
	scope       source.CredentialScope // what credential references may name on this host
	rawCells    bool                   // --raw
}

// run carries out one command line.
func run(ctx context.Context, args []string, around surroundings) error {
	a := &app{surroundings: around}
	root := a.rootCommand() //nolint:contextcheck // its commands get the context from ExecuteContext
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// report prints what went wrong and returns the exit code.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return exitDone
	}
	if exit, ok := errors.AsType[exitError](err); ok {
		return exit.code
	}
	fmt.Fprintln(stderr, "tracker: "+strings.ReplaceAll(terminal.Printable(err.Error()), "\n", "\n  "))
	if isUsage(err) {
		return exitUsage
	}
	return exitFailed
}

// isUsage reports an error that is for whoever called to mend.
func isUsage(err error) bool {
	_, usage := errors.AsType[usageError](err)
	_, request := errors.AsType[tracking.RequestError](err)
	return usage || request || errors.Is(err, store.ErrDatabaseURL) || errors.Is(err, store.ErrRetentionShort)
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "tracker",
		Short: "Keeps the history of imports that other services run",
		Long: `The tracker polls the status endpoints of services that import your data and
keeps every answer, step and log entry in Postgres: what happened, when, and
what could not be seen.`,
		Example: `  tracker demo                          # the tour, on simulated services
  tracker serve --apply tracker.yaml    # poll on schedule what it declares
  tracker history stores-eu             # what happened to this import?`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.prepare() },
		Args:              noneBut,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&a.logLevel, "log-level", "info", "least `LEVEL` to log: debug, info, warn or error")
	root.PersistentFlags().StringVar(&a.logFormat, "log-format", "text", "`FORMAT` of the log: text or json")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see  %s --help", err, cmd.CommandPath())}
	})
	root.AddCommand(
		a.applyCommand(), a.changesCommand(), a.demoCommand(), a.doctorCommand(), a.eraseCommand(), a.exportCommand(), a.historyCommand(), a.jobCommand(), a.ledgerCommand(), a.logCommand(), a.migrateCommand(), a.notifyCommand(), a.providerCommand(), a.psqlCommand(), a.rebuildCommand(), a.reportCommand(), a.retainCommand(),
		a.serveCommand(), a.snapshotCommand(), a.sourceCommand(), a.syncCommand(), a.tokenCommand(), a.verifyCommand(), a.versionCommand(), a.waitCommand(), a.watchCommand(),
	)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	a.versionFlag(root)
	helps(root) // whose commands keep the output that they find
	a.completeNames(root)
	return root
}

// prepare reads the environment and makes the logger, before any command runs.
func (a *app) prepare() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return usageError{fmt.Errorf("--log-level %q: want debug, info, warn or error", a.logLevel)}
	}
	options := &slog.HandlerOptions{Level: level}
	switch a.logFormat {
	case "text":
		a.logger = slog.New(slog.NewTextHandler(a.stderr, options))
	case "json":
		a.logger = slog.New(slog.NewJSONHandler(terminal.VisibleJSON{Out: a.stderr}, options))
	default:
		return usageError{fmt.Errorf("--log-format %q: want text or json", a.logFormat)}
	}
	environment, err := config.ReadEnvironment(a.getenv)
	if err != nil {
		return usageError{err}
	}
	a.environment = environment
	return nil
}

// exactly makes a wrong number of arguments a wrong use that names them.
func exactly(n int, what string) cobra.PositionalArgs {
	return between(n, n, what)
}

func between(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usageError{fmt.Errorf("want %s; see  %s --help", what, cmd.CommandPath())}
		}
		return nil
	}
}

// groupCommand is a command that only holds others.
func groupCommand(use, short, long string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use: use, Short: short, Long: long,
		Args: noneBut,
		RunE: runNone,
	}
	group.AddCommand(commands...)
	return group
}

// runNone refuses to run a command that only holds others.
func runNone(cmd *cobra.Command, _ []string) error {
	return usageError{fmt.Errorf("a command is missing; see  %s --help", cmd.CommandPath())}
}

// noneBut refuses arguments of a command that only holds others: they were to
// name one of these.
func noneBut(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var meant strings.Builder
	cmd.SuggestionsMinimumDistance = 2 // cobra's own default, which it sets for its own message only
	for _, name := range cmd.SuggestionsFor(args[0]) {
		fmt.Fprintf(&meant, "; did you mean  %s %s", cmd.CommandPath(), name)
	}
	return usageError{fmt.Errorf("unknown command %q%s; see  %s --help", args[0], meant.String(), cmd.CommandPath())}
}
