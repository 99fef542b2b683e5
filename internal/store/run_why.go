package store

import "tracker/internal/history"

// explainRuns tells of each run of a history that was derived what report.runs
// tells of those that are stored: why it has not succeeded, the step in which it
// failed, and whether another run took its place.
func (h History) explainRuns() {
	for i := range h.Runs {
		run := &h.Runs[i]
		run.FailedStep, run.Why, run.WhyWithdrawn = nil, nil, false
		run.Superseded = run.State == string(history.StateUnknown) && run.RunNo != OrZero(h.Job.RunNo)
		if !history.State(run.State).Terminal() || run.State == string(history.StateSucceeded) {
			continue
		}
		failed := h.lastFailed(run.RunNo)
		if run.State == string(history.StateFailed) && failed != nil {
			run.FailedStep = &failed.Step
		}
		h.explain(run, failed)
	}
}

// lastFailed is the last step of a run that failed, of those that are listed.
func (h History) lastFailed(runNo int32) *StepRow {
	var last *StepRow
	for i, step := range h.Steps {
		if step.RunNo == runNo && step.State == string(history.StateFailed) && step.VanishedAt == nil {
			last = &h.Steps[i]
		}
	}
	return last
}

// explain finds why a run has not succeeded: the last error of the step that
// failed, else of any, else the summary, else the last error that was withdrawn.
func (h History) explain(run *RunRow, failed *StepRow) {
	var inFailed, listed, withdrawn *string
	for i := range h.LogEntries {
		e := &h.LogEntries[i]
		switch {
		case e.RunNo != run.RunNo || e.Level != "error":
		case e.WithdrawnAt != nil:
			withdrawn = &e.Detail
		case failed != nil && e.StepNo == failed.StepNo:
			inFailed, listed = &e.Detail, &e.Detail
		default:
			listed = &e.Detail
		}
	}
	for _, why := range []*string{inFailed, listed, run.ErrorSummary, withdrawn} {
		if run.Why == nil {
			run.Why = why
		}
	}
	run.WhyWithdrawn = run.Why != nil && run.Why == withdrawn
}
