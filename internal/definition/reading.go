package definition

import (
	"encoding/json"
	"errors"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
)

// Reading is what would be recorded of an answer, in the words of tests.
type Reading struct {
	Rejected  string `json:"rejected,omitempty"`  // the service said that it is no status
	Malformed string `json:"malformed,omitempty"` // it is not what the definition says

	RunID           string         `json:"run_id,omitempty"`
	Status          string         `json:"status,omitempty"`
	State           history.State  `json:"state,omitempty"`
	StartedAt       string         `json:"started_at,omitempty"`
	EndedAt         string         `json:"ended_at,omitempty"`
	ErrorSummary    *string        `json:"error_summary,omitempty"`
	ResultCount     *int64         `json:"result_count,omitempty"`
	ResultExpiresAt string         `json:"result_expires_at,omitempty"`
	Steps           []ReadingStep  `json:"steps,omitempty"`
	StepsObserved   bool           `json:"steps_observed,omitempty"`
	Entries         []ReadingEntry `json:"entries,omitempty"`
	Items           []ReadingItem  `json:"items,omitempty"`
}

// ReadingStep is a step of a Reading.
type ReadingStep struct {
	Name   string        `json:"name"`
	Status string        `json:"status"`
	State  history.State `json:"state"`
	Start  string        `json:"start,omitempty"`
	End    string        `json:"end,omitempty"`
}

// ReadingEntry is a log entry of a Reading.
type ReadingEntry struct {
	Step   string `json:"step"`
	At     string `json:"at,omitempty"`
	Level  string `json:"level"`
	Detail string `json:"detail"`
}

// ReadingItem is a result of a Reading.
type ReadingItem struct {
	ID       string          `json:"id"`
	URL      string          `json:"url,omitempty"`
	Labels   []string        `json:"labels,omitempty"`
	Output   json.RawMessage `json:"output,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// ReadPayload reads the answer to a poll of any target, with no secret in it.
func (d *Definition) ReadPayload(answers map[string][]byte) Reading {
	return ReadBody(d.Provider(1), d.AnyTarget(), d.Body(answers), redact.Secret{})
}

// ReadBody reads an answer as a poll would, but for the secret.
func ReadBody(p source.Provider, target map[string]string, raw []byte, secret redact.Secret) Reading {
	body, _, err := p.Redact(raw, secret)
	if err != nil {
		return Reading{Malformed: err.Error()}
	}
	answer, err := p.For(target).InterpretRedacted(body)
	if rejection, ok := errors.AsType[*source.Rejection](err); ok {
		return Reading{Rejected: rejection.Text}
	}
	if err != nil {
		return Reading{Malformed: err.Error()}
	}
	return newReading(answer)
}

func newReading(a history.Answer) Reading {
	r := Reading{
		RunID: a.RunID, Status: a.Status, State: a.State, StartedAt: timeText(a.Started), EndedAt: timeText(a.Ended),
		ErrorSummary: a.ErrorSummary, ResultCount: a.Results.Count, ResultExpiresAt: timeText(a.Results.Expires), StepsObserved: a.StepsObserved,
	}
	for _, step := range a.Steps {
		r.Steps = append(r.Steps, ReadingStep{step.Name, step.Status, step.State, timeText(step.Start), timeText(step.End)})
		for _, entry := range step.Entries {
			r.Entries = append(r.Entries, ReadingEntry{step.Name, timeText(entry.Created), entry.Level, entry.Detail})
		}
	}
	for _, item := range a.Results.Items {
		r.Items = append(r.Items, ReadingItem{item.ID, item.URL, item.Labels, item.Output, item.Metadata})
	}
	return r
}

// timeText gives a time as RFC 3339 in UTC; one that cannot be read as it came.
func timeText(t history.Time) string {
	if t.At.IsZero() {
		return t.Raw
	}
	return t.At.Format(time.RFC3339Nano)
}
