package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// historyView is all that the screen of a history shows.
type historyView struct {
	store.History
	words.Clock

	runNo        int        // of the run to show in detail; 0: the latest
	answeredAt   time.Time  // when the last poll that got an answer was sent; zero: none did
	sourcePaused *string    // why the source is paused; nil: it is not
	asOf         time.Time  // zero: the present
	knownAt      time.Time  // with asOf
	firstPoll    time.Time  // with asOf; zero: nobody has polled yet
	pace         store.Pace // what the latest run is judged by, if it goes on
	narrow       bool       // the screen has no room for long words
}

// narrowWidth is where a screen has room for them.
const narrowWidth = 80

// historyText answers "what happened to this import?" in its first two lines;
// the rest is the evidence.
func historyText(v historyView, s terminal.Screen) string {
	p := terminal.NewPage(s)
	v.narrow = s.Width > 0 && s.Width < narrowWidth
	where := v.headline(p)
	v.standing(p)
	if where != nil {
		p.Line(where...)
	}
	if len(v.Runs) > 0 {
		p.Blank()
		v.runTable(p)
		p.Blank()
		v.runDetail(p, v.detailed())
	} else if len(v.Changes) > 0 {
		p.Blank()
		v.changeLines(p)
	}
	return p.String()
}

// past reports a view of what was, not of what is.
func (v historyView) past() bool { return !v.asOf.IsZero() }

// untracked tells that nobody looked by then. What is known of that time all the
// same is what the service told afterwards. It is empty where somebody did.
func (v historyView) untracked() string {
	switch {
	case !v.past():
		return ""
	case v.firstPoll.IsZero():
		return "nobody has polled yet"
	case v.asOf.Before(v.firstPoll) || v.knownAt.Before(v.firstPoll):
		return "nobody polled before " + v.At(v.firstPoll) + " UTC"
	default:
		return ""
	}
}

// detailed is the run to show in detail.
func (v historyView) detailed() store.RunRow {
	wanted := int32(v.runNo)
	if wanted == 0 {
		wanted = deref(v.Job.RunNo)
	}
	for _, run := range v.Runs {
		if run.RunNo == wanted {
			return run
		}
	}
	return v.Runs[0]
}

// headline writes the job's state and, where there is room beside it, what the
// job is; else it returns that.
func (v historyView) headline(p *terminal.Page) (where []terminal.Span) {
	line := append([]terminal.Span{terminal.Styled(terminal.StyleBold, v.Job.Job), terminal.Plain("  ")}, v.state()...)
	for _, short := range []bool{false, true} {
		where = v.where(short)
		if p.Width == 0 || terminal.Width(line)+4+terminal.Width(where) <= p.Width {
			p.Line(append(append(line, terminal.Plain("    ").Whole()), where...)...)
			return nil
		}
	}
	p.Line(line...)
	if where = v.where(false); terminal.Width(where) > p.Width {
		where = v.where(true)
	}
	return where
}

// state tells the job's state and since when it has it.
func (v historyView) state() []terminal.Span {
	switch {
	case v.Job.State == nil && v.untracked() != "":
		return []terminal.Span{terminal.Plain("nothing is known of then")}
	case v.Job.State == nil && v.past():
		return []terminal.Span{terminal.Plain("no run by then")}
	case v.Job.State == nil:
		return []terminal.Span{terminal.Plain("no answer yet")}
	}
	state := words.Marked(*v.Job.State, *v.Job.State)
	if v.unanswered() && !history.State(*v.Job.State).Terminal() {
		return []terminal.Span{state, terminal.Plain(" when last seen, "), terminal.Plain(v.At(v.answeredAt) + " UTC").Whole(), terminal.Plain(" "), terminal.Plain("(" + v.Ago(v.answeredAt) + ")").Whole()}
	}
	since := deref(v.Job.StateSince)
	late := ""
	if t, found := v.latestTransition(deref(v.Job.RunNo)); found && t.HappenedAt == nil {
		since, late = words.CeilSecond(since), " at the latest"
	}
	spans := []terminal.Span{state, terminal.Plain(" since "), terminal.Plain(v.At(since) + " UTC").Whole(), terminal.Plain(late)}
	if !v.past() {
		spans = append(spans, terminal.Plain(" "), terminal.Plain("("+v.Ago(since)+")").Whole())
	}
	return spans
}

// unanswered reports that the latest polls got no answer.
func (v historyView) unanswered() bool {
	return !v.past() && v.Job.Failures > 0 && !v.answeredAt.IsZero()
}

// latestTransition is the newest of a run itself.
func (v historyView) latestTransition(runNo int32) (store.TransitionRow, bool) {
	for _, t := range slices.Backward(v.Transitions) {
		if t.RunNo == runNo && t.StepNo == nil {
			return t, true
		}
	}
	return store.TransitionRow{}, false
}

// where tells what the job is: its source, its target and its labels.
func (v historyView) where(short bool) []terminal.Span {
	var target, labels map[string]string
	_ = json.Unmarshal(v.Job.Target, &target) // of strings, as it was registered
	_ = json.Unmarshal(v.Job.Labels, &labels)
	parts := []string{v.Job.Source, targetText(target, short)}
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
// the order of their names: "products/request_01KHS…WE9".
func targetText(target map[string]string, short bool) string {
	names := slices.Sorted(maps.Keys(target))
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

// standing writes what is to say of the run, of the looking and of the job.
func (v historyView) standing(p *terminal.Page) {
	if v.past() {
		p.Line(terminal.Styled(terminal.StyleYellow, "as of "+v.At(v.asOf)+" UTC").Whole(), terminal.Styled(terminal.StyleYellow, ", by what was known at "),
			terminal.Styled(terminal.StyleYellow, v.At(v.knownAt)+" UTC").Whole())
	}
	if text := v.untracked(); text != "" {
		p.Line(terminal.Styled(terminal.StyleYellow, text))
	}
	terminal := history.State(deref(v.Job.State)).Terminal()
	if v.unanswered() && !terminal {
		p.Line(v.unansweredText()...)
	}
	switch {
	case len(v.Runs) > 0:
		p.Line(v.verdict(v.detailed(), p.Width > 0)...)
	case !v.past():
		p.Line(v.unseen()...)
	}
	if v.unanswered() && terminal {
		p.Line(v.unansweredText()...)
	}
	if v.Looked.Polls > 0 {
		p.Line(v.looked()...)
	}
	if tracking := v.tracking(); tracking != nil && !v.past() {
		p.Line(tracking...)
	}
}
