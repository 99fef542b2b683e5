package pages

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// answersShown is how many rows of an answer stand on a page.
const answersShown = 200

// reports lists the questions.
func (p *Pages) reports(context.Context, *request) (*view, error) {
	return &view{Name: "reports", Title: "Reports", Section: "/reports", Body: words.Questions()}, nil
}

// reportBody is the answer to a question.
type reportBody struct {
	words.Question
	words.Clock
	Columns []reportColumn
	Rows    []reportRow
	Pages   pager
	Empty   string
	Call    string // SQL that gives the same
	Text    string // how the database answers it
	Sources []string
	asked   asked
	query   url.Values
}

// asked is what an answer is about.
type asked struct {
	question words.Question
	filter   store.AnswerFilter
	since    string            // as given
	wrong    map[string]string // why a field cannot be read
}

// ask reads what a report is asked for.
func ask(r *http.Request, now time.Time) (asked, error) {
	name := r.PathValue("name")
	question, found := words.QuestionNamed(name)
	if !found {
		missing := notFoundError{what: fmt.Sprintf("There is no report %s.", words.Quote(name, true))}
		names := words.QuestionNames()
		near := tracking.Near(name, names)
		if len(near) == 0 {
			near = names
		}
		for _, one := range near {
			missing.near = append(missing.near, "/reports/"+one)
		}
		return asked{}, missing
	}
	query := r.URL.Query()
	a := asked{question: question, since: query.Get("since"), wrong: map[string]string{}}
	a.filter.Source = query.Get("source")
	labels, wrong := readLabels(labelsAsked(query))
	if a.filter.Labels = labels; wrong != "" {
		a.wrong["label"] = wrong
	}
	a.readPast(query, now)
	if err := tracking.LookBack(&a.filter, "since", a.since, a.question.Since, now); err != nil {
		a.wrong["since"] = err.Error() + howToWrite(*cmp.Or(a.filter.AsOf, &now))
	}
	return a, nil
}

func howToWrite(now time.Time) string {
	return "; write it as in 30d or " + now.UTC().AddDate(0, 0, -7).Format(time.DateOnly)
}

// readPast reads of which past the question is asked.
func (a *asked) readPast(query url.Values, now time.Time) {
	times := map[string]time.Time{}
	for _, name := range []string{"as_of", "known_at"} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		at, err := tracking.PastTime(name, text, now)
		if err != nil {
			a.wrong[name] = err.Error() + howToWrite(now)
			continue
		}
		times[name] = at
	}
	a.filter.SetPast(times["as_of"], times["known_at"])
}

// report answers a question.
func (p *Pages) report(ctx context.Context, req *request) (*view, error) {
	a, err := ask(req.Request, req.ReadAt)
	if err != nil {
		return nil, err
	}
	answer, err := tracking.Answer(ctx, p.store, a.question.Function(), a.question.Overwritten, a.filter)
	if err != nil {
		return nil, err
	}
	body := reportBody{Question: a.question, Clock: req.Clock, asked: a, query: req.query, Call: a.sql()}
	if len(answer.Rows) == 0 {
		tracked, err := p.store.Tracked(ctx, a.filter)
		if err != nil {
			return nil, err
		}
		body.Empty = words.NoRows(a.question.None, a.filter, tracked)
		if tracked.Jobs == 0 && (a.filter.Source != "" || len(a.filter.Labels) > 0) {
			body.Empty = "no job fits"
		}
	}
	if body.Text, err = p.store.QuestionSQL(ctx, a.question.Function()); err != nil {
		return nil, err
	}
	if body.Sources, err = tracking.SourceNames(ctx, p.store); err != nil {
		return nil, err
	}
	body.lay(answer)
	page := pageNo(req.query)
	if (page-1)*answersShown >= len(body.Rows) { // beyond the last one: the first
		page = 1
	}
	body.Pages = newPager(req.URL, page, len(body.Rows), answersShown)
	body.Rows = body.Rows[min(len(body.Rows), (page-1)*answersShown):min(len(body.Rows), page*answersShown)]
	v := &view{Name: "report", Title: a.question.Name, Section: "/reports", Body: body}
	if len(a.wrong) > 0 {
		v.Status = http.StatusBadRequest
	}
	return v, nil
}

// sql is a statement that gives the same answer.
func (a asked) sql() string {
	var arguments []string
	for _, at := range []struct {
		argument string
		value    *time.Time
	}{{"since", a.filter.Since}, {"as_of", a.filter.AsOf}, {"known_at", a.filter.KnownAt}} {
		if at.value != nil {
			arguments = append(arguments, fmt.Sprintf("%s => '%s'", at.argument, at.value.UTC().Format(time.RFC3339)))
		}
	}
	if a.filter.Source != "" {
		arguments = append(arguments, "sources => ARRAY["+sqlText(a.filter.Source)+"]")
	}
	if len(a.filter.Labels) > 0 {
		labels, _ := json.Marshal(a.filter.Labels) // a map of strings can always be encoded
		arguments = append(arguments, "labels => "+sqlText(string(labels)))
	}
	call := fmt.Sprintf("SELECT * FROM report.%s(%s);", a.question.Function(), strings.Join(arguments, ", "))
	if a.question.Overwritten && a.filter.KnownAt != nil {
		call += " -- and with told => what snapshots had told by then, where the service has written over it"
	}
	return call
}

func sqlText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Since is how far the answer looks back, as given or by itself.
func (b reportBody) Since() string { return b.asked.since }

// Default is how far it looks back unless told otherwise; empty: it tells of now.
func (b reportBody) Default() string {
	if b.Question.Since == 0 {
		return ""
	}
	return fmt.Sprintf("%dd", b.Question.Since/words.Day)
}

// Given is the value of a field.
func (b reportBody) Given(field string) string { return b.query.Get(field) }

// Wrong tells why a field cannot be read.
func (b reportBody) Wrong(field string) string { return b.asked.wrong[field] }

// Source is the one that is asked about.
func (b reportBody) Source() string { return b.asked.filter.Source }

// Label are the labels as given.
func (b reportBody) Label() string { return strings.Join(b.query["label"], " ") }

// As is the address of the answer in another form.
func (b reportBody) As(format string) string { return with(b.query, "format", format, "page", "") }
