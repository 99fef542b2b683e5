package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tracker/internal/spreadsheet"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// answerReport prints one report.
func (a *app) answerReport(ctx context.Context, name string, request reportRequest) error {
	question, found := words.QuestionNamed(name)
	if !found {
		names := words.QuestionNames()
		return usageError{fmt.Errorf("there is no report %q%s; there are %s", name, tracking.Meant(name, names), strings.Join(names, ", "))}
	}
	request.question = question
	if err := request.Read(nil); err != nil {
		return err
	}
	for _, at := range []struct{ flag, text string }{{"--since", request.since}, {"--as-of", request.asOf}, {"--known-at", request.knownAt}} {
		if err := checkTime(at.flag, at.text); err != nil {
			return err
		}
	}
	if request.since != "" && request.question.Since == 0 { // as who asks all of them in one way does
		fmt.Fprintf(a.stderr, "report %s tells of one moment, whatever --since says: it would hide what is so for longest\n", name)
		request.since = ""
	}
	return a.withStore(ctx, func(s *store.Store) error {
		if !request.Empty() { // what no job fits is refused
			if _, err := request.Jobs(ctx, s); err != nil {
				return err
			}
		}
		now, err := s.Now(ctx)
		if err != nil {
			return err
		}
		return a.printAnswer(ctx, s, request, now)
	})
}

// printAnswer prints what the store answers, and where that is nothing, or a time
// before is asked about, as far as anybody looked.
func (a *app) printAnswer(ctx context.Context, s *store.Store, request reportRequest, now time.Time) error {
	filter, err := request.filter(now)
	if err != nil {
		return err
	}
	answer, err := tracking.Answer(ctx, s, request.question.Function(), request.question.Overwritten, filter)
	if err != nil {
		return err
	}
	var empty string
	if len(answer.Rows) == 0 || request.since != "" || filter.AsOf != nil {
		tracked, err := s.Tracked(ctx, filter)
		if err != nil {
			return err
		}
		empty = words.NoRows(request.question.None, filter, tracked)
		asked := filter
		if request.since == "" { // it looks back so far by itself
			asked.Since = nil
		}
		switch {
		case len(answer.Rows) == 0 && request.format == formatTable: // the table says it
		case tracked.Answered == 0:
			fmt.Fprintln(a.stderr, empty)
		case words.BeforeTracked(asked, tracked):
			fmt.Fprintln(a.stderr, words.TrackedSince(tracked))
		}
	}
	if request.format == formatCSV {
		return a.writeAnswerCSV(answer)
	}
	columns := words.Clock{ReadAt: now}.AnswerColumns(answer.Columns, request.question.Spare, a.screen().Width > 0)
	return writeRows(a, request.format, terminal.Table[store.AnswerRow]{Rows: answer.Rows, Empty: empty, Columns: columns})
}

// filter says what the report is about. It looks back as far as asked, else as it is made
// to, from the time that it is asked about; one that tells of now does not.
func (r reportRequest) filter(now time.Time) (store.AnswerFilter, error) {
	f := store.AnswerFilter{Source: r.Source, Labels: r.Labels}
	knownAt, err := pastTime("--known-at", r.knownAt, now)
	if err != nil {
		return f, err
	}
	asOf, err := pastTime("--as-of", r.asOf, now)
	if err != nil {
		return f, err
	}
	f.SetPast(asOf, knownAt)
	err = tracking.LookBack(&f, "--since", r.since, r.question.Since, now)
	return f, err
}

func (a *app) writeAnswerCSV(answer store.Answer) error {
	var header []string
	for _, column := range answer.Columns {
		header = append(header, column.Name)
	}
	return spreadsheet.WriteRecords(a.stdout, header, func(yield func([]any) bool) {
		for _, row := range answer.Rows {
			if !yield(row.Values) {
				return
			}
		}
	}, a.cells())
}
