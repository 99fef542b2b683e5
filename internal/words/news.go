package words

import (
	"fmt"
	"strings"

	"tracker/internal/history"
	"tracker/internal/terminal"
)

// News tells in a few words what a new answer brought.
func News(c history.Change) string {
	var texts []string
	for _, t := range c.Transitions {
		if t.StepNo == 0 && t.RunNo == c.RunNo {
			texts = append(texts, transitionText(t, c))
		}
	}
	if n := newEntries(c); n > 0 {
		texts = append(texts, terminal.Plural(n, "new log entry", "new log entries"))
	}
	if len(c.Anomalies) > 0 {
		texts = append(texts, terminal.Plural(len(c.Anomalies), "anomaly", "anomalies")+": "+string(c.Anomalies[0].Kind))
	}
	if len(texts) == 0 {
		texts = append(texts, terminal.Plural(len(c.Steps), "step changed", "steps changed"))
	}
	return strings.Join(texts, ", ")
}

func transitionText(t history.Transition, c history.Change) string {
	if t.FromState == "" {
		return fmt.Sprintf("run %d: %s", c.RunNo, t.ToStatus)
	}
	if t.FromStatus == t.ToStatus && t.FromState == t.ToState {
		return fmt.Sprintf("run %d: back as %s", c.RunNo, t.ToStatus)
	}
	return fmt.Sprintf("run %d: %s → %s", c.RunNo, t.FromStatus, t.ToStatus)
}

func newEntries(c history.Change) int {
	n := 0
	for _, e := range c.Entries {
		if e.New {
			n++
		}
	}
	return n
}
