package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// Report is a question that can be asked.
type Report struct {
	Name     string   `json:"name"`
	Question string   `json:"question"`
	Since    *float64 `json:"since" doc:"How far it looks back by itself, in seconds; null: it tells of now."`
}

type reportInput struct {
	Paging
	InSource
	InLabels
	InSince
	InPast
	Name string `path:"name" example:"failed-imports" doc:"Name of the report."`
}

func (a *api) registerReports() {
	addList(a, operation{
		id: "list-sources", path: "/sources", tag: tagReports, summary: "Sources, and whether they can be asked", doc: "Rows of report.sources by name.",
	}, func(ctx context.Context, _ *Paging, page store.Page) (store.Part[store.SourceRow], error) {
		rows, err := a.Store.SourceRows(ctx)
		return cutByName(rows, page, func(r store.SourceRow) string { return r.Source }), err
	})
	addRow(a, operation{
		id: "get-source", path: "/sources/{source}", tag: tagReports, summary: "A source", doc: "A row of report.sources.", fails: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *SourceInput) (store.SourceRow, error) {
		return a.sourceRow(ctx, in.Source)
	})
	addList(a, operation{
		id: "list-reports", path: "/reports", tag: tagReports, summary: "Questions that can be asked about all imports", doc: "Each is a function of the schema report.",
	}, func(_ context.Context, _ *Paging, page store.Page) (store.Part[Report], error) {
		var reports []Report
		for _, q := range words.Questions() {
			report := Report{Name: q.Name, Question: q.Asks}
			if q.Since > 0 {
				report.Since = new(q.Since.Seconds())
			}
			reports = append(reports, report)
		}
		return cutByName(reports, page, func(r Report) string { return r.Name }), nil
	})
	addList(a, operation{
		id: "get-report", path: "/reports/{name}", tag: tagReports, summary: "The answer to a question",
		doc: "Rows of the function, in its order. Later pages are of what was known as the first was given: they want the same parameters. " +
			"422: since, of a report that tells of one moment.", fails: []int{http.StatusNotFound},
	}, a.answer)
}

// answer asks a question as  tracker report  does. A page of it begins after so many rows
// of what was known then: nothing that comes meanwhile moves them.
func (a *api) answer(ctx context.Context, in *reportInput, page store.Page) (part store.Part[store.AnswerRow], err error) {
	question, found := words.QuestionNamed(in.Name)
	if !found {
		return part, huma.Error404NotFound(fmt.Sprintf("there is no report %q%s", in.Name, tracking.Meant(in.Name, words.QuestionNames())))
	}
	if in.Since != "" && question.Since == 0 {
		return part, wrong("query.since", fmt.Errorf("report %s tells of one moment: leave since out", in.Name))
	}
	labels, err := in.labels()
	if err != nil {
		return part, err
	}
	now, err := a.Store.Now(ctx)
	if err != nil {
		return part, err
	}
	from := store.Key{At: now}
	if page.After != nil {
		from, now = *page.After, page.After.At
	}
	times, err := timesAt(now, map[string]string{"since": in.Since, "as_of": in.AsOf, "known_at": in.KnownAt})
	if err != nil {
		return part, err
	}
	ask := func(knownAt time.Time) (store.Answer, error) {
		filter := store.AnswerFilter{Source: in.Source, Labels: labels}
		filter.SetPast(times["as_of"], knownAt)
		if err := tracking.LookBack(&filter, "since", in.Since, question.Since, now); err != nil {
			return store.Answer{}, wrong("query.since", err)
		}
		return tracking.Answer(ctx, a.Store, question.Function(), question.Overwritten, filter)
	}
	knownAt := times["known_at"]
	if page.After != nil && knownAt.IsZero() {
		knownAt = now
	}
	answer, err := ask(knownAt)
	if err == nil && knownAt.IsZero() && len(answer.Rows) > page.Rows { // there will be more pages
		answer, err = ask(now)
	}
	if err != nil {
		return part, err
	}
	rows := answer.Rows[min(max(from.No, 0), int64(len(answer.Rows))):]
	part.Rows = append([]store.AnswerRow{}, rows[:min(page.Rows, len(rows))]...)
	if page.Rows < len(rows) {
		part.Next = &store.Key{At: from.At, No: from.No + int64(page.Rows)}
	}
	return part, nil
}

// SourceInput names a source in a path.
type SourceInput struct {
	Source string `path:"source" example:"woosmap-prod" doc:"Name of the source."`
}

func (a *api) sourceRow(ctx context.Context, name string) (store.SourceRow, error) {
	rows, err := a.Store.SourceRows(ctx)
	if err != nil {
		return store.SourceRow{}, err
	}
	at := slices.IndexFunc(rows, func(r store.SourceRow) bool { return r.Source == name })
	if at < 0 {
		return store.SourceRow{}, absent(tracking.UnknownSource(ctx, a.Store, name))
	}
	return rows[at], nil
}

// cutByName takes a page out of a whole list, by name.
func cutByName[T any](rows []T, page store.Page, name func(T) string) store.Part[T] {
	slices.SortFunc(rows, func(x, y T) int { return strings.Compare(name(x), name(y)) })
	if page.After != nil {
		rows = slices.DeleteFunc(rows, func(r T) bool { return name(r) <= page.After.Name })
	}
	part := store.Part[T]{Rows: append([]T{}, rows[:min(page.Rows, len(rows))]...)}
	if page.Rows < len(rows) {
		part.Next = &store.Key{Name: name(rows[page.Rows-1])}
	}
	return part
}
