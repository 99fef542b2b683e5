package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/embeddedpg"
	"tracker/internal/store"
)

// ensureEvery is how often it is seen to that the embedded server runs while
// psql does: the process that started it may end.
const ensureEvery = time.Second

var errBeforeDash = errors.New("what is for psql stands behind --, as in  tracker psql -- -c 'SELECT 1'; see  tracker psql --help")

func (a *app) psqlCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "psql [-- ARGS]",
		Short: "Open psql on the tracker's database, the private one too",
		Long: `Opens PostgreSQL's psql on the database that the tracker uses. The private one
is started for it, unless it runs, and kept up until psql ends. What stands
behind -- is for psql, whose exit code is that of this command.

docs/sql.md tells what there is to ask, in the schema report. psql may do what
the login may: change nothing but by the other commands.

psql is taken from TRACKER_PG_BIN, from PATH, or from beside a server.`,
		Example: `  tracker psql
  tracker psql -- -c 'SELECT job, state FROM report.jobs'
  tracker psql -- --csv -c 'TABLE report.changes' > changes.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); dash > 0 || dash < 0 && len(args) > 0 {
				return usageError{errBeforeDash}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := embeddedpg.FindPsql(cmd.Context(), a.environment.PGBin)
			if err != nil {
				return err
			}
			return a.withDatabase(cmd.Context(), func(url string, options store.Options) error {
				if err := a.fitEmbedded(cmd.Context(), url, options); err != nil {
					return err
				}
				psql, err := a.psql(cmd.Context(), path, args, url)
				if err != nil {
					return err
				}
				return attended(cmd.Context(), psql, options.Ensure)
			})
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{fmt.Errorf("%w; %w", err, errBeforeDash)} })
	return cmd
}

// fitEmbedded brings the embedded database up to date; any other is looked at as it is.
func (a *app) fitEmbedded(ctx context.Context, url string, options store.Options) error {
	if !a.environment.DatabaseURL.IsZero() {
		return nil
	}
	s, err := store.Open(ctx, url, options)
	if err != nil {
		return err
	}
	defer s.Close()
	return a.fit(ctx, s, url, options)
}

// psql prepares psql for the database at url. A password is not in its arguments,
// which everybody on the machine can read.
func (a *app) psql(ctx context.Context, path string, args []string, url string) (*exec.Cmd, error) {
	set, unset, err := store.LibpqEnvironment(url)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, args...) //nolint:gosec // its arguments are what the user asks of it
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if _, replaced := set[name]; !replaced && !slices.Contains(unset, name) {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	for name, value := range set {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.stdin, a.stdout, a.stderr
	return cmd, nil
}

// attended runs psql to its end. Ctrl-C is for psql, which ends a query by it, a
// request to end is passed on. ensure keeps the server up; nil: that is not ours to do.
func attended(ctx context.Context, psql *exec.Cmd, ensure func(context.Context) error) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := psql.Start(); err != nil {
		return fmt.Errorf("run psql: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- psql.Wait() }()
	ticker := time.NewTicker(ensureEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				return exitError{max(exit.ExitCode(), exitFailed)} // -1: a signal ended it
			}
			return err
		case got := <-signals:
			if got == syscall.SIGTERM {
				_ = psql.Process.Signal(got) // it has ended, where that fails
			}
		case <-ticker.C:
			if ensure != nil {
				_ = ensure(context.WithoutCancel(ctx)) // psql says what it finds
			}
		}
	}
}
