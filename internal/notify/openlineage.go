package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/store"
)

// Where the schemas are of what is sent.
const (
	lineageSchema     = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
	nominalSchema     = "https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet"
	errorSchema       = "https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet"
	observationSchema = "urn:tracker:schema:TrackerObservationRunFacet:1-0-0"
)

// Types of run events.
const (
	lineageStart    = "START"
	lineageRunning  = "RUNNING"
	lineageComplete = "COMPLETE"
	lineageFail     = "FAIL"
	lineageAbort    = "ABORT"
	lineageOther    = "OTHER"
)

// runEvent is a RunEvent of OpenLineage 2-0-2.
type runEvent struct {
	EventType string     `json:"eventType"`
	EventTime time.Time  `json:"eventTime"`
	Producer  string     `json:"producer"`
	SchemaURL string     `json:"schemaURL"`
	Run       lineageRun `json:"run"`
	Job       lineageJob `json:"job"`
	Inputs    []struct{} `json:"inputs"`
	Outputs   []struct{} `json:"outputs"`
}

type lineageRun struct {
	RunID  string         `json:"runId"`
	Facets map[string]any `json:"facets"`
}

type lineageJob struct {
	Namespace string         `json:"namespace"`
	Name      string         `json:"name"`
	Facets    map[string]any `json:"facets"`
}

// told is what a payload tells of a run.
type told struct {
	Kind       history.EventKind `json:"kind"`
	Job        string            `json:"job"`
	Source     string            `json:"source"`
	At         time.Time         `json:"at"`
	Text       string            `json:"text"`
	Transition *transition       `json:"transition"`
	Run        *struct {
		RunNo       int        `json:"run_no"`
		RunID       string     `json:"run_id"`
		State       string     `json:"state"`
		Status      string     `json:"status"`
		StartedAt   time.Time  `json:"started_at"`
		EndedAt     *time.Time `json:"ended_at"`
		FirstSeenAt time.Time  `json:"first_seen_at"`
		Reported    bool       `json:"reported"`
		Duration    *float64   `json:"duration"`
		DurationMax *float64   `json:"duration_max"`
		Why         *string    `json:"why"`
	} `json:"run"`
	Steps []struct {
		Step        string     `json:"step"`
		State       string     `json:"state"`
		Status      string     `json:"status"`
		StartedAt   time.Time  `json:"started_at"`
		EndedAt     *time.Time `json:"ended_at"`
		Reported    bool       `json:"reported"`
		Duration    *float64   `json:"duration"`
		DurationMax *float64   `json:"duration_max"`
	} `json:"steps"`
}

// openLineage sends a notice of a run as a RunEvent, and before the first of a run that
// it began: whatever of it was seen first.
func (c channels) openLineage(ctx context.Context, address, token redact.Secret, n store.Notice, before store.RunTold) error {
	events, err := runEvents(n, "urn:tracker:"+c.version, before)
	if err != nil {
		return err
	}
	for _, event := range events {
		body, err := json.Marshal(event)
		if err != nil {
			return fmt.Errorf("encode run event: %w", err)
		}
		header := http.Header{}
		if key := token.Reveal(); key != "" {
			header.Set("Authorization", "Bearer "+key)
		}
		if err := c.post(ctx, address, header, bytes.NewReader(body)); err != nil {
			return err
		}
	}
	return nil
}

// runEvents are those that tell a notice. What is learned of a run whose end was told is
// told as its end once more: receivers such as Marquez take a run for one that goes on
// whose last event is OTHER or RUNNING.
func runEvents(n store.Notice, producer string, before store.RunTold) ([]runEvent, error) {
	var t told
	if err := json.Unmarshal(n.What, &t); err != nil {
		return nil, fmt.Errorf("read what is told: %w", err)
	}
	if t.Run == nil { // retention has taken it: there is nothing to tell
		return nil, nil
	}
	event := t.event(t.eventType(), t.at(), producer)
	if state := history.State(t.Run.State); event.EventType == lineageOther && before.End && state.Terminal() && t.Run.EndedAt != nil {
		event = t.event(ofState(state), *t.Run.EndedAt, producer)
	}
	if before.Any || event.EventType == lineageStart {
		return []runEvent{event}, nil
	}
	began := t.Run.StartedAt
	if began.After(event.EventTime) {
		began = event.EventTime
	}
	start := t.event(lineageStart, began, producer)
	delete(start.Run.Facets, "errorMessage")
	return []runEvent{start, event}, nil
}

// eventType is the type of the event that tells it.
func (t told) eventType() string {
	switch change := t.Transition; {
	case t.Kind == history.EventStarted:
		return lineageStart
	case change == nil || t.Kind == history.EventUnusual || t.Kind == history.EventStalled:
		return lineageOther
	case change.Step != "":
		if history.State(t.Run.State).Terminal() {
			return lineageOther
		}
		return lineageRunning
	case change.From == "" && !history.State(change.To).Terminal() && change.To != string(history.StateUnknown):
		return lineageStart
	default:
		return ofState(history.State(change.To))
	}
}

func ofState(state history.State) string {
	switch state {
	case history.StateQueued, history.StateRunning:
		return lineageRunning
	case history.StateSucceeded, history.StatePartial:
		return lineageComplete
	case history.StateFailed:
		return lineageFail
	case history.StateCanceled:
		return lineageAbort
	default:
		return lineageOther
	}
}

// at is when it happened: the upstream's time where it gives one.
func (t told) at() time.Time {
	switch {
	case t.Kind == history.EventStarted:
		return t.Run.StartedAt
	case t.Transition != nil && t.Transition.HappenedAt != nil:
		return *t.Transition.HappenedAt
	case t.Transition != nil:
		return t.Transition.ObservedAt
	default:
		return t.At
	}
}

// event is one of the run.
func (t told) event(kind string, at time.Time, producer string) runEvent {
	facet := func(schema string, fields map[string]any) map[string]any {
		fields["_producer"], fields["_schemaURL"] = producer, schema
		return fields
	}
	nominal := map[string]any{"nominalStartTime": t.Run.StartedAt.UTC()}
	if t.Run.EndedAt != nil {
		nominal["nominalEndTime"] = t.Run.EndedAt.UTC()
	}
	facets := map[string]any{
		"nominalTime":         facet(nominalSchema, nominal),
		"tracker_observation": facet(observationSchema, t.observation()),
	}
	if kind == lineageFail && t.Run.Why != nil {
		facets["errorMessage"] = facet(errorSchema, map[string]any{"message": *t.Run.Why, "programmingLanguage": "UNKNOWN"})
	}
	return runEvent{
		EventType: kind, EventTime: at.UTC(), Producer: producer, SchemaURL: lineageSchema,
		Run:    lineageRun{RunID: RunUUID(t.Source, t.Job, t.Run.RunNo), Facets: facets},
		Job:    lineageJob{Namespace: "tracker://" + t.Source, Name: t.Job, Facets: map[string]any{}},
		Inputs: []struct{}{}, Outputs: []struct{}{},
	}
}

// observation is our facet: bounds and steps, as docs/openlineage has its schema.
func (t told) observation() map[string]any {
	fields := map[string]any{
		"runNo": t.Run.RunNo, "upstreamRunId": t.Run.RunID, "state": t.Run.State, "status": t.Run.Status, "reported": t.Run.Reported,
		"durationSeconds": t.Run.Duration, "durationMaxSeconds": t.Run.DurationMax, "text": t.Text,
	}
	if change := t.Transition; change != nil {
		fields["observedAt"], fields["notBefore"], fields["happenedAt"] = change.ObservedAt.UTC(), change.NotBefore, change.HappenedAt
		if change.Step != "" {
			fields["step"] = change.Step
		}
	}
	steps := []map[string]any{}
	for _, s := range t.Steps {
		steps = append(steps, map[string]any{
			"step": s.Step, "state": s.State, "status": s.Status, "startedAt": s.StartedAt.UTC(), "endedAt": s.EndedAt, "reported": s.Reported,
			"durationSeconds": s.Duration, "durationMaxSeconds": s.DurationMax,
		})
	}
	fields["steps"] = steps
	return fields
}

// RunUUID is the id of a run: a UUIDv5 of its job and number.
func RunUUID(source, job string, runNo int) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "tracker://%s/%s/%d", source, job, runNo)).String()
}
