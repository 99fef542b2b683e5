package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// trial is one poll that is tried.
type trial struct {
	provider   source.Provider
	credential string
	baseURL    string
	target     map[string]string
}

func (a *app) providerTryCommand() *cobra.Command {
	var t trial
	cmd := &cobra.Command{
		Use:   "try FILE|NAME --credential REF FIELD=VALUE...",
		Short: "Poll once and show what would be recorded",
		Long: `Polls once, as a job with that target would be, and shows the request, the
answer and what would be recorded of it. Nothing is stored: not the answer, and
not the definition. The secret is hidden. Whatever rate limit the service has is
yours to keep. A NAME is what the database has under it, else the preset.`,
		Example: `  tracker provider try providers/acme.yaml --credential env:ACME_KEY \
      project=shops import_id=77
  tracker provider try dbt-cloud --credential file:/run/secrets/dbt \
      --base-url https://emea.dbt.com account_id=1 run_id=2`,
		Args:              between(1, -1, "a FILE or NAME, and the target's FIELD=VALUE"),
		ValidArgsFunction: a.completeDefinitions(cobra.ShellCompDirectiveDefault),
	}
	cmd.Flags().StringVar(&t.credential, "credential", "", "`REF` of the secret: env:NAME or file:PATH")
	cmd.Flags().StringVar(&t.baseURL, "base-url", "", "`URL` of the API (default: the provider's)")
	a.credentialScopeFlags(cmd)
	cmd.PreRunE = a.readTwins(credentialDirName, credentialEnvName)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if t.target, err = tracking.Pairs(args[1:], "target", "FIELD=VALUE"); err != nil {
			return usageError{err}
		}
		if t.provider, err = a.providerTried(cmd.Context(), args[0]); err != nil {
			return err
		}
		return a.try(cmd.Context(), t)
	}
	return cmd
}

// providerTried is what a FILE or a NAME means, which may be code.
func (a *app) providerTried(ctx context.Context, named string) (source.Provider, error) {
	if provider, err := source.Lookup(named); err == nil {
		return provider, nil
	}
	d, err := a.openDefinition(ctx, named)
	if err != nil {
		return source.Provider{}, err
	}
	return d.Provider(1), nil
}

// try polls once and prints all that came of it.
func (a *app) try(ctx context.Context, t trial) error {
	if t.baseURL == "" {
		t.baseURL = t.provider.BaseURL
	}
	if t.baseURL == "" {
		return usageError{fmt.Errorf("--base-url is missing: %s has none of its own", t.provider.Name)}
	}
	if err := source.CheckBaseURL(t.baseURL); err != nil {
		return usageError{fmt.Errorf("--base-url: %w", err)}
	}
	if t.credential == "" {
		return usageError{errors.New("--credential is missing: env:NAME or file:PATH")}
	}
	if err := errors.Join(t.provider.CheckTarget(t.target), source.CheckCredentialRef(t.credential)); err != nil {
		return usageError{err}
	}
	credential, err := source.NewCredentials(a.getenv, a.scope).Read(ctx, t.credential)
	if err != nil {
		return err
	}
	client := source.NewClient(a.version)
	defer client.Close()
	account := source.NewAccount(t.provider, t.baseURL, credential.Secret)
	response, err := client.Fetch(ctx, account, t.provider.Endpoint(t.baseURL, t.target), source.Pace{Now: time.Now, Sent: a.printSent})
	if err != nil {
		return err
	}
	if response.Outcome != "" {
		a.say("answer: %s, %s\n%s", response.Outcome, response.Error, response.ErrorBody)
		if response.RetryAfter > 0 {
			a.say("the service asks to be left alone for %s", response.RetryAfter)
		}
		return fmt.Errorf("no status: the poll would be recorded as %s", response.Outcome)
	}
	a.say("answer: %d in %s, %d bytes, as it would be stored:", response.HTTPStatus, response.Latency.Round(time.Millisecond), len(response.Body))
	body, _, err := t.provider.Redact(response.Body, account.Secret)
	if err != nil {
		failure := account.Malformed(response.Body, err)
		a.say("%s", failure.Body)
		return fmt.Errorf("no status: the poll would be recorded as malformed: %s", failure.Text)
	}
	var indented bytes.Buffer
	if json.Indent(&indented, body, "", "  ") != nil {
		indented.Write(body)
	}
	a.say("%s\n", indented.String())
	reading := definition.ReadBody(t.provider, t.target, body, account.Secret)
	if err := a.printReading(reading); err != nil {
		return err
	}
	if reading.Malformed+reading.Rejected != "" {
		return errors.New("no status: see above")
	}
	return nil
}

func (a *app) say(format string, args ...any) {
	fmt.Fprintln(a.stdout, terminal.Printable(fmt.Sprintf(format, args...)))
}

// printSent shows a request.
func (a *app) printSent(sent source.Sent) {
	a.say("request: %s %s", sent.Method, sent.Address)
	for _, name := range slices.Sorted(maps.Keys(sent.Header)) {
		a.say("  %s: %s", name, strings.Join(sent.Header[name], ", "))
	}
	if sent.Body != nil {
		a.say("  %s", sent.Body)
	}
}
