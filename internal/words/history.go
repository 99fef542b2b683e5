package words

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
)

// History tells what is known of a job: how it stands, what happened to its
// runs, and how that is known.
type History struct {
	tracking.Knowledge
	Clock

	Narrow bool // there is no room for long words beside an event
}

// NewHistory tells what is known to somebody who reads it when it was read.
func NewHistory(k tracking.Knowledge) History {
	return History{Knowledge: k, Clock: Clock{ReadAt: k.Now}}
}

// Unpolled tells that nobody had polled by then; it is empty where somebody had.
func (h History) Unpolled() string {
	switch {
	case !h.Knowledge.Unpolled():
		return ""
	case h.FirstPollAt.IsZero():
		return "nobody has polled yet"
	default:
		return "nobody polled before " + h.Zoned(h.FirstPollAt)
	}
}

// State tells the job's state and since when it has it.
func (h History) State() []terminal.Span {
	switch {
	case h.Job.State == nil && h.Knowledge.Unpolled():
		return []terminal.Span{terminal.Plain("nothing is known of then")}
	case h.LatestTaken > 0:
		return []terminal.Span{terminal.Plain(fmt.Sprintf("run %d was the latest, and retention has taken it since", h.LatestTaken))}
	case h.Job.State == nil && h.Past():
		return []terminal.Span{terminal.Plain("no run by then")}
	case h.Job.State == nil:
		return []terminal.Span{terminal.Plain("no answer yet")}
	}
	state := Marked(*h.Job.State, *h.Job.State)
	if h.unanswered() && !history.State(*h.Job.State).Terminal() {
		return []terminal.Span{
			state, terminal.Plain(" when last seen, "), terminal.Plain(h.Zoned(h.AnsweredAt)).Whole(), terminal.Plain(" "),
			terminal.Plain("(" + h.Ago(h.AnsweredAt) + ")").Whole(),
		}
	}
	since := store.OrZero(h.Job.StateSince)
	late := ""
	if !h.Job.StateSinceReported {
		since, late = CeilSecond(since), " at the latest"
	}
	spans := []terminal.Span{state, terminal.Plain(" since "), terminal.Plain(h.Zoned(since)).Whole(), terminal.Plain(late)}
	if !h.Past() {
		spans = append(spans, terminal.Plain(" "), terminal.Plain("("+h.Ago(since)+")").Whole())
	}
	return spans
}

// unanswered reports that the latest polls got no answer.
func (h History) unanswered() bool {
	return !h.Past() && h.Job.Failures > 0 && !h.AnsweredAt.IsZero()
}

// Where tells what the job is: its source, its target and its labels.
func (h History) Where(short bool) []terminal.Span {
	var target, labels map[string]string
	_ = json.Unmarshal(h.Job.Target, &target) // of strings, as it was registered
	_ = json.Unmarshal(h.Job.Labels, &labels)
	parts := []string{h.Job.Source, targetText(target, h.TargetFields, short)}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	var spans []terminal.Span
	for _, part := range slices.DeleteFunc(parts, func(part string) bool { return part == "" }) {
		if len(spans) > 0 {
			spans = append(spans, terminal.Faint(" · "))
		}
		spans = append(spans, terminal.Faint(part).Whole())
	}
	return spans
}

// targetText shows a target: "dataset 8c4c51f1…22c0", or its fields' values in
// their provider's order: "products/request_01KHS…WE9".
func targetText(target map[string]string, fields []string, short bool) string {
	names := slices.Sorted(maps.Keys(target))
	if slices.Equal(slices.Sorted(slices.Values(fields)), names) {
		names = fields
	}
	var values []string
	for _, name := range names {
		value := target[name]
		if short {
			value = terminal.Shorten(value)
		}
		values = append(values, value)
	}
	if len(names) == 1 {
		return strings.TrimSuffix(names[0], "_id") + " " + values[0]
	}
	return strings.Join(values, "/")
}

// Summary tells, a line each, what there is to say of the time that is meant, of
// the run, of the polling and of the job. With short, what the service says is cut.
func (h History) Summary(short bool) [][]terminal.Span {
	var lines [][]terminal.Span
	add := func(spans ...terminal.Span) { lines = append(lines, spans) }
	if h.Past() {
		add(terminal.Styled(terminal.StyleYellow, "as of "+h.Zoned(h.AsOf)).Whole(), terminal.Styled(terminal.StyleYellow, ", by what was known at "),
			terminal.Styled(terminal.StyleYellow, h.Zoned(h.KnownAt)).Whole())
	}
	if text := h.Unpolled(); text != "" {
		add(terminal.Styled(terminal.StyleYellow, text))
	}
	ended := history.State(store.OrZero(h.Job.State)).Terminal()
	if h.unanswered() && !ended {
		add(h.failing()...)
	}
	switch {
	case len(h.Runs) > 0:
		add(h.Verdict(h.Detailed(), short)...)
	case !h.Past():
		add(h.unseen()...)
	}
	if h.unanswered() && ended {
		add(h.failing()...)
	}
	if h.Polled.Polls > 0 {
		add(h.polls()...)
	}
	if spans := h.taken(); spans != nil {
		add(spans...)
	}
	for _, erasure := range h.Erasures {
		add(h.erased(erasure)...)
	}
	if spans := h.notTracked(); spans != nil && !h.Past() {
		add(spans...)
	}
	return lines
}

// Detailed is the run to show in detail: the one that was asked for, else the latest.
func (h History) Detailed() store.RunRow {
	wanted := int32(h.RunNo)
	if wanted == 0 {
		wanted = store.OrZero(h.Job.RunNo)
	}
	for _, run := range h.Runs {
		if run.RunNo == wanted {
			return run
		}
	}
	return h.Runs[0]
}

// steps are those of a run.
func (h History) steps(run store.RunRow) []store.StepRow {
	var steps []store.StepRow
	for _, step := range h.Steps {
		if step.RunNo == run.RunNo {
			steps = append(steps, step)
		}
	}
	return steps
}

// step is one of a run's steps.
func (h History) step(runNo, stepNo int32) store.StepRow {
	for _, step := range h.Steps {
		if step.RunNo == runNo && step.StepNo == stepNo {
			return step
		}
	}
	return store.StepRow{}
}
