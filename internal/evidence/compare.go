package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"tracker/internal/store"
)

// rowKeys are those of a row that say what it is and when it was.
type rowKeys struct {
	RunNo         int        `json:"run_no"`
	StepNo        *int       `json:"step_no"`
	EntryNo       int        `json:"entry_no"`
	TransitionNo  int        `json:"transition_no"`
	AnomalyNo     int        `json:"anomaly_no"`
	ItemNo        int        `json:"item_no"`
	ObservedAt    *time.Time `json:"observed_at"`
	FirstSeenAt   *time.Time `json:"first_seen_at"`
	LastChangedAt *time.Time `json:"last_changed_at"`
}

// what names a row.
func (r rowKeys) what() string {
	switch {
	case r.TransitionNo > 0:
		return fmt.Sprintf("transition %d of run %d", r.TransitionNo, r.RunNo)
	case r.AnomalyNo > 0:
		return fmt.Sprintf("anomaly %d of run %d", r.AnomalyNo, r.RunNo)
	case r.EntryNo > 0:
		return fmt.Sprintf("log entry %d of step %d of run %d", r.EntryNo, store.OrZero(r.StepNo), r.RunNo)
	case r.ItemNo > 0:
		return fmt.Sprintf("result %d of run %d", r.ItemNo, r.RunNo)
	case r.StepNo != nil:
		return fmt.Sprintf("step %d of run %d", *r.StepNo, r.RunNo)
	default:
		return fmt.Sprintf("run %d", r.RunNo)
	}
}

// at is when it was seen.
func (r rowKeys) at() time.Time {
	for _, at := range []*time.Time{r.ObservedAt, r.FirstSeenAt, r.LastChangedAt} {
		if at != nil {
			return *at
		}
	}
	return time.Time{}
}

// rows are a History with its rows as they are written.
type rows struct {
	Runs        []json.RawMessage `json:"runs"`
	Steps       []json.RawMessage `json:"steps"`
	Transitions []json.RawMessage `json:"transitions"`
	Anomalies   []json.RawMessage `json:"anomalies"`
	LogEntries  []json.RawMessage `json:"log_entries"`
	ResultItems []json.RawMessage `json:"result_items"`
}

func (r rows) all() [][]json.RawMessage {
	return [][]json.RawMessage{r.Runs, r.Steps, r.Transitions, r.Anomalies, r.LogEntries, r.ResultItems}
}

// compare finds the first row of the document that is not as derived. What it does not
// find, texts does.
func (c *check) compare() error {
	text, err := encode(c.shown, "")
	if err != nil {
		return err
	}
	var want, got rows
	if err := json.Unmarshal(text, &want); err != nil {
		return err
	}
	if err := json.Unmarshal(c.document.History, &got); err != nil {
		return c.wrong(documentName, time.Time{}, fmt.Errorf("its history: %w", err))
	}
	for kind, derived := range want.all() {
		told := got.all()[kind]
		for i := range max(len(derived), len(told)) {
			switch {
			case i >= len(told):
				return c.wrongRow(derived[i], "it is not told, and the bodies give it")
			case i >= len(derived):
				return c.wrongRow(told[i], "the bodies do not give it")
			case !same(derived[i], told[i]):
				return c.wrongRow(told[i], "the bodies give something else")
			}
		}
	}
	return nil
}

func (c *check) wrongRow(row json.RawMessage, why string) error {
	var keys rowKeys
	_ = json.Unmarshal(row, &keys) // what cannot be read is named by what can
	return c.wrong(keys.what(), keys.at(), fmt.Errorf("%s tells it: %s", documentName, why))
}

// same compares JSON without regard to its blanks.
func same(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}
