package cli

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"tracker/internal/store"
)

// changeLimit bounds how many changes a terminal shows.
const changeLimit = 200

// snapshotText shows a stored answer: when it was seen, and what it says.
func snapshotText(row store.SnapshotRow, c clock, s screen) string {
	p := newPage(s)
	snapshotHead(p, row, c)
	p.blank()
	var body bytes.Buffer
	if json.Indent(&body, row.Body, "", "  ") != nil {
		body.Reset()
		body.Write(row.Body)
	}
	for line := range strings.Lines(body.String()) {
		text := strings.TrimLeft(line, " ")
		indent := len(line) - len(text)
		p.entry([]span{plain(strings.Repeat(" ", indent))}, plain(strings.TrimSuffix(text, "\n")))
	}
	return p.String()
}

// snapshotHead tells which answer it is, and when and how often it was seen.
func snapshotHead(p *page, row store.SnapshotRow, c clock) {
	p.line(styled(styleBold, row.Job), plain(fmt.Sprintf("  snapshot %d", row.SnapshotNo)).whole(), plain("  "),
		marked(row.State, row.Status), plain(fmt.Sprintf("  run %d", row.RunNo)).whole())
	seen := []span{plain("first seen "), plain(c.at(ceilSecond(row.ObservedAt)) + " UTC").whole(), plain(" "), plain("(" + c.ago(row.ObservedAt) + ")").whole()}
	if row.NotBefore != nil {
		seen = append(seen, plain(", not at "), plain(c.near(*row.NotBefore)).whole())
	}
	if row.Polls > 1 {
		seen = append(seen, plain("; by "+thousands(row.Polls)+" polls, last "), plain(c.near(row.ConfirmedAt)).whole())
	}
	p.line(seen...)
	p.line(faint(counted(row.Size, "byte")).whole(), faint(", sha256 "), faint(hex.EncodeToString(row.SHA256)))
}

// snapshotDiff is what changed from one snapshot to another.
type snapshotDiff struct {
	Job       string       `json:"job"`
	From      int32        `json:"from"`
	To        int32        `json:"to"`
	SameBytes bool         `json:"same_bytes"`
	Changes   []jsonChange `json:"changes"` // none, though the bytes differ: order of fields, white space or escapes only
}

func (a *app) writeSnapshotDiff(was, now store.SnapshotRow, c clock, format string) error {
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
func (d snapshotDiff) text(was, now store.SnapshotRow, c clock, s screen) string {
	p := newPage(s)
	p.line(styled(styleBold, d.Job), plain(fmt.Sprintf("  snapshot %d", d.From)).whole(), plain(" "), plain("("+c.at(ceilSecond(was.ObservedAt))+" UTC)").whole(),
		plain(fmt.Sprintf(" → %d", d.To)).whole(), plain(" "), plain("("+c.at(ceilSecond(now.ObservedAt))+" UTC)").whole())
	switch {
	case d.SameBytes:
		p.line(plain("the same, byte for byte"))
	case len(d.Changes) == 0:
		p.line(plain("the same values: only the order of fields, white space or the escapes in strings differ"))
	default:
		p.line(plain(counted(int64(len(d.Changes)), "change")))
		p.blank()
	}
	for i, change := range d.Changes {
		if p.width > 0 && i == changeLimit {
			p.line(faint(fmt.Sprintf("… %s more; in a pipe, or with --format json, all are shown", thousands(int64(len(d.Changes)-i)))))
			break
		}
		change.write(p)
	}
	return p.String()
}

// write shows a change as one entry: what was added, removed or changed.
func (c jsonChange) write(p *page) {
	path := c.Path
	if path == "" {
		path = "the whole answer"
	}
	switch {
	case c.Was == nil:
		p.entry([]span{styled(styleGreen, "+ ")}, styled(styleBold, path), plain(": "), styled(styleGreen, spaced(c.Now)))
	case c.Now == nil:
		p.entry([]span{styled(styleRed, "- ")}, styled(styleBold, path), plain(": "), styled(styleRed, spaced(c.Was)))
	default:
		p.entry([]span{styled(styleYellow, "~ ")}, styled(styleBold, path), plain(": "),
			styled(styleRed, spaced(c.Was)), plain(" → "), styled(styleGreen, spaced(c.Now)))
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
