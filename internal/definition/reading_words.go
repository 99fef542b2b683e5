package definition

import (
	"fmt"
	"strings"
)

// Lines tells what would be recorded, in words.
func (r Reading) Lines() (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	switch {
	case r.Malformed != "":
		say("malformed: %s", r.Malformed)
		return lines
	case r.Rejected != "":
		say("rejected: the service said %q", r.Rejected)
		return lines
	}
	say("run %s: %s (%s)", r.RunID, r.State, r.Status)
	if r.State == "unknown" {
		say("  the word %q is in no list of states: it would be kept, and told as an anomaly", r.Status)
	}
	for _, at := range []struct{ what, text string }{{"started", r.StartedAt}, {"ended", r.EndedAt}, {"results expire", r.ResultExpiresAt}} {
		if at.text != "" {
			say("  %s %s", at.what, at.text)
		}
	}
	if r.ErrorSummary != nil {
		say("  error summary: %s", *r.ErrorSummary)
	}
	if r.ResultCount != nil {
		say("  results: %d", *r.ResultCount)
	}
	if r.StepsObserved {
		say("  no steps are reported: they are observed, from one poll to the next")
	}
	for _, step := range r.Steps {
		say("  step %s: %s (%s)%s", step.Name, step.State, step.Status, span(step.Start, step.End))
	}
	for _, entry := range r.Entries {
		say("  %s", strings.Join(strings.Fields(entry.Step+" "+entry.At+" "+entry.Level+" "+entry.Detail), " "))
	}
	for _, item := range r.Items {
		say("  result %s %s", item.ID, item.URL)
	}
	return lines
}

func span(start, end string) string {
	switch {
	case start == "" && end == "":
		return ""
	case end == "":
		return ", since " + start
	case start == "":
		return ", until " + end
	default:
		return ", " + start + " to " + end
	}
}
