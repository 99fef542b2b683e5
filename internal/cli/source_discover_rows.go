package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

func (a *app) printFound(found []source.Found, rows []tracking.Candidate, from store.Source, registered int, request discoverRequest) error {
	targets := map[string]string{}
	for i, one := range found {
		targets[rows[i].Job] = strings.Join(tracking.TargetValues(one.Target), " ")
	}
	err := writeRows(a, request.format, terminal.Table[tracking.Candidate]{
		Rows: rows, Empty: fmt.Sprintf("the account of source %s has nothing to track", from.Name),
		Columns: []terminal.Column[tracking.Candidate]{
			{Title: "NAME", Cell: func(r tracking.Candidate) terminal.Span {
				return terminal.Plain(terminal.Cut(terminal.OneLine(r.Name), 40))
			}},
			{Title: "TARGET", Spare: 3, Cell: func(r tracking.Candidate) terminal.Span { return terminal.Plain(targets[r.Job]) }},
			{Title: "JOB", Cell: func(r tracking.Candidate) terminal.Span { return terminal.Plain(r.Job) }},
			{Title: "TRACKING", Cell: discoverTracking},
			{Title: "UPDATED", Spare: 2, Cell: func(r tracking.Candidate) terminal.Span { return terminal.Plain(dateText(r.UpdatedAt)) }},
			{Title: "DELETED AFTER", Spare: 1, Cell: func(r tracking.Candidate) terminal.Span {
				return terminal.Styled(terminal.StyleRed, dateText(r.DeletedAfter))
			}},
		},
	})
	if err != nil || request.format != formatTable || len(rows) == 0 {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\n%s\n", foundText(rows, from, registered, request.register))
	return err
}

// discoverTracking tells how the job is tracked, if there is one.
func discoverTracking(r tracking.Candidate) terminal.Span {
	if r.Tracking == tracking.Untracked {
		return terminal.Styled(terminal.StyleYellow, "none yet")
	}
	return words.Tracking(r.Tracking, "")
}

// foundText sums up what was found.
func foundText(rows []tracking.Candidate, from store.Source, registered int, register bool) string {
	untracked := 0
	for _, row := range rows {
		if row.Tracking == tracking.Untracked {
			untracked++
		}
	}
	text := english.Plural(len(rows), "dataset", "")
	switch {
	case register:
		return fmt.Sprintf("%s; %s registered", text, english.Plural(registered, "job", ""))
	case untracked == 0:
		return text + ", each with its job"
	default:
		return fmt.Sprintf("%s, %s without a job; to register them:  tracker source discover %s --register", text, humanize.Comma(int64(untracked)), from.Name)
	}
}

func dateText(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.DateOnly)
}
