package words

import (
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

	// Overwritten: it tells of what a service may write over: starts, ends, names and
	// summaries, and what was withdrawn.
	Overwritten bool
}

// Questions are those that there are. A question is a function of the schema
// report and a line here, from which help, completion and docs/sql.md tell of it.
func Questions() []Question {
	const week = 7 * Day
	return []Question{
		{"failed-imports", "Which imports failed lately, and why?", week, "no import has failed", []string{"source", "duration", "step"}, true},
		{"stalled", "What is stuck now?", 0, "nothing is stuck", []string{"source", "state", "stall_after", "usual_duration", "seen_at"}, true},
		{"gaps", "When did we not look?", week, "no gap is known", []string{"source", "gap_to", "lasted"}, false},
		{"new-errors", "Which error lines are new?", week, "no error line is new", []string{"jobs", "times"}, false},
		{"step-durations", "How long does each step take, by week?", 8 * week, "no step has ended", []string{"runs", "p95_duration"}, true},
		{"time-in-state", "How long was each run in each state?", week, "nothing has run", []string{"source"}, false},
		{"runs-per-day", "How many imports ran per day and source?", 2 * week, "no run has begun", []string{"provider", "p95_duration", "p50_duration"}, true},
		{"broken-streaks", "Which failed after a row of successes?", week, "no import has failed after five successes", []string{"source", "successes"}, true},
		{"unusual-durations", "What took far longer or less than usual?", week, "no import took over twice, or under half, as long as usual", []string{"source", "state"}, true},
		{"no-recent-success", "Which jobs have not succeeded lately?", week, "every job that is tracked has succeeded", []string{"source", "last_success_no", "state_since"}, true},
		{"job-summary", "How reliable and quick is each job?", 30 * Day, "no job is tracked", []string{"source", "last_success_no", "ended", "succeeded", "p95_duration"}, true},
	}
}

// QuestionNames are the names of all questions.
func QuestionNames() []string {
	var names []string
	for _, q := range Questions() {
		names = append(names, q.Name)
	}
	return names
}

// QuestionNamed is the question of a name, if there is one.
func QuestionNamed(name string) (q Question, found bool) {
	all := Questions()
	at := slices.IndexFunc(all, func(q Question) bool { return q.Name == name })
	if at < 0 {
		return Question{}, false
	}
	return all[at], true
}

// Function is the name of the question's function in the schema report.
func (q Question) Function() string { return strings.ReplaceAll(q.Name, "-", "_") }
