package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

func (a *app) sourceDiscoverCommand() *cobra.Command {
	var register bool
	var labels []string
	cmd := &cobra.Command{
		Use:   "discover NAME",
		Short: "List what the account of a source has that jobs could track",
		Long: `Lists the datasets of a Woosmap account and which of them jobs track. With
--register it registers a job for each of the others, named after the dataset.
A dataset whose job was removed is left alone.

It asks the service with the credential that the source refers to, which this
process must be able to read, and within the source's rate limit: a page of 20
datasets is one request, for which polls wait.`,
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
		values, err := pairs(labels, "--label", "KEY=VALUE")
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
	from, err := findSource(ctx, s, request.source)
	if err != nil {
		return err
	}
	found, err := a.list(ctx, s, from)
	if err != nil {
		return fmt.Errorf("discover what source %s has: %w", from.Name, err)
	}
	jobs, err := s.Jobs(ctx)
	if err != nil {
		return err
	}
	rows, err := discoverRows(found, from, jobs)
	if err != nil {
		return err
	}
	registered := 0
	if request.register {
		if registered, err = a.registerFound(ctx, s, from, found, rows, request.labels); err != nil {
			return err
		}
	}
	return a.printFound(found, rows, from, registered, request)
}

// list asks the service for all that the account has.
func (a *app) list(ctx context.Context, s *store.Store, from store.Source) ([]source.Found, error) {
	provider, err := source.Lookup(from.Provider)
	if err != nil {
		return nil, err
	}
	if provider.Discover == nil {
		return nil, fmt.Errorf("%w (%s); register jobs by name:  tracker job add --help", source.ErrNoList, provider.Name)
	}
	if !from.RemovedAt.IsZero() {
		return nil, errors.New("it is removed; register it again to ask it:  tracker source add --help")
	}
	if !from.PausedAt.IsZero() {
		return nil, fmt.Errorf("it is paused: %s; to go on:  tracker source resume %s", terminal.OneLine(from.PausedReason), from.Name)
	}
	credential, err := source.NewCredentials(a.getenv, a.scope).Read(ctx, from.Credential)
	if err != nil {
		return nil, err
	}
	client := source.NewClient(a.version)
	defer client.Close()
	account := source.Account{Provider: provider, BaseURL: from.BaseURL, Secret: credential.Secret}
	read, err := s.Now(ctx)
	if err != nil {
		return nil, err
	}
	since := time.Now()
	now := func() time.Time { return read.Add(time.Since(since)) }
	found, err := client.Discover(ctx, account, now, func(ctx context.Context, page int) error { return a.turn(ctx, s, from, page) })
	refused, ok := errors.AsType[*source.DiscoverError](err)
	if ok && refused.RetryAfter > 0 {
		return nil, errors.Join(err, s.HoldSource(ctx, from.ID, now(), now().Add(refused.RetryAfter)))
	}
	if ok && refused.Outcome == history.OutcomeRateLimited {
		return nil, errors.Join(err, s.LimitSource(ctx, from.ID, now()))
	}
	return found, err
}

// turn waits until the source may be asked for a page. Each page takes a slot
// of the budget that all trackers share, so that polls and pages together keep
// to the rate.
func (a *app) turn(ctx context.Context, s *store.Store, from store.Source, page int) error {
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	availability, err := s.Availability(ctx, []int64{from.ID})
	if err != nil {
		return err
	}
	if held := availability[from.ID].HeldUntil; held.After(now) {
		return fmt.Errorf("the service asked to be left alone until %s", held.Format(time.RFC3339))
	}
	at, err := s.TakeSlot(ctx, from.ID, now)
	if err != nil {
		return err
	}
	if file, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) && at.Sub(now) > time.Second {
		fmt.Fprintf(a.stderr, "page %d in %s: the source takes one request per %s\n", page, durationText(at.Sub(now).Round(time.Second)), from.RateEvery)
	}
	wait := time.NewTimer(at.Sub(now))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return nil
	}
}
