package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

const (
	// wideWidth is where a screen has room for more.
	wideWidth = 130
	// leastText is how narrow the text at the end of a row may get.
	leastText = 36
)

// soFar is how long a run is known to go on, and whether that is up to now.
func (v watchView) soFar(run store.WatchRun) (d time.Duration, now bool) {
	until := run.ConfirmedAt
	if run.Failures == 0 && v.ReadAt.Sub(run.ConfirmedAt) <= words.FreshPoll && v.unserved() == "" {
		until, now = v.ReadAt, true
	}
	return max(0, until.Sub(began(run))), now
}

// began is when a run began, but no later than when it was first seen: a
// service's clock may be ahead.
func began(run store.WatchRun) time.Time {
	if run.FirstSeenAt.IsZero() {
		return run.StartedAt
	}
	return history.EffectiveAt(run.StartedAt, run.FirstSeenAt)
}

// running is the section of the runs that go on.
func (v watchView) running(s terminal.Screen) terminal.Section {
	narrowest := 3
	var rows [][][]terminal.Span
	for detail := range narrowest + 1 {
		rows = nil
		for _, run := range v.Running {
			rows = append(rows, v.runningRow(run, s, detail))
		}
		if s.Width <= 0 || terminal.Widest(terminal.Align(rows)) <= s.Width {
			break
		}
	}
	return terminal.NewSection("RUNNING NOW", oneLined(rows, s), v.count(going))
}

// runningRow shows a run; the higher detail, the less of it.
func (v watchView) runningRow(run store.WatchRun, s terminal.Screen, detail int) [][]terminal.Span {
	width := s.Width
	if width <= 0 {
		width = wideWidth
	}
	symbol, look := words.StateMark(run.State)
	row := [][]terminal.Span{{terminal.Styled(look, symbol), terminal.Plain(" "), terminal.Plain(terminal.Cut(run.Job, max(20, width/4)))}}
	if detail == 0 && width >= wideWidth {
		row = append(row, terminal.Cell(terminal.Faint(terminal.Cut(run.Source, 24))), terminal.Cell(terminal.Faint(fmt.Sprintf("run %d", run.RunNo))))
	}
	row = append(row, terminal.Cell(terminal.Plain(terminal.Cut(v.stepText(run), max(8, width/6)))))
	if detail < 3 {
		row = append(row, v.progressBar(run, []int{width / 6, width / 7, width / 10}[detail]))
	}
	row = append(row, v.progress(run, detail > 1))
	if detail == 0 {
		row = append(row, terminal.Cell(terminal.Faint("since "+v.Near(began(run)))))
	}
	return append(row, v.lookText(run, detail > 1))
}

// stepText names the step that a run is in.
func (v watchView) stepText(run store.WatchRun) string {
	switch {
	case run.Step == "" && history.State(run.State) == history.StateUnknown:
		return terminal.OneLine(run.Status)
	case run.Step == "":
		return run.State
	case history.State(run.StepState).Terminal():
		return "after " + run.Step
	default:
		return run.Step
	}
}

// progressBar shows how far a run has come of what is usual.
func (v watchView) progressBar(run store.WatchRun, width int) []terminal.Span {
	d, _ := v.soFar(run)
	usual := run.Pace.Median
	if usual == 0 {
		return terminal.Cell(terminal.Faint("·").Pad(width))
	}
	look := terminal.StyleBlue
	if deref(run.Stalled) {
		look = terminal.StyleYellow
	}
	return terminal.Bar(d.Seconds(), usual.Seconds(), width, look)
}

// progress tells how long a run goes on, and how long that usually takes.
func (v watchView) progress(run store.WatchRun, short bool) []terminal.Span {
	d, now := v.soFar(run)
	usual := run.Pace.Median
	elapsed := words.AtLeast(d)
	if !now || !run.Reported {
		elapsed = "≥ " + elapsed
	}
	about := words.Roughly(usual)
	switch {
	case deref(run.Stalled) && short:
		return terminal.Cell(terminal.Styled(terminal.StyleYellow, elapsed+" stalled"))
	case deref(run.Stalled):
		return terminal.Cell(terminal.Styled(terminal.StyleYellow, elapsed+", "+words.Stalled(run.Pace)))
	case usual == 0:
		return terminal.Cell(terminal.Plain(elapsed))
	case short:
		return []terminal.Span{terminal.Plain(elapsed), terminal.Faint("/" + about)}
	case d > usual:
		return []terminal.Span{terminal.Plain(elapsed), terminal.Faint(", usually " + about)}
	default:
		return []terminal.Span{terminal.Plain(elapsed), terminal.Faint(" of about " + about)}
	}
}

// lookText tells when somebody last saw the run.
func (v watchView) lookText(run store.WatchRun, short bool) []terminal.Span {
	age := max(0, v.ReadAt.Sub(run.ConfirmedAt))
	text, look := words.Age(age), terminal.StyleFaint
	if !short {
		text = "seen " + v.Ago(run.ConfirmedAt)
	}
	if _, now := v.soFar(run); !now {
		look = terminal.StyleYellow
	}
	return terminal.Cell(terminal.Styled(look, text))
}

// ended is the section of the runs that have just ended well.
func (v watchView) ended(s terminal.Screen) terminal.Section {
	var rows [][][]terminal.Span
	for _, run := range v.Ended[:min(len(v.Ended), 5)] {
		symbol, look := words.StateMark(run.State)
		sentence := fmt.Sprintf("run %d", run.RunNo)
		if took := words.Bounds(run.Duration, run.DurationMax); took != "" {
			sentence += " after " + took
		}
		if run.Warnings > 0 {
			sentence += ", " + terminal.Counted(int64(run.Warnings), "warning")
		}
		if run.ErrorSummary != nil {
			sentence += "; " + words.Quote(*run.ErrorSummary, false)
		}
		rows = append(rows, [][]terminal.Span{
			{terminal.Styled(look, symbol), terminal.Plain(" "), terminal.Plain(terminal.Cut(run.Job, jobWidth(s)))}, terminal.Cell(terminal.Faint(words.Ago(run.EndedAt, v.ReadAt))), terminal.Cell(terminal.Plain(sentence)),
		})
	}
	return terminal.NewSection("JUST SUCCEEDED", oneLined(rows, s), len(v.Ended))
}

// jobWidth is how wide the name of a job may get beside other things.
func jobWidth(s terminal.Screen) int {
	if s.Width <= 0 {
		return 63
	}
	return max(12, s.Width/3)
}

// oneLined is rows that stand under each other, each of one line.
func oneLined(rows [][][]terminal.Span, s terminal.Screen) [][][]terminal.Span {
	shown := make([][][]terminal.Span, len(rows))
	for i, line := range terminal.Align(rows) {
		shown[i] = [][]terminal.Span{terminal.Fit(line, s.Width)}
	}
	return shown
}

// told is rows that end in a text of any length: beside the rest, or below it
// where there is too little room.
func told(rows [][][]terminal.Span, texts []terminal.Span, s terminal.Screen) [][][]terminal.Span {
	if s.Width <= 0 || s.Width-terminal.Widest(terminal.Align(rows))-2 >= leastText {
		for i := range rows {
			rows[i] = append(rows[i], terminal.Cell(texts[i]))
		}
		return oneLined(rows, s)
	}
	shown := oneLined(rows, s)
	for i := range shown {
		shown[i] = append(shown[i], terminal.Fit([]terminal.Span{terminal.Plain("  "), texts[i]}, s.Width))
	}
	return shown
}

// failed is the section of the runs that have ended other than well.
func (v watchView) failed(s terminal.Screen) terminal.Section {
	var rows [][][]terminal.Span
	var texts []terminal.Span
	for _, run := range v.Failed {
		symbol, look := words.StateMark(run.State)
		where := strings.TrimSpace(fmt.Sprintf("run %d %s", run.RunNo, words.Where(run)))
		rows = append(rows, [][]terminal.Span{
			{terminal.Styled(look, symbol), terminal.Plain(" "), terminal.Plain(terminal.Cut(run.Job, jobWidth(s)))},
			terminal.Cell(terminal.Faint(v.endText(run))), terminal.Cell(terminal.Plain(terminal.Cut(terminal.OneLine(where), jobWidth(s)))),
		})
		texts = append(texts, terminal.Styled(look, cmp.Or(words.Why(run.RunRow), "the service gives no reason")))
	}
	return terminal.NewSection("FAILED", told(rows, texts, s), v.count(unsuccessful))
}

// endText tells when a run has ended.
func (v watchView) endText(run store.WatchRun) string {
	return words.By(deref(run.EndedAt), run.Reported, v.Near)
}

// unseen is the section of the jobs that nobody can look at, and why.
func (v watchView) unseen(s terminal.Screen) terminal.Section {
	var rows [][][]terminal.Span
	var texts []terminal.Span
	var below []string
	add := func(who, since, why, names string) {
		mark := terminal.Styled(terminal.StyleYellow, "!")
		rows = append(rows, [][]terminal.Span{{mark, terminal.Plain(" "), terminal.Plain(terminal.Cut(who, jobWidth(s)))}, terminal.Cell(terminal.Faint(since))})
		texts = append(texts, terminal.Styled(terminal.StyleYellow, why))
		below = append(below, names)
	}
	for _, f := range v.Failing {
		who, names := manyOf(f.Names, f.Jobs, f.Source, s)
		add(who, "since "+v.Near(f.Since), words.Failure(string(f.Outcome), f.Error), names)
	}
	for _, from := range v.Sources {
		who := fmt.Sprintf("%s (%s)", from.Source, terminal.Counted(int64(from.Jobs), "job"))
		names := namesText(from.Names, from.Jobs, s)
		if from.PausedAt.IsZero() {
			add(who, "until "+v.Near(from.HeldUntil), "the service asked to be left alone", names)
		} else {
			add(who, "since "+v.Near(from.PausedAt), "source paused: "+from.Reason, names)
		}
	}
	for _, paused := range v.Paused {
		since := "never seen"
		if !paused.PolledAt.IsZero() {
			since = "since " + v.Near(paused.PolledAt)
		}
		who, names := manyOf(paused.Names, paused.Jobs, paused.Source, s)
		add(who, since, strings.TrimSuffix("paused: "+paused.Reason, ": "), names)
	}
	shown := told(rows, texts, s)
	for i, names := range below {
		if names != "" {
			shown[i] = append(shown[i], []terminal.Span{terminal.Plain(namesIndent), terminal.Faint(names)})
		}
	}
	return terminal.NewSection("CANNOT LOOK", shown, len(rows))
}

// manyOf names a job, or counts those of a source, whose names then stand below.
func manyOf(names []string, jobs int, from string, s terminal.Screen) (who, below string) {
	if jobs == 1 {
		return names[0], ""
	}
	return fmt.Sprintf("%s of %s", terminal.Counted(int64(jobs), "job"), from), namesText(names, jobs, s)
}

// namesIndent stands before names below a row.
const namesIndent = "  "

// namesText lists as many of the names as a line has room for, and counts the
// other jobs.
func namesText(names []string, jobs int, s terminal.Screen) string {
	for shown := len(names); shown > 0; shown-- {
		text := terminal.OneLine(strings.Join(names[:shown], ", "))
		if jobs > shown {
			text += fmt.Sprintf(" and %s more", terminal.Thousands(int64(jobs-shown)))
		}
		if s.Width <= 0 || len(namesIndent)+terminal.Plain(text).Width() <= s.Width {
			return text
		}
	}
	return terminal.Cut(terminal.OneLine(strings.Join(names, ", ")), max(1, s.Width-len(namesIndent)))
}
