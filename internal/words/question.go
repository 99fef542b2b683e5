package words

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Question is one that the database answers.
type Question struct {
	Name  string        // by which it is asked for
	Asks  string        // the question
	Since time.Duration // how far it looks back unless told otherwise; 0: it tells of now
	None  string        // what it means that there are no rows
	Spare []string      // columns that a narrow screen leaves out, the first one first
	Past  Past          // of which it can be asked
}

// Past is the past of which a question can be asked.
type Past int

// Which past that is.
const (
	NoPast    Past = iota // it tells of runs and steps as the newest answers have left them
	PastAsOf              // how things stood at a time
	PastKnown             // and by what was known at a time
)

// Questions are those that there are. A question is a function of the schema
// report and a line here, from which help, completion and docs/sql.md tell of it.
func Questions() []Question {
	const week = 7 * Day
	return []Question{
		{"failed-imports", "Which imports failed lately, and why?", week, "no import has failed", []string{"source", "duration", "step"}, NoPast},
		{"stalled", "What is stuck now?", 0, "nothing is stuck", []string{"source", "state", "stall_after", "usual_duration", "seen_at"}, NoPast},
		{"gaps", "When did we not look?", week, "no gap is known", []string{"source", "gap_to", "lasted"}, PastAsOf},
		{"new-errors", "Which error lines are new?", week, "no error line is new", []string{"jobs", "times"}, PastKnown},
		{"step-durations", "How long does each step take, by week?", 8 * week, "no step has ended", []string{"runs", "p95_duration"}, NoPast},
		{"time-in-state", "How long was each run in each state?", week, "nothing has run", []string{"source"}, PastKnown},
		{"runs-per-day", "How many imports ran per day and source?", 2 * week, "no run has begun", []string{"provider", "p95_duration", "p50_duration"}, NoPast},
		{"broken-streaks", "Which failed after a row of successes?", week, "no import has failed after five successes", []string{"source", "successes"}, NoPast},
		{"unusual-durations", "What took far longer or less than usual?", week, "no import took over twice, or under half, as long as usual", []string{"source", "state"}, NoPast},
		{"no-recent-success", "Which jobs have not succeeded lately?", week, "every job that is tracked has succeeded", []string{"source", "last_success_no", "state_since"}, NoPast},
		{"job-summary", "How reliable and quick is each job?", 30 * Day, "no job is tracked", []string{"source", "last_success_no", "ended", "succeeded", "p95_duration"}, NoPast},
	}
}

// Function is the name of the question's function in the schema report.
func (q Question) Function() string { return strings.ReplaceAll(q.Name, "-", "_") }

// CheckPast refuses a past of which the question cannot be asked, by the names of what
// asks for it: why stands here alone.
func (q Question) CheckPast(names PastNames, asOf, knownAt bool) error {
	switch {
	case (asOf || knownAt) && q.Past == NoPast && q.Since == 0:
		return fmt.Errorf("report %s tells of now: how a job stood then, tell  tracker history JOB --as-of T --known-at T  and report.status_as_of", q.Name)
	case (asOf || knownAt) && q.Past == NoPast:
		return fmt.Errorf("report %s has no past: it tells of runs and steps as the newest answers have left them, and a service writes over times and log entries; "+
			"what a job's were then, tells  tracker history JOB --as-of T --known-at T,  and %s of all jobs take %s", q.Name, askedOfPast(), names.AsOf)
	case knownAt && q.Past == PastAsOf:
		return fmt.Errorf("report %s takes %s, and no %s: a gap is known once a poll has ended it, and when that was is not kept", q.Name, names.AsOf, names.KnownAt)
	}
	return nil
}

// PastNames are the names by which a past is asked for.
type PastNames struct{ AsOf, KnownAt string }

// askedOfPast lists the reports that can be asked of the past.
func askedOfPast() string {
	var names []string
	for _, q := range Questions() {
		if q.Past != NoPast {
			names = append(names, q.Name)
		}
	}
	slices.Sort(names)
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
