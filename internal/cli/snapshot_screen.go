package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// changeLimit bounds how many changes a terminal shows.
const changeLimit = 200

// snapshotText shows a stored answer: when it was seen, and what it says.
func snapshotText(row store.SnapshotRow, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	for _, line := range c.Snapshot(row) {
		p.Line(line...)
	}
	p.Blank()
	var body bytes.Buffer
	if json.Indent(&body, row.Body, "", "  ") != nil {
		body.Reset()
		body.Write(row.Body)
	}
	for line := range strings.Lines(body.String()) {
		text := strings.TrimLeft(line, " ")
		indent := len(line) - len(text)
		p.Entry([]terminal.Span{terminal.Plain(strings.Repeat(" ", indent))}, terminal.Plain(strings.TrimSuffix(text, "\n")))
	}
	return p.String()
}

// writeSnapshotDiff writes what changed from one snapshot to another.
func (a *app) writeSnapshotDiff(was, now store.SnapshotRow, c words.Clock, format string) error {
	diff, err := words.DiffSnapshots(was, now)
	if err != nil {
		return err
	}
	if format == formatJSON {
		return a.writeJSON(diff)
	}
	_, err = fmt.Fprint(a.stdout, snapshotDiffText(diff, was, now, c, a.screen()))
	return err
}

// snapshotDiffText shows a difference change by change.
func snapshotDiffText(d words.SnapshotDiff, was, now store.SnapshotRow, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	p.Line(terminal.Styled(terminal.StyleBold, d.Job), terminal.Plain(fmt.Sprintf("  snapshot %d", d.From)).Whole(), terminal.Plain(" "), terminal.Plain("("+c.At(words.CeilSecond(was.ObservedAt))+" UTC)").Whole(),
		terminal.Plain(fmt.Sprintf(" → %d", d.To)).Whole(), terminal.Plain(" "), terminal.Plain("("+c.At(words.CeilSecond(now.ObservedAt))+" UTC)").Whole())
	p.Line(terminal.Plain(d.Summary()))
	if len(d.Changes) > 0 {
		p.Blank()
	}
	for i, change := range d.Changes {
		if p.Width > 0 && i == changeLimit {
			p.Line(terminal.Faint(fmt.Sprintf("… %s more; in a pipe, or with --format json, all are shown", humanize.Comma(int64(len(d.Changes)-i)))))
			break
		}
		mark, body := change.Spans()
		p.Entry([]terminal.Span{mark}, body...)
	}
	return p.String()
}
