package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// reportKind is a report: a question, how far it looks back unless told
// otherwise (0: it is about now), and how its answer is printed.
type reportKind struct {
	name     string
	question string
	since    time.Duration
	print    func(ctx context.Context, a *app, s *store.Store, filter store.AnswerFilter, request reportRequest) error
}

// reports are those that there are. docs/sql.md has the same questions.
func reports() []reportKind {
	const week = 7 * words.Day
	return []reportKind{
		{"failed-imports", "Which imports failed lately, and why?", week, answering((*store.Store).FailedImports, "no import has failed", "source", "duration", "step")},
		{"stalled", "What is stuck now?", 0, answering((*store.Store).Stalled, "nothing is stuck", "source", "state", "stall_after", "usual_duration")},
		{"gaps", "When did we not look?", week, answering((*store.Store).LastedGaps, "no gap is known", "source", "gap_to", "lasted")},
		{"new-errors", "Which error lines are new?", week, answering((*store.Store).NewErrors, "no error line is new", "jobs", "times")},
		{"step-durations", "How long does each step take, by week?", 8 * week, answering((*store.Store).StepDurations, "no step has ended", "runs", "p95_duration")},
		{"time-in-state", "How long was each run in each state?", week, answering((*store.Store).TimeInState, "nothing has run", "source")},
		{"runs-per-day", "How many imports ran per day and source?", 2 * week, answering((*store.Store).RunsPerDay, "no run has begun", "provider", "p95_duration", "p50_duration")},
		{"broken-streaks", "Which failed after a row of successes?", week, answering((*store.Store).BrokenStreaks, "no import has failed after five successes", "source", "successes")},
		{
			"unusual-durations", "What took far longer or less than usual?", week,
			answering((*store.Store).UnusualDurations, "no import took over twice, or under half, as long as usual", "source", "state"),
		},
		{"no-recent-success", "Which jobs have not succeeded lately?", week, answering((*store.Store).NoRecentSuccess, "every job that is tracked has succeeded", "source", "last_success_no", "state_since")},
		{"job-summary", "How reliable and quick is each job?", 30 * words.Day, answering((*store.Store).JobSummary, "no job is tracked", "source", "last_success_no", "ended", "succeeded", "p95_duration")},
	}
}

func reportNames() []string {
	names := []string{}
	for _, k := range reports() {
		names = append(names, k.name)
	}
	return names
}

// lookingBack names the reports that take --since.
func lookingBack() []string {
	var names []string
	for _, k := range reports() {
		if k.since > 0 {
			names = append(names, k.name)
		}
	}
	return names
}

// reportCompletions are the names with their questions.
func reportCompletions() []cobra.Completion {
	var offered []cobra.Completion
	for _, k := range reports() {
		offered = append(offered, cobra.CompletionWithDesc(k.name, k.question))
	}
	return offered
}

// reportHelp tells of each report how far it looks back.
func reportHelp() string {
	p := terminal.NewPage(terminal.Screen{Width: helpWidth - 8}) // the manual indents it
	for _, k := range reports() {
		back := ""
		if k.since > 0 {
			back = fmt.Sprintf(" (%dd)", k.since/words.Day)
		}
		p.Entry([]terminal.Span{terminal.Plain(fmt.Sprintf("  %-17s  ", k.name))}, terminal.Plain(k.question+back))
	}
	return strings.TrimSuffix(p.String(), "\n")
}

// answering prints what the store answers; none is said where that is nothing,
// as far as anybody looked.
// A narrow screen leaves out the columns of the spare keys, the first one first.
func answering[T any](
	ask func(*store.Store, context.Context, store.AnswerFilter) ([]T, error), none string, spare ...string,
) func(context.Context, *app, *store.Store, store.AnswerFilter, reportRequest) error {
	return func(ctx context.Context, a *app, s *store.Store, filter store.AnswerFilter, request reportRequest) error {
		rows, err := ask(s, ctx, filter)
		if err != nil {
			return err
		}
		var empty string
		if len(rows) == 0 || request.since != "" {
			tracked, err := s.Tracked(ctx, filter)
			if err != nil {
				return err
			}
			empty = nothingText(none, filter.Since, tracked)
			switch {
			case len(rows) == 0 && request.format == formatTable: // the table says it
			case tracked.Answered == 0:
				fmt.Fprintln(a.stderr, empty)
			case request.since != "" && tracked.FirstAnswerAt.After(filter.Since):
				fmt.Fprintln(a.stderr, untrackedText(tracked))
			}
		}
		k := keyed{Clock: words.Clock{ReadAt: filter.Now}, bounded: a.screen().Width > 0}
		return writeRows(a, request.format, terminal.Table[T]{Rows: rows, Empty: empty, Columns: keyColumns[T](k, spare)})
	}
}
