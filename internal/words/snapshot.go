package words

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Snapshot tells, a line each, which answer it is, when and how often it was
// seen, and how it is recognised.
func (c Clock) Snapshot(row store.SnapshotRow) [][]terminal.Span {
	which := []terminal.Span{
		terminal.Styled(terminal.StyleBold, row.Job), terminal.Plain(fmt.Sprintf("  snapshot %d", row.SnapshotNo)).Whole(), terminal.Plain("  "),
		Marked(row.State, row.Status), terminal.Plain(fmt.Sprintf("  run %d", row.RunNo)).Whole(),
	}
	seen := []terminal.Span{
		terminal.Plain("first seen "), terminal.Plain(c.Zoned(CeilSecond(row.ObservedAt))).Whole(), terminal.Plain(" "),
		terminal.Plain("(" + c.Ago(row.ObservedAt) + ")").Whole(),
	}
	if row.NotBefore != nil {
		seen = append(seen, terminal.Plain(", not at "), terminal.Plain(c.Near(*row.NotBefore)).Whole())
	}
	if row.Polls > 1 {
		seen = append(seen, terminal.Plain("; by "+humanize.Comma(row.Polls)+" polls, last "), terminal.Plain(c.Near(row.ConfirmedAt)).Whole())
	}
	content := []terminal.Span{
		terminal.Faint(sizeText(row)).Whole(), terminal.Faint(", sha256 "), terminal.Faint(hex.EncodeToString(row.SHA256)),
	}
	return [][]terminal.Span{which, seen, content}
}

func sizeText(row store.SnapshotRow) string {
	if row.Size == nil {
		return "its body was taken by retention"
	}
	return english.Plural(int(*row.Size), "byte", "")
}

// SnapshotDiff is what changed from one snapshot to another.
type SnapshotDiff struct {
	Job       string       `json:"job"`
	From      int32        `json:"from"`
	To        int32        `json:"to"`
	SameBytes bool         `json:"same_bytes"`
	Changes   []JSONChange `json:"changes"` // none, though the bytes differ: order of fields, white space or escapes only
}

// DiffSnapshots compares two snapshots of a job.
func DiffSnapshots(was, now store.SnapshotRow) (SnapshotDiff, error) {
	changes, err := DiffJSON(was.Body, now.Body)
	if err != nil {
		return SnapshotDiff{}, fmt.Errorf("compare snapshots %d and %d of job %s: %w", was.SnapshotNo, now.SnapshotNo, now.Job, err)
	}
	return SnapshotDiff{Job: now.Job, From: was.SnapshotNo, To: now.SnapshotNo, SameBytes: bytes.Equal(was.Body, now.Body), Changes: changes}, nil
}

// Summary tells how much has changed.
func (d SnapshotDiff) Summary() string {
	switch {
	case d.SameBytes:
		return "the same, byte for byte"
	case len(d.Changes) == 0:
		return "the same values: only the order of fields, white space or the escapes in strings differ"
	default:
		return english.Plural(len(d.Changes), "change", "")
	}
}

// Spans tell a change: a mark of whether something was added, removed or
// changed, and what.
func (c JSONChange) Spans() (mark terminal.Span, body []terminal.Span) {
	path := c.Path
	if path == "" {
		path = "the whole answer"
	}
	body = []terminal.Span{terminal.Styled(terminal.StyleBold, path), terminal.Plain(": ")}
	was, now := terminal.Styled(terminal.StyleRed, spaced(c.Was)), terminal.Styled(terminal.StyleGreen, spaced(c.Now))
	switch {
	case c.Was == nil:
		return terminal.Styled(terminal.StyleGreen, "+ "), append(body, now)
	case c.Now == nil:
		return terminal.Styled(terminal.StyleRed, "- "), append(body, was)
	default:
		return terminal.Styled(terminal.StyleYellow, "~ "), append(body, was, terminal.Plain(" → "), now)
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
