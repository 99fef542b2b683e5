package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// historyView is all that the screen of a history shows.
type historyView struct {
	store.History
	clock

	runNo        int       // of the run to show in detail; 0: the latest
	answeredAt   time.Time // when the last poll that got an answer was sent; zero: none did
	sourcePaused *string   // why the source is paused; nil: it is not
	asOf         time.Time // zero: the present
	knownAt      time.Time // with asOf
	firstPoll    time.Time // with asOf; zero: nobody has polled yet
	patience     patience  // with the latest run; zero: there is nothing to judge it by
	narrow       bool      // the screen has no room for long words
}

// narrowWidth is where a screen has room for them.
const narrowWidth = 80

// historyText answers "what happened to this import?" in its first two lines;
// the rest is the evidence.
func historyText(v historyView, s screen) string {
	p := newPage(s)
	v.narrow = s.width > 0 && s.width < narrowWidth
	where := v.headline(p)
	v.standing(p)
	if where != nil {
		p.line(where...)
	}
	if len(v.Runs) > 0 {
		p.blank()
		v.runTable(p)
		p.blank()
		v.runDetail(p, v.detailed())
	} else if len(v.Changes) > 0 {
		p.blank()
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
		return "nobody polled before " + v.at(v.firstPoll) + " UTC"
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
func (v historyView) headline(p *page) (where []span) {
	line := append([]span{styled(styleBold, v.Job.Job), plain("  ")}, v.state()...)
	for _, short := range []bool{false, true} {
		where = v.where(short)
		if p.width == 0 || spansWidth(line)+4+spansWidth(where) <= p.width {
			p.line(append(append(line, plain("    ").whole()), where...)...)
			return nil
		}
	}
	p.line(line...)
	if where = v.where(false); spansWidth(where) > p.width {
		where = v.where(true)
	}
	return where
}

// state tells the job's state and since when it has it.
func (v historyView) state() []span {
	switch {
	case v.Job.State == nil && v.untracked() != "":
		return []span{plain("nothing is known of then")}
	case v.Job.State == nil && v.past():
		return []span{plain("no run by then")}
	case v.Job.State == nil:
		return []span{plain("no answer yet")}
	}
	state := marked(*v.Job.State, *v.Job.State)
	if v.unanswered() && !history.State(*v.Job.State).Terminal() {
		return []span{state, plain(" when last seen, "), plain(v.at(v.answeredAt) + " UTC").whole(), plain(" "), plain("(" + v.ago(v.answeredAt) + ")").whole()}
	}
	since := deref(v.Job.StateSince)
	late := ""
	if t, found := v.latestTransition(deref(v.Job.RunNo)); found && t.HappenedAt == nil {
		since, late = ceilSecond(since), " at the latest"
	}
	spans := []span{state, plain(" since "), plain(v.at(since) + " UTC").whole(), plain(late)}
	if !v.past() {
		spans = append(spans, plain(" "), plain("("+v.ago(since)+")").whole())
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
func (v historyView) where(short bool) []span {
	var target, labels map[string]string
	_ = json.Unmarshal(v.Job.Target, &target) // of strings, as it was registered
	_ = json.Unmarshal(v.Job.Labels, &labels)
	parts := []string{v.Job.Source, targetText(target, short)}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	var spans []span
	for _, part := range slices.DeleteFunc(parts, func(part string) bool { return part == "" }) {
		if len(spans) > 0 {
			spans = append(spans, faint(" · "))
		}
		spans = append(spans, faint(part).whole())
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
			value = shorten(value)
		}
		values = append(values, value)
	}
	if len(names) == 1 {
		return strings.TrimSuffix(names[0], "_id") + " " + values[0]
	}
	return strings.Join(values, "/")
}

// standing writes what is to say of the run, of the looking and of the job.
func (v historyView) standing(p *page) {
	if v.past() {
		p.line(styled(styleYellow, "as of "+v.at(v.asOf)+" UTC").whole(), styled(styleYellow, ", by what was known at "),
			styled(styleYellow, v.at(v.knownAt)+" UTC").whole())
	}
	if text := v.untracked(); text != "" {
		p.line(styled(styleYellow, text))
	}
	terminal := history.State(deref(v.Job.State)).Terminal()
	if v.unanswered() && !terminal {
		p.line(v.unansweredText()...)
	}
	switch {
	case len(v.Runs) > 0:
		p.line(v.verdict(v.detailed(), p.width > 0)...)
	case !v.past():
		p.line(v.unseen()...)
	}
	if v.unanswered() && terminal {
		p.line(v.unansweredText()...)
	}
	if v.Looked.Polls > 0 {
		p.line(v.looked()...)
	}
	if tracking := v.tracking(); tracking != nil && !v.past() {
		p.line(tracking...)
	}
}
