package cli

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// changeLimit bounds how many changes a terminal shows.
const changeLimit = 200

// snapshotText shows a stored answer: when it was seen, and what it says.
func snapshotText(row store.SnapshotRow, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	snapshotHead(p, row, c)
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

// snapshotHead tells which answer it is, and when and how often it was seen.
func snapshotHead(p *terminal.Page, row store.SnapshotRow, c words.Clock) {
	p.Line(terminal.Styled(terminal.StyleBold, row.Job), terminal.Plain(fmt.Sprintf("  snapshot %d", row.SnapshotNo)).Whole(), terminal.Plain("  "),
		words.Marked(row.State, row.Status), terminal.Plain(fmt.Sprintf("  run %d", row.RunNo)).Whole())
	seen := []terminal.Span{terminal.Plain("first seen "), terminal.Plain(c.At(words.CeilSecond(row.ObservedAt)) + " UTC").Whole(), terminal.Plain(" "), terminal.Plain("(" + c.Ago(row.ObservedAt) + ")").Whole()}
	if row.NotBefore != nil {
		seen = append(seen, terminal.Plain(", not at "), terminal.Plain(c.Near(*row.NotBefore)).Whole())
	}
	if row.Polls > 1 {
		seen = append(seen, terminal.Plain("; by "+terminal.Thousands(row.Polls)+" polls, last "), terminal.Plain(c.Near(row.ConfirmedAt)).Whole())
	}
	p.Line(seen...)
	p.Line(terminal.Faint(terminal.Counted(row.Size, "byte")).Whole(), terminal.Faint(", sha256 "), terminal.Faint(hex.EncodeToString(row.SHA256)))
}

// snapshotDiff is what changed from one snapshot to another.
type snapshotDiff struct {
	Job       string       `json:"job"`
	From      int32        `json:"from"`
	To        int32        `json:"to"`
	SameBytes bool         `json:"same_bytes"`
	Changes   []jsonChange `json:"changes"` // none, though the bytes differ: order of fields, white space or escapes only
}

func (a *app) writeSnapshotDiff(was, now store.SnapshotRow, c words.Clock, format string) error {
	changes, err := diffJSON(was.Body, now.Body)
	if err != nil {
		return fmt.Errorf("compare snapshots %d and %d of job %s: %w", was.SnapshotNo, now.SnapshotNo, now.Job, err)
	}
	diff := snapshotDiff{
		Job: now.Job, From: was.SnapshotNo, To: now.SnapshotNo, SameBytes: bytes.Equal(was.Body, now.Body), Changes: changes,
	}
	if format == formatJSON {
		return a.writeJSON(diff)
	}
	_, err = fmt.Fprint(a.stdout, diff.text(was, now, c, a.screen()))
	return err
}

// text shows a difference change by change.
func (d snapshotDiff) text(was, now store.SnapshotRow, c words.Clock, s terminal.Screen) string {
	p := terminal.NewPage(s)
	p.Line(terminal.Styled(terminal.StyleBold, d.Job), terminal.Plain(fmt.Sprintf("  snapshot %d", d.From)).Whole(), terminal.Plain(" "), terminal.Plain("("+c.At(words.CeilSecond(was.ObservedAt))+" UTC)").Whole(),
		terminal.Plain(fmt.Sprintf(" → %d", d.To)).Whole(), terminal.Plain(" "), terminal.Plain("("+c.At(words.CeilSecond(now.ObservedAt))+" UTC)").Whole())
	switch {
	case d.SameBytes:
		p.Line(terminal.Plain("the same, byte for byte"))
	case len(d.Changes) == 0:
		p.Line(terminal.Plain("the same values: only the order of fields, white space or the escapes in strings differ"))
	default:
		p.Line(terminal.Plain(terminal.Counted(int64(len(d.Changes)), "change")))
		p.Blank()
	}
	for i, change := range d.Changes {
		if p.Width > 0 && i == changeLimit {
			p.Line(terminal.Faint(fmt.Sprintf("… %s more; in a pipe, or with --format json, all are shown", terminal.Thousands(int64(len(d.Changes)-i)))))
			break
		}
		change.write(p)
	}
	return p.String()
}

// write shows a change as one entry: what was added, removed or changed.
func (c jsonChange) write(p *terminal.Page) {
	path := c.Path
	if path == "" {
		path = "the whole answer"
	}
	switch {
	case c.Was == nil:
		p.Entry([]terminal.Span{terminal.Styled(terminal.StyleGreen, "+ ")}, terminal.Styled(terminal.StyleBold, path), terminal.Plain(": "), terminal.Styled(terminal.StyleGreen, spaced(c.Now)))
	case c.Now == nil:
		p.Entry([]terminal.Span{terminal.Styled(terminal.StyleRed, "- ")}, terminal.Styled(terminal.StyleBold, path), terminal.Plain(": "), terminal.Styled(terminal.StyleRed, spaced(c.Was)))
	default:
		p.Entry([]terminal.Span{terminal.Styled(terminal.StyleYellow, "~ ")}, terminal.Styled(terminal.StyleBold, path), terminal.Plain(": "),
			terminal.Styled(terminal.StyleRed, spaced(c.Was)), terminal.Plain(" → "), terminal.Styled(terminal.StyleGreen, spaced(c.Now)))
	}
}

// spaced is a JSON value in one line, with blanks where it may be broken.
func spaced(value json.RawMessage) string {
	var indented bytes.Buffer
	if json.Indent(&indented, value, "", " ") != nil {
		return string(value)
	}
	var b strings.Builder
	for line := range strings.Lines(indented.String()) {
		line = strings.TrimSpace(line)
		b.WriteString(line)
		if strings.HasSuffix(line, ",") {
			b.WriteByte(' ')
		}
	}
	return b.String()
}
