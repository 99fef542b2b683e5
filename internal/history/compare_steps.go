package history

import "time"

// skewTolerance is how far ahead of our clock an upstream's may be.
const skewTolerance = 60 * time.Second

// compareSteps compares the steps that the upstream lists with those known.
func (c *comparison) compareSteps() {
	known := len(c.run.Steps)
	places := c.matchSteps()
	listed := make([]bool, len(c.run.Steps))
	for i, said := range c.said.Steps {
		place := places[i]
		listed[place] = true
		c.compareStep(place, said, place >= known)
	}
	for i := range c.run.Steps {
		if step := &c.run.Steps[i]; !listed[i] && step.VanishedAt.IsZero() {
			step.VanishedAt = c.seen.ObservedAt
			c.anomaly(step.No, KindStepVanished, stepExample(*step), nil)
			c.vanishEntries(*step)
			c.keepStep(c.run.No, *step)
		}
	}
}

// matchSteps finds the place of each listed step among the run's steps and
// makes a new one for those that have none. A step has no id upstream: it is
// known by its name and start, and where several share these by all else that
// is known of them, else by its name, else by its start.
func (c *comparison) matchSteps() []int {
	places := newStepMatch(c.run.Steps, c.said.Steps).all(c.run.Steps, c.said.Steps)
	for i, said := range c.said.Steps {
		if places[i] < 0 {
			places[i] = len(c.run.Steps)
			c.newStep(Step{Name: said.Name, Reported: true, FirstSeen: c.stepSeen})
		}
	}
	return places
}

// newStep gives a step the next number and place.
func (c *comparison) newStep(step Step) {
	c.run.LastStepNo++
	step.No = c.run.LastStepNo
	c.run.Steps = append(c.run.Steps, step)
}

// compareStep takes over what the answer says of the step at a place.
func (c *comparison) compareStep(place int, said ReportedStep, isNew bool) {
	step := &c.run.Steps[place]
	before := *step
	step.Name, step.Start, step.End = said.Name, c.reckoned(before.Start, said.Start), c.reckoned(before.End, said.End)
	step.VanishedAt = time.Time{}
	c.compareTimes(before, *step)
	if before.Start.Raw != said.Start.Raw {
		c.compareClock(step.No, said.Start)
	}
	if before.End.Raw != said.End.Raw {
		c.compareClock(step.No, said.End)
	}
	if said.State == StateUnknown {
		c.unknownWord(step.No, KindUnknownStatus, said.Status)
	}
	if !isNew && c.regressed(before.State, before.Status, said.State, said.Status) {
		c.anomaly(step.No, KindStatusRegressed, before.Status, said.Status)
	}
	c.moveStep(step, said.State, said.Status)
	c.compareEntries(*step, said.Entries)
	if isNew || !sameStep(before, *step) {
		c.keepStep(c.run.No, *step)
	}
}

// moveStep gives a step the state that it has now and tells of the transition.
func (c *comparison) moveStep(step *Step, state State, status string) {
	t := Transition{RunNo: c.run.No, StepNo: step.No, FromState: step.State, FromStatus: step.Status, ToState: state, ToStatus: status}
	if step.State == state && step.Status == status {
		return
	}
	t.HappenedAt = happenedAt(t, step.Start.At, step.End.At)
	step.State, step.Status = state, status
	step.EndSeen = Bounds{}
	if state.Terminal() {
		step.EndSeen = c.stepSeen
	}
	c.transition(t)
}

// compareTimes finds what is wrong with a step's start and end. before has
// neither where the step is new.
func (c *comparison) compareTimes(before, step Step) {
	if before.End.Raw != "" || before.State.Terminal() {
		c.compareEnded(before, step)
	}
	if before.Start.Raw != step.Start.Raw || before.End.Raw != step.End.Raw {
		if !step.Start.At.IsZero() && !step.End.At.IsZero() && step.End.At.Before(step.Start.At) {
			c.anomaly(step.No, KindTimeReversed, step.Start.Raw, step.End.Raw)
		}
	}
}

// reckoned is the time to reckon with: as it was read where the upstream wrote
// it before, else without its instant where that stands for no time.
func (c *comparison) reckoned(before, said Time) Time {
	if before.Raw == said.Raw {
		return before
	}
	return said.near(c.seen.ObservedAt)
}

// compareEnded tells which of the facts of an ended step are others now. An end
// that is told late is none.
func (c *comparison) compareEnded(before, step Step) {
	for _, fact := range []struct{ name, was, now string }{
		{"name", before.Name, step.Name},
		{"start", before.Start.Raw, step.Start.Raw},
		{"end", before.End.Raw, step.End.Raw},
	} {
		if fact.was != fact.now && (fact.name != "end" || fact.was != "") {
			c.anomaly(step.No, KindStepChanged, map[string]string{fact.name: fact.was}, map[string]string{fact.name: fact.now})
		}
	}
}

// compareClock tells of an upstream time that has yet to come.
func (c *comparison) compareClock(stepNo int, said Time) {
	if said.At.After(c.seen.ObservedAt.Add(skewTolerance)) {
		c.anomaly(stepNo, KindClockSkew, nil, said.Raw)
	}
}

// observeSteps derives the steps of a run whose upstream reports none: the
// non-terminal statuses that were seen. One that was jumped over is not invented.
func (c *comparison) observeSteps() {
	current := -1
	for i := range c.run.Steps {
		step := &c.run.Steps[i]
		switch {
		case step.Name == c.said.Status:
			current = i
		case !step.State.Terminal():
			c.endObserved(step)
		}
	}
	if c.said.State.Terminal() {
		return
	}
	isNew := current < 0
	if isNew {
		current = len(c.run.Steps)
		c.newStep(Step{Name: c.said.Status, FirstSeen: c.seen})
	}
	step := &c.run.Steps[current]
	if isNew || step.State != c.said.State || step.Status != c.said.Status {
		c.moveStep(step, c.said.State, c.said.Status)
		c.keepStep(c.run.No, *step)
	}
}

// endObserved ends a step because the run's status has moved on.
func (c *comparison) endObserved(step *Step) {
	end := StateSucceeded
	if c.said.State == StateFailed {
		end = StateFailed
	}
	c.moveStep(step, end, string(end))
	c.keepStep(c.run.No, *step)
}

// sameStep reports whether an answer has changed nothing of a step.
func sameStep(a, b Step) bool {
	return a.Name == b.Name && a.State == b.State && a.Status == b.Status &&
		a.Start.Raw == b.Start.Raw && a.End.Raw == b.End.Raw && a.VanishedAt.Equal(b.VanishedAt)
}

// stepExample shows a step in an anomaly.
func stepExample(s Step) map[string]string {
	return map[string]string{"name": s.Name, "start": s.Start.Raw, "status": s.Status}
}
