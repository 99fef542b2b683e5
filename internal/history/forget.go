package history

import (
	"slices"
	"time"
)

// goneMost is how many steps and log entries of a run are looked for in its
// answers that earlier ones took back: the newest, with all that went together
// with them. What comes back after more than so many others have gone is new.
const goneMost = 100

// goneAt is when a step was there no more: a reported one has vanished, an
// observed one has ended. Zero: it is there.
func (s Step) goneAt() time.Time {
	if s.Reported {
		return s.VanishedAt
	}
	return s.EndSeen.ObservedAt
}

// forget forgets what was gone before the run's ForgottenBefore.
func (r *Run) forget() {
	if r.ForgottenBefore.IsZero() {
		return
	}
	old := func(gone time.Time) bool { return !gone.IsZero() && gone.Before(r.ForgottenBefore) }
	r.Steps = slices.DeleteFunc(r.Steps, func(s Step) bool { return old(s.goneAt()) })
	for i := range r.Steps {
		step := &r.Steps[i]
		step.Entries = slices.DeleteFunc(step.Entries, func(e Entry) bool { return old(e.WithdrawnAt) })
	}
}

// compareGone moves on from when on what is gone is still looked for. It never
// goes back: what is forgotten stays so, though others that had gone return.
func (c *comparison) compareGone() {
	gone := c.goneTimes()
	if len(gone) <= goneMost {
		return
	}
	slices.Sort(gone)
	if from := time.UnixMicro(gone[len(gone)-goneMost]).UTC(); from.After(c.run.ForgottenBefore) {
		c.run.ForgottenBefore = from
	}
}

// goneTimes lists when all went that is gone of the run after this answer.
func (c *comparison) goneTimes() []int64 {
	var gone []int64
	back := map[[2]int]bool{} // by the numbers of step and entry
	for _, row := range c.change.Entries {
		switch {
		case row.RunNo != c.run.No:
		case !row.WithdrawnAt.IsZero():
			gone = append(gone, row.WithdrawnAt.UnixMicro())
		case !row.New:
			back[[2]int{row.StepNo, row.No}] = true
		}
	}
	for _, step := range c.run.Steps {
		if at := step.goneAt(); !at.IsZero() {
			gone = append(gone, at.UnixMicro())
		}
		for _, e := range step.Entries {
			if !e.WithdrawnAt.IsZero() && (len(back) == 0 || !back[[2]int{step.No, e.No}]) {
				gone = append(gone, e.WithdrawnAt.UnixMicro())
			}
		}
	}
	return gone
}
