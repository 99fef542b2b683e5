package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"tracker/internal/evidence"
	"tracker/internal/ledger"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// isPack reports the argument of  tracker verify  that is a pack. A job whose name has
// such an end is checked together with all others.
func isPack(args []string) bool {
	return len(args) == 1 && strings.HasSuffix(strings.ToLower(args[0]), ".zip")
}

// verifyPack checks a pack, by a key (nil: by the one that it names itself), without a
// database, and against what was published.
func (a *app) verifyPack(ctx context.Context, path string, key *ledger.Verifier, published []ledger.Checkpoint, format string) error {
	found, err := evidence.Verify(ctx, path, key, published...)
	if err != nil {
		return err
	}
	if format == formatJSON {
		return a.writeJSON(found)
	}
	p := terminal.NewPage(a.screen())
	of := "all runs"
	if found.RunNo > 0 {
		of = fmt.Sprintf("run %d", found.RunNo)
	}
	line := func(text string) { p.Line(terminal.Plain(text)) }
	line(fmt.Sprintf("%s of job %s, until %s UTC", of, found.Job, words.Time(&found.Until)))
	line(fmt.Sprintf("checked %s, %s and %s against the log %s of %s", terminal.Plural(found.Snapshots, "snapshot", "snapshots"),
		terminal.Plural(found.Bodies, "body", "bodies"), terminal.Plural(found.Gaps, "gap", "gaps"), found.Origin,
		humanize.Comma(found.Entries)+" entries"))
	line(fmt.Sprintf("derived again from the bodies: %s, %s, %s, %s, %s", terminal.Plural(found.Runs, "run", "runs"), terminal.Plural(found.Steps, "step", "steps"),
		terminal.Plural(found.Transitions, "transition", "transitions"), terminal.Plural(found.LogEntries, "log entry", "log entries"),
		terminal.Plural(found.Anomalies, "anomaly", "anomalies")))
	if found.SignedBy != nil {
		line("signed by " + found.SignedBy.String())
	}
	if found.Published > 0 {
		line("its checkpoint is among " + terminal.Plural(found.Published, "published checkpoint", "published checkpoints"))
	}
	for _, note := range found.Notes {
		p.Line(terminal.Styled(terminal.StyleYellow, "! "+note))
	}
	p.Line(terminal.Styled(terminal.StyleGreen, "✓ all of it holds"))
	_, err = fmt.Fprint(a.stdout, p.String())
	return err
}
