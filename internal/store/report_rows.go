package store

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"tracker/internal/history"
)

// The rows of the report schema, as the command line shows them. Their JSON
// keys are the columns of its views; what is null there is null here.

// Interval is a duration that JSON shows in seconds.
type Interval time.Duration

// MarshalJSON implements json.Marshaler.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(i).Seconds())
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *Interval) UnmarshalJSON(text []byte) error {
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil {
		return err
	}
	*i = Interval(history.Seconds(seconds))
	return nil
}

// JobRow is a row of report.jobs.
type JobRow struct {
	Job          string          `json:"job"`
	Source       string          `json:"source"`
	Provider     string          `json:"provider"`
	Target       json.RawMessage `json:"target"`
	Labels       json.RawMessage `json:"labels"`
	Tracking     string          `json:"tracking"`
	Schedule     string          `json:"schedule"`
	State        *string         `json:"state"`
	Status       *string         `json:"status"`
	RunNo        *int32          `json:"run_no"`
	RunID        *string         `json:"run_id"`
	StateSince   *time.Time      `json:"state_since"`
	LastPolledAt *time.Time      `json:"last_polled_at"`
	LastOutcome  *string         `json:"last_outcome"`
	NextPollAt   *time.Time      `json:"next_poll_at"`
	Failures     int32           `json:"failures"`
	PausedReason *string         `json:"paused_reason"`
	StallAfter   *Interval       `json:"stall_after"`
	RegisteredAt time.Time       `json:"registered_at"`

	StateSinceReported bool `json:"state_since_reported"`
}

// SourceRow is a row of report.sources.
type SourceRow struct {
	Source       string     `json:"source"`
	Provider     string     `json:"provider"`
	BaseURL      string     `json:"base_url"`
	PausedAt     *time.Time `json:"paused_at"`
	PausedReason *string    `json:"paused_reason"`
	HeldUntil    *time.Time `json:"held_until"`
	Jobs         int64      `json:"jobs"`
	RateEvery    Interval   `json:"rate_every"`
	RateBurst    int32      `json:"rate_burst"`
	Schedule     string     `json:"schedule"`
	ActiveEvery  Interval   `json:"active_every"`
	Credential   string     `json:"credential"` // the reference
	Volatile     []string   `json:"volatile"`

	PlannedPerHour    *float64 `json:"planned_per_hour"`
	AttainablePerHour float64  `json:"attainable_per_hour"`

	// How often each job can be polled, of which no import runs, or one does, where more
	// is planned than the rate allows.
	AttainableEvery        *Interval `json:"attainable_every"`
	AttainableEveryRunning *Interval `json:"attainable_every_running"`
}

// Tight reports a source at which more polls are planned than its rate limit allows.
func (r SourceRow) Tight() bool {
	return r.PlannedPerHour != nil && *r.PlannedPerHour > r.AttainablePerHour
}

// Unasked reports a source that is not to be asked at a time: it is paused, or held.
func (r SourceRow) Unasked(now time.Time) bool {
	return r.PausedAt != nil || r.HeldUntil != nil && r.HeldUntil.After(now)
}

// ChangeRow is a row of report.changes.
type ChangeRow struct {
	ChangeNo int64           `json:"change_no"`
	At       time.Time       `json:"at"`
	Actor    string          `json:"actor"`
	Action   string          `json:"action"`
	Subject  string          `json:"subject"`
	Before   json.RawMessage `json:"before"`
	After    json.RawMessage `json:"after"`
}

// RetentionRow is a row of report.retention.
type RetentionRow struct {
	At        time.Time `json:"at"`
	Job       *string   `json:"job"` // nil: polls are taken of all jobs
	What      string    `json:"what"`
	RangeFrom time.Time `json:"range_from"`
	RangeTo   time.Time `json:"range_to"`
	Rows      int64     `json:"rows"`
	KeptFor   Interval  `json:"kept_for"`
	Actor     string    `json:"actor"`
}

// RunRow is a row of report.runs.
type RunRow struct {
	Job             string          `json:"job"`
	Source          string          `json:"source"`
	Provider        string          `json:"provider"`
	Labels          json.RawMessage `json:"labels"`
	RunNo           int32           `json:"run_no"`
	RunID           string          `json:"run_id"`
	State           string          `json:"state"`
	Status          string          `json:"status"`
	StartedAt       time.Time       `json:"started_at"`
	EndedAt         *time.Time      `json:"ended_at"`
	Reported        bool            `json:"reported"`
	Duration        *Interval       `json:"duration"`
	DurationMax     *Interval       `json:"duration_max"`
	FirstSeenAt     time.Time       `json:"first_seen_at"`
	LastChangedAt   time.Time       `json:"last_changed_at"`
	Steps           int32           `json:"steps"`
	Warnings        int32           `json:"warnings"`
	Errors          int32           `json:"errors"`
	ErrorSummary    *string         `json:"error_summary"`
	ResultCount     *int64          `json:"result_count"`
	ResultExpiresAt *time.Time      `json:"result_expires_at"`
	Why             *string         `json:"why"` // it has not succeeded, in the upstream's words
	WhyWithdrawn    bool            `json:"why_withdrawn"`
	FailedStep      *string         `json:"failed_step"`
	Superseded      bool            `json:"superseded"` // by another run, before anybody saw how it ended
	UsualDuration   *Interval       `json:"usual_duration"`
	Stalled         *bool           `json:"stalled"` // nil: it is a run as it was in the past
	HeldAt          *time.Time      `json:"held_at"` // since when retention leaves it alone; nil: it may take it

	Left history.Bounds `json:"-"` // of a superseded run in a History: when another took its place
}

// StepRow is a row of report.steps.
type StepRow struct {
	Job         string     `json:"job"`
	Source      string     `json:"source"`
	Provider    string     `json:"provider"`
	RunNo       int32      `json:"run_no"`
	StepNo      int32      `json:"step_no"`
	Step        string     `json:"step"`
	State       string     `json:"state"`
	Status      string     `json:"status"`
	StartedAt   time.Time  `json:"started_at"`
	EndedAt     *time.Time `json:"ended_at"`
	Reported    bool       `json:"reported"`
	Duration    *Interval  `json:"duration"`
	DurationMax *Interval  `json:"duration_max"`
	StartedRaw  *string    `json:"started_raw"`
	EndedRaw    *string    `json:"ended_raw"`
	ZoneAssumed bool       `json:"zone_assumed"`
	FirstSeenAt time.Time  `json:"first_seen_at"`
	VanishedAt  *time.Time `json:"vanished_at"`
}

// TransitionRow is a row of report.transitions.
type TransitionRow struct {
	Job          string     `json:"job"`
	Source       string     `json:"source"`
	Provider     string     `json:"provider"`
	TransitionNo int32      `json:"transition_no"`
	RunNo        int32      `json:"run_no"`
	StepNo       *int32     `json:"step_no"`
	Step         *string    `json:"step"`
	FromState    *string    `json:"from_state"`
	ToState      string     `json:"to_state"`
	FromStatus   *string    `json:"from_status"`
	ToStatus     string     `json:"to_status"`
	HappenedAt   *time.Time `json:"happened_at"`
	NotBefore    *time.Time `json:"not_before"`
	ObservedAt   time.Time  `json:"observed_at"`
	SnapshotNo   int32      `json:"snapshot_no"`
}

// Effective is when the change counts as done.
func (t TransitionRow) Effective() time.Time {
	return history.EffectiveAt(OrZero(t.HappenedAt), t.ObservedAt)
}

// Superseded reports a transition that closed a run whose end nobody saw.
func (t TransitionRow) Superseded() bool {
	return t.ToState == string(history.StateUnknown) && t.FromState != nil && *t.FromState != t.ToState && OrZero(t.FromStatus) == t.ToStatus
}

// Returned reports a run that came back with the status that it had.
func (t TransitionRow) Returned() bool {
	return OrZero(t.FromState) == t.ToState && OrZero(t.FromStatus) == t.ToStatus
}

// AnomalyRow is a row of report.anomalies.
type AnomalyRow struct {
	Job        string          `json:"job"`
	Source     string          `json:"source"`
	Provider   string          `json:"provider"`
	AnomalyNo  int32           `json:"anomaly_no"`
	RunNo      int32           `json:"run_no"`
	StepNo     *int32          `json:"step_no"`
	Kind       string          `json:"kind"`
	Was        json.RawMessage `json:"was"`
	Now        json.RawMessage `json:"now"`
	Count      int32           `json:"count"`
	ObservedAt time.Time       `json:"observed_at"`
	SnapshotNo int32           `json:"snapshot_no"`
}

// LogEntryRow is a row of report.log_entries.
type LogEntryRow struct {
	Job         string     `json:"job"`
	Source      string     `json:"source"`
	Provider    string     `json:"provider"`
	RunNo       int32      `json:"run_no"`
	StepNo      int32      `json:"step_no"`
	Step        string     `json:"step"`
	EntryNo     int32      `json:"entry_no"`
	CreatedAt   *time.Time `json:"created_at"`
	Level       string     `json:"level"`
	Detail      string     `json:"detail"`
	FirstSeenAt time.Time  `json:"first_seen_at"`
	WithdrawnAt *time.Time `json:"withdrawn_at"`
	CreatedRaw  string     `json:"created_raw"`
	ZoneAssumed bool       `json:"zone_assumed"`
}

// GapRow is a row of report.gaps.
type GapRow struct {
	Job      string     `json:"job"`
	Source   string     `json:"source"`
	Provider string     `json:"provider"`
	GapFrom  time.Time  `json:"gap_from"`
	GapTo    *time.Time `json:"gap_to"`
	Reason   string     `json:"reason"`
}

// By is a gap as it was known at a time, if it had begun: open where it ended later. The
// function report.gaps has it so, too.
func (g GapRow) By(at time.Time) (then GapRow, known bool) {
	if g.GapTo != nil && g.GapTo.After(at) {
		g.GapTo = nil
	}
	return g, !g.GapFrom.After(at)
}

// SnapshotHead is a row of report.snapshots without its body.
type SnapshotHead struct {
	Job            string     `json:"job"`
	Source         string     `json:"source"`
	Provider       string     `json:"provider"`
	SnapshotNo     int32      `json:"snapshot_no"`
	RunNo          int32      `json:"run_no"`
	ObservedAt     time.Time  `json:"observed_at"`
	NotBefore      *time.Time `json:"not_before"`
	ConfirmedAt    time.Time  `json:"confirmed_at"`
	Polls          int64      `json:"polls"`
	Status         string     `json:"status"`
	State          string     `json:"state"`
	SHA256         Hex        `json:"sha256"`
	Size           *int64     `json:"size"` // nil: retention took the body
	Interpretation int32      `json:"interpretation"`
}

// SnapshotRow is a row of report.snapshots.
type SnapshotRow struct {
	SnapshotHead

	Body     []byte  `json:"body"` // base64 in JSON, since it may be no text
	BodyText *string `json:"body_text"`
}

// PollRow is a row of report.polls.
type PollRow struct {
	Job        string    `json:"job"`
	Source     string    `json:"source"`
	Provider   string    `json:"provider"`
	PolledAt   time.Time `json:"polled_at"`
	Outcome    string    `json:"outcome"`
	HTTPStatus *int16    `json:"http_status"`
	Latency    Interval  `json:"latency"`
	SnapshotNo *int32    `json:"snapshot_no"`
	Error      *string   `json:"error"`
	ErrorBody  *string   `json:"error_body"`
}

// ResultItemRow is a row of report.result_items.
type ResultItemRow struct {
	Job      string          `json:"job"`
	Source   string          `json:"source"`
	Provider string          `json:"provider"`
	RunNo    int32           `json:"run_no"`
	ItemNo   int32           `json:"item_no"`
	ItemID   string          `json:"item_id"`
	URL      string          `json:"url"`
	Labels   []string        `json:"labels"`
	Output   json.RawMessage `json:"output"`
	Metadata json.RawMessage `json:"metadata"`
}

// StalledRow is a row of report.stalled.
type StalledRow struct {
	Job           string     `json:"job"`
	Source        string     `json:"source"`
	Provider      string     `json:"provider"`
	RunNo         int32      `json:"run_no"`
	Step          *string    `json:"step"`
	State         string     `json:"state"`
	Since         time.Time  `json:"since"`
	UsualDuration *Interval  `json:"usual_duration"`
	Reported      bool       `json:"reported"`
	StallAfter    *Interval  `json:"stall_after"`
	SeenAt        *time.Time `json:"seen_at"`
}

// EventRow is a row of report.events.
type EventRow struct {
	EntryNo    int64      `json:"entry_no"`
	At         time.Time  `json:"at"`
	Kind       string     `json:"kind"`
	Job        *string    `json:"job"`
	Source     *string    `json:"source"`
	RunNo      *int32     `json:"run_no"`
	Step       *string    `json:"step"`
	FromState  *string    `json:"from_state"`
	ToState    *string    `json:"to_state"`
	HappenedAt *time.Time `json:"happened_at"`
	NotBefore  *time.Time `json:"not_before"`
	ObservedAt time.Time  `json:"observed_at"`
	Anomaly    *string    `json:"anomaly"`
	Detail     *string    `json:"detail"`
	EventNo    int64      `json:"event_no"`
	JobID      *int64     `json:"-"`
}

// StatusRow is a row of report.status_as_of.
type StatusRow struct {
	Job      string    `json:"job"`
	Source   string    `json:"source"`
	Provider string    `json:"provider"`
	RunNo    int32     `json:"run_no"`
	RunID    string    `json:"run_id"`
	State    string    `json:"state"`
	Status   string    `json:"status"`
	Since    time.Time `json:"since"`
}

// Hex is bytes that JSON shows in hexadecimal.
type Hex []byte

// PollSummaryRow tells how often a job was polled.
type PollSummaryRow struct {
	Polls   int64      `json:"polls"`
	Failed  int64      `json:"failed_polls"`
	FirstAt *time.Time `json:"first_polled_at"`
	LastAt  *time.Time `json:"last_polled_at"`

	LastOutcome *string `json:"last_outcome"`

	AnsweredAt time.Time `json:"-"` // the last that was answered; zero: none was
}

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }
