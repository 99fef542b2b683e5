package notify

import (
	"encoding/json"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/words"
)

// telling gathers what is to be told.
type telling struct {
	store.Telling
}

// payload is what machines are told of an event.
type payload struct {
	Kind       history.EventKind `json:"kind"`
	Phase      string            `json:"phase,omitempty"` // of what goes on: began, over or again
	Job        string            `json:"job,omitempty"`
	Source     string            `json:"source"`
	Labels     map[string]string `json:"labels,omitempty"`
	At         time.Time         `json:"at"`
	Since      *time.Time        `json:"since,omitempty"`
	Reason     string            `json:"reason,omitempty"`
	Transition *transition       `json:"transition,omitempty"`
	Run        *store.RunRow     `json:"run,omitempty"`
	Steps      []store.StepRow   `json:"steps,omitempty"`
	Anomaly    *store.AnomalyRow `json:"anomaly,omitempty"`
	Change     *store.ChangeRow  `json:"change,omitempty"`
	Usual      *usual            `json:"usual,omitempty"`
	Text       string            `json:"text"`
}

// transition is a change of the status of a run or a step.
type transition struct {
	RunNo      int        `json:"run_no"`
	Step       string     `json:"step,omitempty"` // empty: the run's own
	From       string     `json:"from_state,omitempty"`
	To         string     `json:"to_state"`
	Status     string     `json:"to_status"`
	HappenedAt *time.Time `json:"happened_at,omitempty"` // as the service says
	NotBefore  *time.Time `json:"not_before,omitempty"`
	ObservedAt time.Time  `json:"observed_at"`
}

// usual is how long nearly all runs before took, in seconds.
type usual struct {
	Runs int     `json:"runs"`
	P05  float64 `json:"p05"`
	P95  float64 `json:"p95"`
}

// notice makes what is told of something that happened.
func notice(key string, jobID int64, at time.Time, h words.Happening, labels map[string]string, steps []store.StepRow) (store.Notice, error) {
	n := store.Notice{Key: key, Kind: h.Kind, JobID: jobID, Job: h.Job, Source: h.Source, At: at}
	n.Line, n.More = words.Notice(h)
	p := payload{
		Kind: h.Kind, Job: h.Job, Source: h.Source, Labels: labels, At: at, Since: pointer(h.Since), Reason: h.Reason,
		Run: h.Run, Steps: steps, Anomaly: h.Odd, Change: h.Change, Text: n.Line,
	}
	if h.Run != nil {
		n.RunNo = int(h.Run.RunNo)
	}
	switch {
	case h.Over:
		p.Phase = store.PhaseOver
	case !h.Since.IsZero():
		p.Phase = store.PhaseBegan
	}
	if e := h.Event; e.Kind == store.EventTransition {
		p.Transition = &transition{
			RunNo: e.RunNo, Step: e.Step, From: string(e.From), To: string(e.To), Status: e.Detail,
			HappenedAt: pointer(e.HappenedAt), NotBefore: pointer(e.NotBefore), ObservedAt: e.ObservedAt,
		}
	}
	if h.Usual.Runs > 0 {
		p.Usual = &usual{Runs: h.Usual.Runs, P05: h.Usual.P05.Seconds(), P95: h.Usual.P95.Seconds()}
	}
	var err error
	if n.What, err = json.Marshal(p); err != nil {
		return store.Notice{}, fmt.Errorf("encode %s: %w", key, err)
	}
	return n, nil
}

func pointer(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// add has a notice told by some rules.
func (t *telling) add(n store.Notice, by rules) {
	t.Notices = append(t.Notices, n)
	t.Turns = t.Turns || byTime(n.Kind)
	for _, rule := range by {
		t.due(store.Due{Key: n.Key, JobID: n.JobID, Rule: rule})
	}
}

// due has something told in time.
func (t *telling) due(d store.Due) {
	d.At = t.State.Now
	if d.Rule.Form == formMessage {
		d.At = d.At.Add(d.Rule.GroupFor)
	}
	t.Due = append(t.Due, d)
}

// goesOn keeps that what a notice tells goes on from now on.
func (t *telling) goesOn(n store.Notice) {
	subject := n.Job
	if subject == "" {
		subject = n.Source
	}
	t.Begin = append(t.Begin, store.Going{Kind: n.Kind, Subject: subject, JobID: n.JobID, RunNo: n.RunNo, Since: t.State.Now, Event: n})
}

// empty reports that there is nothing to keep.
func (t *telling) empty() bool { return len(t.Due)+len(t.End) == 0 }
