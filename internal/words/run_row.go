package words

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// stepsMost is how many steps of a run stand in its row.
const stepsMost = 10

// Started tells when a run began, or by when it had.
func (h History) Started(run store.RunRow) string {
	if run.StartedAt.Equal(run.FirstSeenAt) {
		return h.DayAt(CeilSecond(run.StartedAt), "by ")
	}
	return h.DayAt(run.StartedAt, "")
}

// Took tells how long a run took, or has taken so far.
func (h History) Took(run store.RunRow) string {
	if history.State(run.State).Terminal() {
		return Bounds(run.Duration, run.DurationMax)
	}
	if d := h.soFar(run); d >= time.Second {
		return "≥ " + AtLeast(d)
	}
	return ""
}

// RunSteps lists a run's steps with how long they took; a step that did not
// succeed has its symbol.
func (h History) RunSteps(run store.RunRow) []terminal.Span {
	var spans []terminal.Span
	steps := h.steps(run)
	shown := chiefSteps(steps)
	for _, step := range shown {
		if len(spans) > 0 {
			spans = append(spans, terminal.Faint(" · "))
		}
		spans = append(spans, terminal.Plain(step.Step))
		if symbol, look := StateMark(step.State); step.State != string(history.StateSucceeded) {
			spans = append(spans, terminal.Plain(" "), terminal.Styled(look, symbol))
		}
		if took := Bounds(step.Duration, step.DurationMax); took != "" {
			spans = append(spans, terminal.Plain(" "+took))
		}
	}
	if more := len(steps) - len(shown); more > 0 {
		spans = append(spans, terminal.Faint(fmt.Sprintf(" · … %s more", humanize.Comma(int64(more)))))
	}
	return spans
}

// chiefSteps are those that a row has room for, in their order: first those
// that did not succeed, then the first of the others.
func chiefSteps(steps []store.StepRow) []store.StepRow {
	if len(steps) <= stepsMost {
		return steps
	}
	var chief []store.StepRow
	for _, succeeded := range []bool{false, true} {
		for _, step := range steps {
			if len(chief) < stepsMost && (step.State == string(history.StateSucceeded)) == succeeded {
				chief = append(chief, step)
			}
		}
	}
	slices.SortFunc(chief, func(x, y store.StepRow) int { return cmp.Compare(x.StepNo, y.StepNo) })
	return chief
}

// Note is what makes a run unlike others. It tells of errors and warnings that
// are not shown beside it.
func (h History) Note(run store.RunRow, errors, warnings bool) terminal.Span {
	var parts []string
	look := terminal.StyleNone
	if run.Superseded {
		return terminal.Styled(terminal.StyleMagenta, "superseded, its end was not seen")
	}
	switch history.State(run.State) {
	case history.StateUnknown:
		parts, look = append(parts, "status "+Quote(run.Status, false)), terminal.StyleMagenta
	case history.StateFailed:
		if run.Why != nil {
			parts = append(parts, Quote(*run.Why, false)+withdrawn(run))
		}
	default:
		if run.ErrorSummary != nil {
			parts = append(parts, Quote(*run.ErrorSummary, false))
		}
	}
	if errors && run.Errors > 0 {
		parts = append(parts, english.Plural(int(run.Errors), "error", ""))
	}
	if warnings && run.Warnings > 0 {
		parts = append(parts, english.Plural(int(run.Warnings), "warning", ""))
	}
	if n := h.oddities(run); n > 0 {
		parts, look = append([]string{terminal.Plural(n, "anomaly", "anomalies")}, parts...), terminal.StyleMagenta
	}
	if run.ResultCount != nil {
		parts = append(parts, english.Plural(int(*run.ResultCount), "result", ""))
	}
	return terminal.Styled(look, strings.Join(parts, ", "))
}

// oddities counts a run's anomalies.
func (h History) oddities(run store.RunRow) int {
	n := 0
	for _, a := range h.Anomalies {
		if a.RunNo == run.RunNo {
			n++
		}
	}
	return n
}

// Held tells since when a run is on hold; nil of one that is not.
func (h History) Held(run store.RunRow) []terminal.Span {
	if run.HeldAt == nil {
		return nil
	}
	return []terminal.Span{terminal.Plain("  "), terminal.Styled(terminal.StyleYellow, "on hold since "+h.Near(*run.HeldAt)).Whole()}
}
