package store

import (
	"slices"

	"tracker/internal/history"
)

// explainRuns tells of each run of a history that was derived what report.runs
// tells of those that are stored: why it has not succeeded, the step in which it
// failed, and whether another run took its place.
func (h History) explainRuns() {
	steps, entries, left := byRun(h.Steps), byRun(h.LogEntries), h.leftRuns()
	for i := range h.Runs {
		run := &h.Runs[i]
		run.FailedStep, run.Why, run.WhyWithdrawn = nil, nil, false
		run.Superseded, run.Left = run.State == string(history.StateUnknown) && run.RunNo != OrZero(h.Job.RunNo), history.Bounds{}
		if run.Superseded {
			run.Left = left[run.RunNo]
		}
		if !history.State(run.State).Terminal() || run.State == string(history.StateSucceeded) {
			continue
		}
		failed := lastFailed(steps[run.RunNo])
		if run.State == string(history.StateFailed) && failed != nil {
			run.FailedStep = &failed.Step
		}
		run.explain(failed, entries[run.RunNo])
	}
}

// leftRuns are when another run took the place of each, if one did: by the transition that
// closed it, else, where its state was unknown already, by the next of another.
func (h History) leftRuns() map[int32]history.Bounds {
	left := make(map[int32]history.Bounds, len(h.Runs))
	var next TransitionRow
	for _, t := range slices.Backward(h.Transitions) {
		if t.StepNo != nil {
			continue
		}
		if _, known := left[t.RunNo]; !known {
			by := next
			if t.Superseded() {
				by = t
			}
			left[t.RunNo] = by.moment().Seen
		}
		next = t
	}
	return left
}

// lastFailed is the last of a run's steps that failed, of those that are listed.
func lastFailed(steps []*StepRow) *StepRow {
	var last *StepRow
	for _, step := range steps {
		if step.State == string(history.StateFailed) && step.VanishedAt == nil {
			last = step
		}
	}
	return last
}

// explain finds why a run has not succeeded: the last error of the step that
// failed, else of any, else the summary, else the last error that was withdrawn.
func (r *RunRow) explain(failed *StepRow, entries []*LogEntryRow) {
	var inFailed, listed, withdrawn *string
	for _, e := range entries {
		switch {
		case e.Level != "error":
		case e.WithdrawnAt != nil:
			withdrawn = &e.Detail
		case failed != nil && e.StepNo == failed.StepNo:
			inFailed, listed = &e.Detail, &e.Detail
		default:
			listed = &e.Detail
		}
	}
	for _, why := range []*string{inFailed, listed, r.ErrorSummary, withdrawn} {
		if r.Why == nil {
			r.Why = why
		}
	}
	r.WhyWithdrawn = r.Why != nil && r.Why == withdrawn
}
