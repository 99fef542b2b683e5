package store

import "time"

// The rows of answers. Their JSON keys are the columns of the same questions in
// docs/sql.md; what is null there is null here.

// Tracked is how far anybody looked at some jobs.
type Tracked struct {
	Jobs          int64      // registered, removed ones too
	Polled        int64      // of these, that were ever polled
	Answered      int64      // of these, for which a poll was ever answered
	Failing       int64      // of these, that are tracked and got no answer last
	RegisteredAt  *time.Time // of the first; nil: there is none
	PolledAt      *time.Time // the last poll; nil: there was none
	FirstAnswerAt *time.Time // nil: there was none
}

// FailedImportRow is an import that failed, and why.
type FailedImportRow struct {
	Job         string    `json:"job"`
	Source      string    `json:"source"`
	RunNo       int32     `json:"run_no"`
	EndedAt     time.Time `json:"ended_at"`
	Duration    Interval  `json:"duration"`
	Step        *string   `json:"step"`         // the last that failed
	Why         *string   `json:"why"`          // as report.runs has it
	DurationMax *Interval `json:"duration_max"` // nil: nothing bounds it
	Reported    bool      `json:"reported"`     // every time is the upstream's
}

// StalledRow is a row of report.stalled.
type StalledRow struct {
	Job           string    `json:"job"`
	Source        string    `json:"source"`
	RunNo         int32     `json:"run_no"`
	Step          *string   `json:"step"`
	State         string    `json:"state"`
	Since         time.Time `json:"since"`
	UsualDuration *Interval `json:"usual_duration"`
	StallAfter    *Interval `json:"stall_after"` // decides; nil: three times usual_duration does
	Reported      bool      `json:"reported"`    // every time is the upstream's
}

// LastedGapRow is a gap and how long it has lasted.
type LastedGapRow struct {
	Job     string     `json:"job"`
	Source  string     `json:"source"`
	GapFrom time.Time  `json:"gap_from"`
	GapTo   *time.Time `json:"gap_to"`
	Lasted  Interval   `json:"lasted"`
	Reason  string     `json:"reason"`
}

// NewErrorRow is an error line that its source had never logged before.
type NewErrorRow struct {
	Source      string    `json:"source"`
	Line        string    `json:"line"` // with N for numbers
	FirstSeenAt time.Time `json:"first_seen_at"`
	Times       int64     `json:"times"`
	Jobs        int64     `json:"jobs"`
}

// StepDurationRow is how long a step took in a week.
type StepDurationRow struct {
	Week           time.Time `json:"week"` // its beginning
	Source         string    `json:"source"`
	Step           string    `json:"step"`
	Runs           int64     `json:"runs"`
	P50Duration    Interval  `json:"p50_duration"`
	P95Duration    Interval  `json:"p95_duration"`
	P50DurationMax *Interval `json:"p50_duration_max"` // of the upper bounds; nil: there is none of some
	P95DurationMax *Interval `json:"p95_duration_max"`
	Reported       bool      `json:"reported"` // every time is the upstream's
}

// TimeInStateRow is how long a run was in a state.
type TimeInStateRow struct {
	Job    string   `json:"job"`
	Source string   `json:"source"`
	RunNo  int32    `json:"run_no"`
	State  string   `json:"state"`
	Spent  Interval `json:"spent"`
}

// RunsPerDayRow counts the runs that began on a day at a source.
type RunsPerDayRow struct {
	Day            string    `json:"day"` // as 2006-01-02, in UTC
	Source         string    `json:"source"`
	Provider       string    `json:"provider"`
	Runs           int64     `json:"runs"`
	Succeeded      int64     `json:"succeeded"`
	Failed         int64     `json:"failed"`
	P50Duration    *Interval `json:"p50_duration"`
	P95Duration    *Interval `json:"p95_duration"`
	P50DurationMax *Interval `json:"p50_duration_max"` // of the upper bounds; nil: there is none of some
	P95DurationMax *Interval `json:"p95_duration_max"`
	Reported       bool      `json:"reported"` // every time is the upstream's
}

// BrokenStreakRow is a failure after a row of successes.
type BrokenStreakRow struct {
	Job       string    `json:"job"`
	Source    string    `json:"source"`
	RunNo     int32     `json:"run_no"`
	EndedAt   time.Time `json:"ended_at"`
	Successes int64     `json:"successes"`
	Reported  bool      `json:"reported"` // every time is the upstream's
}

// UnusualDurationRow is a run that took much longer, or was much quicker, than usual.
type UnusualDurationRow struct {
	Job           string    `json:"job"`
	Source        string    `json:"source"`
	RunNo         int32     `json:"run_no"`
	State         string    `json:"state"`
	StartedAt     time.Time `json:"started_at"`
	Duration      Interval  `json:"duration"`
	UsualDuration Interval  `json:"usual_duration"`
	DurationMax   *Interval `json:"duration_max"` // nil: nothing bounds it
	Reported      bool      `json:"reported"`     // every time is the upstream's
}

// NoRecentSuccessRow is a job whose last success is long ago, or that never had one.
type NoRecentSuccessRow struct {
	Job                string     `json:"job"`
	Source             string     `json:"source"`
	State              *string    `json:"state"`
	StateSince         *time.Time `json:"state_since"`
	LastSuccessNo      *int32     `json:"last_success_no"`
	LastSuccessAt      *time.Time `json:"last_success_at"`
	StateSinceReported bool       `json:"state_since_reported"` // state_since is the upstream's
	Reported           bool       `json:"reported"`             // last_success_at is the upstream's
}

// JobSummaryRow is how a job's runs went that began in a stretch of time.
type JobSummaryRow struct {
	Job            string     `json:"job"`
	Source         string     `json:"source"`
	Runs           int64      `json:"runs"`
	Ended          int64      `json:"ended"` // of these
	Succeeded      int64      `json:"succeeded"`
	Percent        *float64   `json:"percent"` // of those that have ended, that succeeded
	P50Duration    *Interval  `json:"p50_duration"`
	P95Duration    *Interval  `json:"p95_duration"`
	LastSuccessNo  *int32     `json:"last_success_no"` // whenever it was
	LastSuccessAt  *time.Time `json:"last_success_at"`
	P50DurationMax *Interval  `json:"p50_duration_max"` // of the upper bounds; nil: there is none of some
	P95DurationMax *Interval  `json:"p95_duration_max"`
	Reported       bool       `json:"reported"` // last_success_at is the upstream's
}
