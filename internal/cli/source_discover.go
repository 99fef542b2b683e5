package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) sourceDiscoverCommand() *cobra.Command {
	var register bool
	var labels []string
	cmd := &cobra.Command{
		Use:   "discover NAME",
		Short: "List what the account of a source has that jobs could track",
		Long: `Lists the datasets of an account and which of them jobs track, where the API
has such a list: that of ` + providerNames(func(p source.Provider) bool { return p.Discover != nil }) + ` has. With --register it registers a job for
each of the others, named after the dataset. A dataset whose job was removed is
left alone.

It asks the service with the credential that the source refers to, which this
process must be able to read, and within the source's rate limit: each page of
the list is one request, for which polls wait.`,
		Example: `  tracker source discover woosmap-prod
  tracker source discover woosmap-prod --register --label team=geo`,
		Args: exactly(1, "one NAME"),
	}
	a.credentialScopeFlags(cmd)
	cmd.PreRunE = a.readTwins(credentialDirName, credentialEnvName)
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.Flags().BoolVar(&register, "register", false, "register a job for each dataset that has none")
	cmd.Flags().StringArrayVar(&labels, "label", nil, "label `KEY=VALUE` for the jobs that are registered; may be repeated")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		values, err := tracking.Pairs(labels, "--label", "KEY=VALUE")
		if err != nil {
			return err
		}
		if len(labels) > 0 && !register {
			return usageError{errors.New("--label is for the jobs that --register registers")}
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			return a.discover(cmd.Context(), s, discoverRequest{source: args[0], register: register, labels: values, format: *format})
		})
	}
	return cmd
}

// discoverRequest is what somebody asked of the command.
type discoverRequest struct {
	source   string
	register bool
	labels   map[string]string
	format   string
}

func (a *app) discover(ctx context.Context, s *store.Store, request discoverRequest) error {
	from, err := tracking.FindSource(ctx, s, request.source)
	if err != nil {
		return err
	}
	client := source.NewClient(a.version)
	defer client.Close()
	d := tracking.Discovery{Store: s, Client: client, Credentials: source.NewCredentials(a.getenv, a.scope), Waits: func(page int, wait time.Duration) {
		if terminal.IsTerminal(a.stderr) && wait > time.Second {
			fmt.Fprintf(a.stderr, "page %d in %s: the source takes one request per %s\n", page, words.Duration(wait.Round(time.Second)), from.RateEvery)
		}
	}}
	found, err := d.List(ctx, from)
	if err != nil {
		return fmt.Errorf("discover what source %s has: %w", from.Name, err)
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return err
	}
	rows, err := tracking.Candidates(found, from, jobs)
	if err != nil {
		return err
	}
	registered := 0
	if request.register {
		author, err := a.author(ctx, s)
		if err != nil {
			return err
		}
		var same []tracking.SameTargetError
		registered, same, err = d.Register(ctx, author, from, found, rows, request.labels)
		for _, twice := range same {
			fmt.Fprintln(a.stderr, "warning:", twice)
		}
		if err != nil {
			return err
		}
	}
	return a.printFound(found, rows, from, registered, request)
}
