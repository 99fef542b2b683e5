package cli

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"tracker/internal/audit"
	"tracker/internal/ledger"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// keyFile begins a --key that names a file.
const keyFile = "file:"

func (a *app) verifyCommand() *cobra.Command {
	var key, against, ref string
	cmd := &cobra.Command{
		Use:   "verify [JOB...|FILE.zip]",
		Short: "Check that nothing was altered",
		Long: `Recomputes everything from the stored rows: the hashes of bodies, the leaves and
the tree of the log, its checkpoints and their signatures, the days of polls,
that runs, steps, log entries, results, transitions and anomalies are what the
snapshots give, and that jobs and sources are what they were registered as. With
JOB it checks the rows of these jobs, and the whole tree all the same.

Who owns the database can write all of it anew. What such an owner cannot do is
sign with your key, and take back checkpoints that have left the machine: give
the verifier key with --key, from where you keep it, and what
--publish-checkpoints has published with --against. Without --key it takes the
public half of the ledger key (TRACKER_LEDGER_KEY); without that, the keys that
the database itself names, and says so.

With FILE.zip, a pack as  tracker export  makes it, it checks that alone, by
--key, and needs no database; with --against, that its checkpoint is one of
those that were published.

It ends with 1 where something is wrong, and names the first things: job,
number, time.`,
		Example: "  tracker verify\n  tracker verify --key file:verifier --against /mnt/audit/checkpoints\n  tracker verify stores-eu-run-12.zip --key file:verifier",
		PreRunE: func(*cobra.Command, []string) error {
			ref = a.getenv("TRACKER_LEDGER_KEY")
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "check signatures by the verifier key `VKEY`, or by the one in file:PATH")
	cmd.Flags().StringVar(&against, "against", "", "check that the log extends each checkpoint in `FILE`")
	format := a.formatFlag(cmd, formatTable, formatJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		verifier, err := a.verifierKey(key, ref)
		if err != nil {
			return usageError{err}
		}
		published, err := readPublished(against)
		if err != nil {
			return usageError{err}
		}
		if isPack(args) {
			return a.verifyPack(cmd.Context(), args[0], verifier, published, *format)
		}
		return a.withStore(cmd.Context(), func(s *store.Store) error {
			return a.verify(cmd.Context(), audit.Verification{Store: s, Jobs: args, Key: verifier, Against: published}, *format)
		})
	}
	return cmd
}

// verifierKey is the key by which signatures are to be checked; nil: none is given.
func (a *app) verifierKey(given, ledgerKey string) (*ledger.Verifier, error) {
	if given == "" {
		key, err := a.ledgerKey(ledgerKey)
		if err != nil || key == nil {
			return nil, err
		}
		return &key.Verifier, nil
	}
	if path, isFile := strings.CutPrefix(given, keyFile); isFile {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("--key: %w", err)
		}
		given = string(text)
	}
	key, err := ledger.ReadVerifier(given)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return &key, nil
}

func readPublished(path string) ([]ledger.Checkpoint, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--against: %w", err)
	}
	published, err := ledger.ReadCheckpoints(string(text))
	if err != nil {
		return nil, fmt.Errorf("--against %s: %w", path, err)
	}
	if len(published) == 0 {
		return nil, fmt.Errorf("--against %s: it has no checkpoint", path)
	}
	return published, nil
}

func (a *app) verify(ctx context.Context, v audit.Verification, format string) error {
	for _, name := range v.Jobs {
		if _, err := tracking.FindJob(ctx, v.Store, name); err != nil {
			return err
		}
	}
	a.collectSeldom()
	bar := a.newVerifyProgress()
	v.Tell = bar.tell
	verified, err := audit.Verify(ctx, v)
	bar.end()
	if err != nil {
		return err
	}
	if format == formatJSON {
		err = a.writeJSON(verified)
	} else {
		err = a.printVerified(verified)
	}
	if err == nil && verified.Count > 0 {
		err = errReported
	}
	return err
}

// shownWrong is how many of the things that are wrong are printed.
const shownWrong = 10

func (a *app) printVerified(v audit.Verified) error {
	p := terminal.NewPage(a.screen())
	for _, w := range v.Wrong[:min(len(v.Wrong), shownWrong)] {
		where := "the log"
		if w.Job != "" {
			where = "job " + w.Job
		}
		text := w.What
		var place []string
		if w.EntryNo > 0 {
			place = append(place, fmt.Sprintf("entry %d", w.EntryNo))
		}
		if !w.At.IsZero() {
			place = append(place, words.Time(&w.At))
		}
		if len(place) > 0 {
			text += " (" + strings.Join(place, ", ") + ")"
		}
		p.Entry([]terminal.Span{terminal.Styled(terminal.StyleRed, "✗ "+where+": ")}, terminal.Plain(text))
	}
	if more := v.Count - shownWrong; more > 0 {
		p.Line(terminal.Faint(fmt.Sprintf("… and %s more", humanize.Comma(int64(more)))))
	}
	for _, job := range v.Stale {
		p.Entry([]terminal.Span{terminal.Styled(terminal.StyleYellow, "! job "+job+": ")},
			terminal.Plain("an earlier interpretation has recorded it, and reads it in another way: run  tracker rebuild "+job))
	}
	for _, again := range v.Again[:min(len(v.Again), shownWrong)] {
		p.Entry([]terminal.Span{terminal.Styled(terminal.StyleYellow, "! the polls of "+again.Day+": ")}, terminal.Plain(closedAgain(again, v.Entries)))
	}
	if more := len(v.Again) - shownWrong; more > 0 {
		p.Line(terminal.Faint(fmt.Sprintf("… and %s more days that were closed again", humanize.Comma(int64(more)))))
	}
	p.Line(terminal.Plain(fmt.Sprintf("checked %s: %s and their bodies, %s of polls, %s (%s signed)",
		count(v.Entries, "entry", "entries"), count(v.Snapshots, "snapshot", "snapshots"), count(v.Days, "day", "days"),
		count(v.Checkpoints, "checkpoint", "checkpoints"), humanize.Comma(v.Signed))))
	p.Line(terminal.Plain(fmt.Sprintf("derived %s again from the snapshots", count(int64(v.Jobs), "job", "jobs"))))
	if v.Taken > 0 {
		p.Line(terminal.Plain(fmt.Sprintf("the polls of %s were taken by retention: their hashes stand", count(v.Taken, "day", "days"))))
	}
	if v.Gone > 0 {
		p.Line(terminal.Plain(fmt.Sprintf("%s taken by retention: their hashes stand", count(v.Gone, "body was", "bodies were"))))
	}
	if v.Erased > 0 {
		p.Line(terminal.Plain(fmt.Sprintf("%s erased by %s: their hashes stand", count(v.Erased, "body was", "bodies were"), actsNamed(v.Acts))))
	}
	if v.Unsealed > 0 {
		p.Line(terminal.Plain(count(v.Unsealed, "entry is", "entries are") + " not sealed yet"))
	}
	if v.Published > 0 {
		p.Line(terminal.Plain(fmt.Sprintf("held against %s", count(int64(v.Published), "published checkpoint", "published checkpoints"))))
	}
	if v.OwnKeys && v.Signed > 0 {
		p.Line(terminal.Styled(terminal.StyleYellow, "signatures were checked only against keys that the database itself names: give yours with --key"))
	}
	if v.Signed == 0 {
		p.Line(terminal.Styled(terminal.StyleYellow, "no checkpoint is signed: who owns the database can write all of it anew"))
	}
	if v.Count == 0 {
		p.Line(terminal.Styled(terminal.StyleGreen, "✓ all of it holds"))
	} else {
		p.Line(terminal.Styled(terminal.StyleRed, fmt.Sprintf("✗ %s wrong", count(int64(v.Count), "thing is", "things are"))))
	}
	_, err := fmt.Fprint(a.stdout, p.String())
	return err
}

// closedAgain tells what of a day that was closed twice was checked in a log of so many entries.
func closedAgain(again audit.Again, entries int64) string {
	checked := ", which alone was checked"
	switch {
	case again.Taken:
		checked = "; retention has taken them since: nobody can check them"
	case again.Last > entries:
		checked = ", which is not sealed yet: nobody has checked them"
	}
	return fmt.Sprintf("entry %d has sealed them, and they were closed again by entry %d%s", again.EntryNo, again.Last, checked)
}

// actsNamed names acts by their numbers.
func actsNamed(nos []int64) string {
	named := make([]string, len(nos))
	for i, no := range nos {
		named[i] = strconv.FormatInt(no, 10)
	}
	return map[bool]string{true: "act ", false: "acts "}[len(nos) == 1] + strings.Join(named, ", ")
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(n) + " " + many
}
