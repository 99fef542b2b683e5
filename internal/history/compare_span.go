package history

import "time"

// compareSpan takes over when the run started and ended: as the upstream reports it
// for the run, else as its steps tell. Of an erased answer what was known stays.
func (c *comparison) compareSpan(before *Run, listed []Step) {
	run := &c.run
	run.Start, run.End = reportedSpan(listed)
	started, ended := c.said.Started.near(c.seen.ObservedAt).At, c.said.Ended.near(c.seen.ObservedAt).At
	if c.said.Erased && before != nil {
		started, ended = before.Start, before.End
	}
	if !started.IsZero() {
		run.Start = started
	}
	if !ended.IsZero() {
		run.End = ended
	}
	if c.said.Erased {
		return
	}
	var was Run
	if before != nil {
		was = *before
	}
	if before == nil || !started.Equal(was.Start) {
		c.compareClock(0, c.said.Started)
	}
	if before == nil || !ended.Equal(was.End) && run.State.Terminal() {
		c.compareClock(0, c.said.Ended)
		if !started.IsZero() && !ended.IsZero() && ended.Before(started) {
			c.anomaly(0, KindTimeReversed, c.said.Started.Raw, c.said.Ended.Raw)
		}
	}
}

// compareBlind keeps since when nobody can tell what the run's steps were.
func (c *comparison) compareBlind() {
	switch {
	case !c.said.Erased:
		c.run.Blind, c.run.BlindFrom = false, time.Time{}
	case !c.run.Blind:
		c.run.Blind, c.run.BlindFrom = true, c.seen.NotBefore
	}
}

// seenIn bounds the time of what is new in the steps of a run, nil where it is new. Observed
// steps follow from the run's status, which is known of each answer.
func (c *comparison) seenIn(run *Run) Bounds {
	seen := c.seen
	if run != nil && run.Blind && !c.said.StepsObserved {
		seen.NotBefore = run.BlindFrom
	}
	return seen
}

// reportedSpan is the start of the first and the end of the last step, each
// zero where the upstream does not tell it. Steps may be listed out of order:
// the last is the one that started last.
func reportedSpan(steps []Step) (start, end time.Time) {
	if len(steps) == 0 {
		return start, end
	}
	last := steps[0]
	for _, step := range steps {
		at := step.Start.At
		if !at.IsZero() && (start.IsZero() || at.Before(start)) {
			start = at
		}
		if at.IsZero() || !at.Before(last.Start.At) {
			last = step
		}
		if step.End.At.After(end) {
			end = step.End.At
		}
	}
	if steps[0].Start.At.IsZero() {
		start = time.Time{}
	}
	if last.End.At.IsZero() {
		end = time.Time{}
	}
	return start, end
}
