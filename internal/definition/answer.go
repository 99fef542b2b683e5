package definition

import (
	"errors"
	"fmt"
	"strings"

	"tracker/internal/history"
	"tracker/internal/source"
)

const (
	// rowsMost bounds how many log entries or results an answer may list, stepsMost
	// how many steps.
	rowsMost  = 100_000
	stepsMost = 10_000
)

// answer reads a redacted body, which is one JSON value.
func (d *Definition) answer(body []byte, target map[string]string) (history.Answer, error) {
	in := newInput(d, target)
	in.meter.resume(len(body))
	defer in.meter.pause()
	if err := in.load(d, body); err != nil {
		return history.Answer{}, err
	}
	if text, rejected, err := rejection(d, in); err != nil {
		return history.Answer{}, err
	} else if rejected {
		return history.Answer{}, &source.Rejection{Text: text}
	}
	r := answerReader{d: d, in: in}
	answer := history.Answer{
		RunID: r.required(d.RunID), Status: r.required(d.Status), Order: d.Order,
		StepsObserved: d.Steps == nil,
		Started:       r.time(d.StartedAt), Ended: r.time(d.EndedAt),
		ErrorSummary: r.summary(),
	}
	answer.Steps = r.steps(answer.Status)
	r.entries(answer.Steps)
	answer.Results = r.results()
	if r.err != nil {
		return history.Answer{}, r.err
	}
	answer.State = d.state(answer.Status, false)
	return answer, nil
}

// rejection tells what a service said instead of a status, if it did.
func rejection(d *Definition, in *input) (text string, rejected bool, err error) {
	if d.Error == nil {
		return "", false, nil
	}
	value, found, err := d.Error.one(in)
	if err != nil || !found || value == nil || value == false {
		return "", false, err
	}
	text, ok := scalarText(value)
	if !ok {
		return "", false, &runError{d.Error.field, wantText(value)}
	}
	return text, text != "", nil
}

// answerReader reads what expressions yield. It keeps the first error, and after it
// reads nothing more.
type answerReader struct {
	d   *Definition
	in  *input
	err error
}

func (r *answerReader) fail(field, problem string) {
	if r.err == nil {
		r.err = &runError{field, problem}
	}
}

// one gives what an expression yields; nil: nothing, or null, or there is none.
func (r *answerReader) one(e *expression) any {
	if e == nil || r.err != nil {
		return nil
	}
	value, _, err := e.one(r.in)
	r.err = err
	return value
}

// required gives the text that an expression has to yield.
func (r *answerReader) required(e *expression) string {
	value := r.one(e)
	text, ok := scalarText(value)
	switch {
	case r.err != nil:
	case value == nil:
		r.fail(e.field, "its expression yields nothing")
	case !ok:
		r.fail(e.field, wantText(value))
	case text == "":
		r.fail(e.field, "its expression yields an empty text")
	}
	return text
}

func (r *answerReader) time(e *expression) history.Time {
	value := r.one(e)
	if value == nil {
		return history.Time{}
	}
	return r.timeOf(e.field, value)
}

// timeOf reads a time; null and an empty text are none.
func (r *answerReader) timeOf(field string, value any) history.Time {
	if value == nil {
		return history.Time{}
	}
	text, ok := scalarText(value)
	if _, isBool := value.(bool); isBool || !ok {
		r.fail(field, "want a string, a number or null, got "+kindOf(value))
		return history.Time{}
	}
	if text == "" {
		return history.Time{}
	}
	return r.d.Times.parse(text)
}

// summary gives the error summary: its text, or its JSON where it is none.
func (r *answerReader) summary() *string {
	value := r.one(r.d.ErrorSummary)
	if value == nil || r.err != nil {
		return nil
	}
	text, ok := scalarText(value)
	if !ok {
		text = string(r.json(r.d.ErrorSummary.field, value))
	}
	if text == "" {
		return nil
	}
	return &text
}

// each gives each value of a list's expression as an object with no other members than
// the named ones.
func (r *answerReader) each(e *expression, most int, members []string, read func(o object)) {
	if e == nil || r.err != nil {
		return
	}
	n := 0
	err := e.run(r.in, func(value any) error {
		if n == most {
			return &runError{e.field, fmt.Sprintf("its expression yields more than %d values", most)}
		}
		o := object{r: r, field: fmt.Sprintf("%s[%d]", e.field, n)}
		n++
		var ok bool
		if o.members, ok = value.(map[string]any); !ok {
			return &runError{o.field, "want an object, got " + kindOf(value)}
		}
		if o.only(members); r.err == nil {
			read(o)
		}
		return r.err
	})
	if r.err == nil {
		r.err = err
	}
}

// steps reads the steps. One that says no status has that of the run.
func (r *answerReader) steps(status string) (steps []history.ReportedStep) {
	r.each(r.d.Steps, stepsMost, []string{"name", "status", "start", "end"}, func(o object) {
		step := history.ReportedStep{Name: o.text("name"), Status: status, Start: o.time("start"), End: o.time("end")}
		if _, has := o.members["status"]; has {
			step.Status = o.text("status")
		}
		step.State = r.d.state(step.Status, true)
		steps = append(steps, step)
	})
	return steps
}

// entries puts each log entry into the step that it names, or into the first one. Where
// no step is listed yet there is none to keep it in.
func (r *answerReader) entries(steps []history.ReportedStep) {
	places := make(map[string]int, len(steps))
	for i, step := range steps {
		if _, twice := places[step.Name]; !twice {
			places[step.Name] = i
		}
	}
	r.each(r.d.Entries, rowsMost, []string{"step", "at", "level", "detail"}, func(o object) {
		entry := history.ReportedEntry{Created: o.time("at"), Level: "info", Detail: o.text("detail")}
		if level := o.optional("level"); level != "" {
			entry.Level = r.d.level(level)
		}
		at := places[o.optional("step")] // of none that is listed: the first
		if len(steps) > 0 {
			steps[at].Entries = append(steps[at].Entries, entry)
		}
	})
}

func (r *answerReader) results() (results history.Results) {
	if r.d.Items != nil && r.lists(r.d.Items) {
		results.Listed = true
		r.each(r.d.Items, rowsMost, []string{"id", "url", "labels", "output", "metadata"}, func(o object) {
			item := history.Item{ID: o.text("id"), URL: o.optional("url"), Labels: o.texts("labels"), Output: o.json("output"), Metadata: o.json("metadata")}
			if item.Output == nil {
				item.Output = []byte("null") // there always is one
			}
			results.Items = append(results.Items, item)
		})
		results.Count = new(int64(len(results.Items)))
	}
	if value := r.one(r.d.ResultCount); value != nil {
		results.Count = r.count(value)
	}
	results.Expires = r.time(r.d.ResultExpires)
	return results
}

// lists reports whether an expression lists anything: one that yields null alone says
// that this answer does not tell.
func (r *answerReader) lists(e *expression) bool {
	if r.err != nil {
		return false
	}
	first, told := any(nil), false
	err := e.run(r.in, func(value any) error {
		first, told = value, true
		return errEnough
	})
	return !told || first != nil || err != nil && !errors.Is(err, errEnough)
}

// errEnough ends a program whose first value was enough.
var errEnough = errors.New("enough")

// count gives a number that counts something, or the text of one.
func (r *answerReader) count(value any) *int64 {
	text, ok := scalarText(value)
	if _, isBool := value.(bool); isBool || !ok {
		r.fail(r.d.ResultCount.field, "want a number, got "+kindOf(value))
		return nil
	}
	count, ok := source.WholeNumber(strings.TrimSpace(text))
	if !ok {
		return nil
	}
	return &count
}
