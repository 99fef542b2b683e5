package history

import (
	"slices"
	"time"
)

// Compare tells what an answer adds to what is known of a job: a new run, new
// and changed steps and log entries, transitions, anomalies. It changes
// neither known nor said; known.Apply takes the Change in once it is recorded.
//
// seen bounds the time of everything that is new in the answer: seen.NotBefore
// is when the job's last successful poll was sent, zero for the first.
func Compare(known *Known, said Answer, seen Bounds) Change {
	c := &comparison{known: known, said: said, seen: seen}
	before := known.Runs[said.RunID]
	c.begin(before)
	c.stepSeen = c.seenIn(before)

	if head := known.HeadRun(); head != nil && head.ID != said.RunID {
		c.leave(head, before == nil)
		if c.returned = before != nil; c.returned {
			c.anomaly(0, KindRunReturned, head.ID, said.RunID)
		}
	}
	c.compareShape()
	c.compareStatus(before)
	left := len(c.transitions)
	switch {
	case said.StepsObserved:
		c.observeSteps()
	case !said.Erased:
		c.compareSteps()
	}
	c.compareGone()
	c.compareRun(before, left)
	if !said.Erased {
		c.forgetWords()
	}
	return c.finish()
}

// comparison is a Change in the making. run is what the answer makes of its
// run: the known one, or a new one, with copies of its steps.
type comparison struct {
	known *Known
	said  Answer
	seen  Bounds

	stepSeen    Bounds // of what is new in the run's steps
	run         Run
	returned    bool // run had been superseded
	change      Change
	transitions []Transition
	anomalies   map[anomalyPlace]int // of the run: index in change.Anomalies
	words       map[string]bool      // run.UnknownWords, true: said in this answer; nil until asked for
}

// anomalyPlace is where an anomaly has its one row.
type anomalyPlace struct {
	stepNo int
	kind   Kind
}

// begin takes the run that the answer tells of: the one with its id, else the next.
func (c *comparison) begin(before *Run) {
	if before == nil {
		c.run = Run{No: c.known.RunNo + 1, ID: c.said.RunID, FirstSeen: c.seen}
		return
	}
	c.run = *before
	c.run.Steps = append(make([]Step, 0, len(before.Steps)+1), before.Steps...) // mostly there is no more than one new
	c.run.UnknownWords = slices.Clone(before.UnknownWords)
}

// leave closes a run that another one has superseded. If it had not ended,
// nobody saw how it did: its state is unknown, and never a guess. That a known
// run is back is an anomaly of its own.
func (c *comparison) leave(head *Run, forNew bool) {
	if head.State.Terminal() {
		return
	}
	if forNew {
		c.outcomeUnseen(head)
	}
	left := *head
	left.Steps = nil
	left.State = StateUnknown
	left.LastChangedAt = c.seen.ObservedAt
	c.change.Runs = append(c.change.Runs, left)
	c.transition(Transition{RunNo: head.No, FromState: head.State, FromStatus: head.Status, ToState: StateUnknown, ToStatus: head.Status})
	for _, step := range head.Steps {
		if step.State.Terminal() || step.State == StateUnknown {
			continue
		}
		from := step.State
		step.State = StateUnknown
		c.keepStep(head.No, step)
		c.transition(Transition{RunNo: head.No, StepNo: step.No, FromState: from, FromStatus: step.Status, ToState: StateUnknown, ToStatus: step.Status})
	}
}

// outcomeUnseen tells of a run that a new one has superseded before it ended.
func (c *comparison) outcomeUnseen(head *Run) {
	c.change.Anomalies = append(c.change.Anomalies, Anomaly{
		RunNo: head.No, Kind: KindOutcomeUnseen, Count: 1,
		Was: map[string]string{"run_id": head.ID, "status": head.Status},
		Now: map[string]string{"run_id": c.said.RunID, "status": c.said.Status},
	})
}

// compareStatus finds what is wrong with the run's new status.
func (c *comparison) compareStatus(before *Run) {
	if c.said.State == StateUnknown {
		c.unknownWord(0, KindUnknownStatus, c.said.Status)
	}
	if before != nil && c.regressed(before.State, before.Status, c.said.State, c.said.Status) {
		c.anomaly(0, KindStatusRegressed, before.Status, c.said.Status)
	}
}

// regressed reports a status that left a terminal state or went back in the provider's order.
func (c *comparison) regressed(wasState State, was string, isState State, is string) bool {
	if was == is {
		return false
	}
	if wasState.Terminal() {
		return true
	}
	from, to := slices.Index(c.said.Order, was), slices.Index(c.said.Order, is)
	return !isState.Terminal() && from >= 0 && to >= 0 && to < from
}

// compareRun records the run itself, once its steps are known: they tell when
// it started and ended. A new run's transition goes before those of its steps,
// which begin at index left, any other after them.
func (c *comparison) compareRun(before *Run, left int) {
	run := &c.run
	run.Status, run.State = c.said.Status, c.said.State
	run.LastChangedAt = c.seen.ObservedAt
	if !c.said.Erased {
		run.ErrorSummary = c.said.ErrorSummary
		run.ResultCount = c.said.Results.Count
		c.compareExpiry()
	}
	c.compareBlind()
	listed := listedSteps(run.Steps)
	if run.StepCount = len(listed); c.said.StepsObserved {
		run.StepCount = run.LastStepNo // none of them vanishes
	}
	c.compareSpan(before, listed)
	if !run.State.Terminal() {
		run.End = time.Time{}
		run.EndSeen = Bounds{}
	}
	if before != nil && !before.Began().Shown().Equal(run.Began().Shown()) {
		c.change.MovedFrom = before.Began().Shown()
	}

	t := Transition{RunNo: run.No, ToState: run.State, ToStatus: run.Status}
	switch {
	case before == nil:
		t.HappenedAt = happenedAt(t, run.Start, run.End)
		c.transitions = slices.Insert(c.transitions, left, t)
	case c.returned:
		t.FromState, t.FromStatus = before.State, before.Status
		t.HappenedAt = c.whenReturned(t)
		c.transitions = append(c.transitions, t)
	case before.Status != run.Status || before.State != run.State:
		t.FromState, t.FromStatus = before.State, before.Status
		t.HappenedAt = happenedAt(t, run.Start, run.End)
		c.transition(t)
	default:
		return
	}
	if run.State.Terminal() && !t.stays() {
		run.EndSeen = c.seen
	}
}

// compareExpiry takes over when the link to the results ends: in the future, but
// not far off.
func (c *comparison) compareExpiry() {
	said := c.said.Results.Expires
	if said.Raw != c.run.ResultExpires.Raw && said.isNever(c.seen.ObservedAt) {
		c.anomaly(0, KindClockSkew, nil, said.Raw)
	}
	c.run.ResultExpires = c.reckoned(c.run.ResultExpires, said)
}

// whenReturned is the upstream's time of a run's return: its end, where that
// is news and lies within what we saw. An end before that is not when the run
// took the place of another, which would never have been the latest otherwise.
func (c *comparison) whenReturned(t Transition) time.Time {
	at := happenedAt(t, c.run.Start, c.run.End)
	if t.stays() || !at.After(c.seen.NotBefore) {
		return time.Time{}
	}
	return at
}

// listedSteps are those that count: what the service took back is history.
func listedSteps(steps []Step) []Step {
	gone := func(s Step) bool { return !s.VanishedAt.IsZero() }
	if !slices.ContainsFunc(steps, gone) {
		return steps
	}
	var listed []Step
	for _, step := range steps {
		if !gone(step) {
			listed = append(listed, step)
		}
	}
	return listed
}

// happenedAt is the upstream's time of a transition: the end where it leads
// into a terminal state, the start where it is the first sighting, else none.
func happenedAt(t Transition, start, end time.Time) time.Time {
	switch {
	case t.ToState.Terminal():
		return end
	case t.FromState == "":
		return start
	default:
		return time.Time{}
	}
}

// finish numbers what was found and adds the run and its results.
func (c *comparison) finish() Change {
	run := c.run
	run.Steps = nil
	change := c.change
	change.SnapshotNo = c.known.SnapshotNo + 1
	change.RunNo, change.Status, change.State, change.Returned = run.No, run.Status, run.State, c.returned
	change.Runs = append(change.Runs, run)
	change.Items, change.ItemsListed = c.said.Results.Items, c.said.Results.Listed
	change.Transitions = c.transitions
	for i := range change.Transitions {
		t := &change.Transitions[i]
		t.No, t.Seen, t.SnapshotNo = c.known.TransitionNo+1+i, c.seen, change.SnapshotNo
		switch {
		case t.StepNo > 0 && t.RunNo == run.No:
			t.Seen = c.stepSeen
		case t.StepNo > 0:
			t.Seen = c.seenIn(c.known.HeadRun())
		}
	}
	for i := range change.Anomalies {
		a := &change.Anomalies[i]
		a.No, a.ObservedAt, a.SnapshotNo = c.known.AnomalyNo+1+i, c.seen.ObservedAt, change.SnapshotNo
	}
	return change
}

// transition adds t unless nothing changes by it.
func (c *comparison) transition(t Transition) {
	if !t.stays() {
		c.transitions = append(c.transitions, t)
	}
}

// anomaly counts one more of a kind in a step (0: in the run itself): one row
// per kind and step, with the first example.
func (c *comparison) anomaly(stepNo int, kind Kind, was, now any) {
	place := anomalyPlace{stepNo, kind}
	if i, told := c.anomalies[place]; told {
		c.change.Anomalies[i].Count++
		return
	}
	if c.anomalies == nil {
		c.anomalies = map[anomalyPlace]int{}
	}
	c.anomalies[place] = len(c.change.Anomalies)
	c.change.Anomalies = append(c.change.Anomalies, Anomaly{RunNo: c.run.No, StepNo: stepNo, Kind: kind, Was: was, Now: now, Count: 1})
}

// unknownWord tells of a status or level that nobody knows, once per run and word.
func (c *comparison) unknownWord(stepNo int, kind Kind, word string) {
	if c.words == nil {
		c.words = make(map[string]bool, len(c.run.UnknownWords))
		for _, key := range c.run.UnknownWords {
			c.words[key] = false
		}
	}
	key := string(kind) + ":" + word
	_, told := c.words[key]
	c.words[key] = true
	if told {
		return
	}
	c.run.UnknownWords = append(c.run.UnknownWords, key)
	c.anomaly(stepNo, kind, nil, word)
}

// wordsMost is how many unknown words of a run are remembered that its newest
// answer does not say: more than any vocabulary has. One that comes back after
// so many others is told again.
const wordsMost = 100

func (c *comparison) forgetWords() {
	excess := -wordsMost
	for _, key := range c.run.UnknownWords {
		if !c.words[key] {
			excess++
		}
	}
	if excess <= 0 {
		return
	}
	c.run.UnknownWords = slices.DeleteFunc(c.run.UnknownWords, func(key string) bool {
		if c.words[key] || excess == 0 {
			return false
		}
		excess--
		return true
	})
}

// keepStep adds a new or changed step to the rows to record.
func (c *comparison) keepStep(runNo int, step Step) {
	step.Entries = nil
	c.change.Steps = append(c.change.Steps, PlacedStep{RunNo: runNo, Step: step})
}
