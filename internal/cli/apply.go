package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

// applyRequest is what somebody asked of the command.
type applyRequest struct {
	path   string
	prune  bool
	dryRun bool
	export bool
	format string
}

func (a *app) applyCommand() *cobra.Command {
	var request applyRequest
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Register the sources and jobs that a file declares",
		Long: `Registers the sources and jobs that a file declares, all or nothing, and prints
what changed. Applying the same file again changes nothing. A job's target never
changes: another target is another job. As FILE - stands for the standard input.

A job that is new is polled first within a minute, where a daemon serves. A file
that cannot be right is refused with the line and column, and exit code 2.

--format json writes the changes as rows of report.changes without their number,
time and actor. --export writes what is registered as such a file: applied
again, it changes nothing. Removed jobs are not in it, and pauses are comments.`,
		Example: `  tracker apply -f tracker.yaml --dry-run
  tracker apply -f tracker.yaml --prune
  tracker apply -f tracker.yaml --format json | jq -r '.[].subject'
  tracker apply --export > tracker.yaml
  sed 's/@every 5m/@every 1m/' tracker.yaml | tracker apply -f -`,
		Args: exactly(0, "no arguments but -f FILE"),
	}
	a.credentialScopeFlags(cmd)
	cmd.PreRunE = a.readTwins(credentialDirName, credentialEnvName)
	format := a.formatFlag(cmd, formatTable, formatJSON)
	cmd.Flags().StringVarP(&request.path, "file", "f", "", "the `FILE`, such as tracker.yaml, or - for the standard input")
	cmd.Flags().BoolVar(&request.prune, "prune", false, "remove jobs and notification rules that the file does not declare, and such sources as have no job left; history stays")
	cmd.Flags().BoolVar(&request.dryRun, "dry-run", false, "print what would change and change nothing")
	cmd.Flags().BoolVar(&request.export, "export", false, "write what is registered as a file instead")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		request.format = *format
		for _, flag := range []string{"file", "prune", "dry-run", "format"} {
			if request.export && cmd.Flags().Changed(flag) {
				return usageError{fmt.Errorf("--export writes a file and takes no --%s; see  tracker apply --help", flag)}
			}
		}
		if request.export {
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.export(cmd.Context(), s) })
		}
		declared, err := a.openDeclared(request.path)
		if err != nil {
			return usageError{err}
		}
		if _, err := declared.read(); err != nil && !errors.Is(err, source.ErrUnknownProvider) {
			return usageError{err}
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error { return a.applyDeclared(cmd.Context(), s, declared, request) })
	}
	_ = cmd.MarkFlagFilename("file", "yaml", "yml")
	return cmd
}

// declaredFile is the text of a file that declares what is to be tracked.
type declaredFile struct {
	name string
	text []byte
}

// openDeclared reads the text of a file, or what comes from the standard input.
func (a *app) openDeclared(path string) (declaredFile, error) {
	if path == "" {
		return declaredFile{}, errors.New("-f FILE is missing; see  tracker apply --help")
	}
	f := declaredFile{name: path}
	var err error
	if path == "-" {
		f.name = "stdin"
		f.text, err = io.ReadAll(a.stdin)
	} else {
		f.text, err = os.ReadFile(path)
	}
	if err != nil {
		return declaredFile{}, fmt.Errorf("read what to track from %s: %w", f.name, err)
	}
	return f, nil
}

// read reads what the file declares; its sources may have one of the known providers.
func (f declaredFile) read(known ...*definition.Definition) (config.File, error) {
	return config.Parse(f.name, f.text, known...)
}

// applyDeclared registers what a file declares, whose sources may have providers that
// are defined in the database alone.
func (a *app) applyDeclared(ctx context.Context, s *store.Store, declared declaredFile, request applyRequest) error {
	known, err := tracking.Definitions(ctx, s)
	if err != nil {
		return err
	}
	file, err := declared.read(known...)
	if err != nil {
		return usageError{err}
	}
	return a.apply(ctx, s, file, request)
}

// apply registers what the file declares and prints what changed.
func (a *app) apply(ctx context.Context, s *store.Store, file config.File, request applyRequest) error {
	author, err := a.author(ctx, s)
	if err != nil {
		return err
	}
	applied, err := tracking.Apply(ctx, s, author, file, store.Declaration{Prune: request.prune, DryRun: request.dryRun, Progress: a.applyProgress(len(file.Jobs))})
	if err != nil {
		return err
	}
	a.warn(ctx, file)
	for _, warning := range slices.Concat(applied.Idle, applied.KeptOut) {
		fmt.Fprintln(a.stderr, "warning:", warning)
	}
	for _, twice := range applied.SameTargets {
		fmt.Fprintln(a.stderr, "warning:", file.AtJob(twice.Index, "target", twice))
	}
	if request.format == formatJSON {
		return a.writeChanges(applied.Changes)
	}
	return a.printChanges(applied.Changes, request.dryRun)
}

// progressEvery is how long somebody who waits for many jobs waits for a word.
const progressEvery = 5 * time.Second

// applyProgress says now and then how many of so many jobs are through.
func (a *app) applyProgress(jobs int) func(done int) {
	told := time.Now()
	return func(done int) {
		if time.Since(told) < progressEvery {
			return
		}
		told = time.Now()
		fmt.Fprintf(a.stderr, "%s of %s jobs looked through\n", humanize.Comma(int64(done)), humanize.Comma(int64(jobs)))
	}
}

// warn prints what is allowed and probably not meant, such as a credential
// that this process cannot read: the daemon may run elsewhere.
func (a *app) warn(ctx context.Context, file config.File) {
	for _, warning := range file.Warnings {
		fmt.Fprintln(a.stderr, "warning:", warning)
	}
	credentials := source.NewCredentials(a.getenv, a.scope)
	for _, from := range file.Sources {
		credentials.Begin(from.Credential)
	}
	for _, rule := range file.Rules {
		credentials.Begin(rule.To)
	}
	look := func(ref string, at func(error) error) {
		credential, err := credentials.Read(ctx, ref)
		if err != nil {
			fmt.Fprintln(a.stderr, "warning:", at(fmt.Errorf("%w (here; the daemon may run elsewhere)", err)))
		}
		if credential.Warning != "" {
			fmt.Fprintln(a.stderr, "warning:", at(errors.New(credential.Warning)))
		}
	}
	for i, from := range file.Sources {
		look(from.Credential, func(err error) error { return file.AtSource(i, "credential", err) })
	}
	for i, rule := range file.Rules {
		look(rule.To, func(err error) error { return file.AtRule(i, "to", err) })
		if rule.Secret != "" {
			look(rule.Secret, func(err error) error { return file.AtRule(i, "secret", err) })
		}
	}
}
