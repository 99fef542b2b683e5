package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/access"
	"tracker/internal/config"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

func (a *app) tokenCommand() *cobra.Command {
	return groupCommand("token", "Manage tokens: who may look and change by the web",
		`Manages tokens, by which  tracker serve  knows who asks where it can be reached
from other machines: programs send one as  Authorization: Bearer TOKEN, people
log in with one. It is shown once, when it is made, and kept as its hash alone.
What is changed with it has "token NAME" as its actor in report.changes.`,
		a.tokenAddCommand(), a.tokenListCommand(), a.tokenRevokeCommand())
}

// tokenRequest is a token that somebody wants.
type tokenRequest struct {
	store.TokenSpec

	expires string // an age from now
	ref     string // to one that somebody has made; empty: we make it
}

func (a *app) tokenAddCommand() *cobra.Command {
	var request tokenRequest
	cmd := &cobra.Command{
		Use:   "add NAME --scope read|operate",
		Short: "Make a token and print it, once",
		Long: `Makes a token and prints it, once. Who has one of the scope read may see all
pages and all of the API; with operate, also register, pause, resume, remove and
poll jobs.

One that you have made yourself is taken with --token, and not printed: where it
is there already, under the same name and scope, nothing changes.`,
		Example: `  tracker token add dashboard --scope read --expires 90d
  tracker token add deploy --scope operate --token file:/run/secrets/token`,
		Args: exactly(1, "one NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Name = args[0]
			if err := a.readToken(&request); err != nil {
				return usageError{err}
			}
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.addToken(cmd.Context(), s, request) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&request.Scope, "scope", "", "what it is for, `SCOPE`: read, or operate, which is read and change")
	flags.StringVar(&request.expires, "expires", "", "it counts for `DURATION`, such as 90d (default: until it is revoked)")
	flags.StringVar(&request.ref, "token", "", "the token that `REF` (env:NAME or file:PATH) names, instead of a new one")
	_ = cmd.RegisterFlagCompletionFunc("scope", cobra.FixedCompletions([]string{store.ScopeRead, store.ScopeOperate}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// readToken refuses what cannot be right, before a database is asked for.
func (a *app) readToken(request *tokenRequest) error {
	if err := config.CheckName("name", request.Name); err != nil {
		return err
	}
	switch request.Scope {
	case store.ScopeRead, store.ScopeOperate:
	case "":
		return errors.New("--scope is missing: want read, or operate")
	default:
		return fmt.Errorf("--scope %q: want read, or operate", request.Scope)
	}
	if request.ref == "" {
		request.Token = access.NewToken()
		return nil
	}
	if err := source.CheckCredentialRef(request.ref); err != nil {
		return fmt.Errorf("--token: %w", err)
	}
	credential, err := source.ReadCredential(request.ref, a.getenv, source.CredentialScope{})
	if err != nil {
		return fmt.Errorf("--token: %w", err)
	}
	request.Token = credential.Reveal()
	if err := access.CheckToken(request.Token); err != nil {
		return fmt.Errorf("--token: %w", err)
	}
	return nil
}

func (a *app) addToken(ctx context.Context, s *store.Store, request tokenRequest) error {
	by, err := a.author(ctx, s)
	if err != nil {
		return err
	}
	if request.expires != "" {
		lasts, err := config.ParseDuration(request.expires)
		if err != nil {
			return usageError{fmt.Errorf("--expires: %w", err)}
		}
		request.ExpiresAt = by.At.Add(lasts)
	}
	added, err := s.AddToken(ctx, by, request.TokenSpec)
	switch {
	case err != nil:
		return err
	case request.ref == "":
		_, err = fmt.Fprintln(a.stdout, request.Token)
	case added:
		_, err = fmt.Fprintf(a.stdout, "added token %s\n", request.Name)
	default:
		_, err = fmt.Fprintf(a.stdout, "token %s was there already\n", request.Name)
	}
	return err
}

func (a *app) tokenListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List the tokens, revoked ones too", Args: exactly(0, "no arguments"),
		Long: `Lists the tokens, revoked ones too, with their scope and who made them. None of
them can be read again: it is kept as its hash.`,
		Example: "  tracker token list\n  tracker token list --format json | jq '.[] | select(.revoked_at == null)'",
	}
	format := a.formatFlag(cmd, formatTable, formatJSON, formatCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			rows, err := s.Tokens(cmd.Context())
			if err != nil {
				return err
			}
			now, err := s.Now(cmd.Context())
			if err != nil {
				return err
			}
			return writeRows(a, *format, tokenListing(rows, now))
		})
	}
	return cmd
}

func tokenListing(rows []store.TokenRow, now time.Time) terminal.Table[store.TokenRow] {
	return terminal.Table[store.TokenRow]{
		Rows: rows, Empty: "no tokens yet; see  tracker token add --help",
		Columns: []terminal.Column[store.TokenRow]{
			{Title: "TOKEN", Cell: func(r store.TokenRow) terminal.Span { return terminal.Plain(r.Name) }},
			{Title: "SCOPE", Cell: func(r store.TokenRow) terminal.Span { return terminal.Plain(r.Scope) }},
			{Title: "STANDING", Cell: func(r store.TokenRow) terminal.Span { return words.Token(r, now) }},
			{Title: "MADE", Spare: 1, Cell: func(r store.TokenRow) terminal.Span { return terminal.Plain(words.Ago(&r.CreatedAt, now)) }},
			{Title: "BY", Spare: 2, Cell: func(r store.TokenRow) terminal.Span { return terminal.Plain(r.CreatedBy) }},
		},
	}
}

func (a *app) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME", Short: "Revoke a token", Args: exactly(1, "one NAME"),
		Long: `Revokes a token at once, and ends the sessions of whoever logged in with it. Its
name may be given to another one.`,
		Example: "  tracker token revoke dashboard",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withStore(cmd.Context(), func(s *store.Store) error {
				by, err := a.author(cmd.Context(), s)
				if err != nil {
					return err
				}
				err = s.RevokeToken(cmd.Context(), by, args[0])
				if errors.Is(err, store.ErrNotFound) {
					return usageError{fmt.Errorf("no token that counts is named %q; see  tracker token list", args[0])}
				}
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.stdout, "revoked token %s\n", args[0])
				return err
			})
		},
	}
}
