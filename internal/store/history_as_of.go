package store

import (
	"maps"
	"slices"
	"time"

	"tracker/internal/history"
)

// AsOf is the history as it was at a time, by what is known in it: what had
// happened by then, whenever we heard of it.
func (h History) AsOf(at time.Time) History {
	was := h
	was.Transitions = filter(h.Transitions, func(t *TransitionRow) bool { return !t.Effective().After(at) })
	was.Anomalies = filter(h.Anomalies, func(a *AnomalyRow) bool { return !a.ObservedAt.After(at) })
	was.LogEntries = filter(h.LogEntries, func(e *LogEntryRow) bool {
		if e.WithdrawnAt != nil && e.WithdrawnAt.After(at) {
			e.WithdrawnAt = nil
		}
		return !e.Effective().After(at)
	})
	pasts := h.pastAt(at)
	was.Steps = filter(h.Steps, func(s *StepRow) bool {
		if s.VanishedAt != nil && s.VanishedAt.After(at) {
			s.VanishedAt = nil
		}
		p, happened := pasts[[2]int32{s.RunNo, s.StepNo}]
		if !happened {
			return false
		}
		s.State, s.Status = p.latest.ToState, p.latest.ToStatus
		if span, isOther := p.span(s.StartedAt); isOther {
			s.EndedAt, s.Reported, s.Duration, s.DurationMax = span.endedAt, span.reported, span.least, span.most
		}
		return true
	})
	steps, entries := byRun(was.Steps), byRun(was.LogEntries)
	was.Runs = filter(h.Runs, func(r *RunRow) bool {
		p, happened := pasts[[2]int32{r.RunNo, 0}]
		if !happened {
			return false
		}
		r.State, r.Status = p.latest.ToState, p.latest.ToStatus
		if span, isOther := p.span(r.StartedAt); isOther {
			r.EndedAt, r.Reported, r.Duration, r.DurationMax = span.endedAt, span.reported, span.least, span.most
		}
		r.count(steps[r.RunNo], entries[r.RunNo])
		return true
	})
	was.showLatest(at)
	was.explainRuns()
	return was
}

// rowSpan is when a run or step ended, and how long it took.
type rowSpan struct {
	endedAt     *time.Time // nil: it had not ended, as the others tell too
	reported    bool
	least, most *Interval
}

// past is how the transitions of a run or a step stood at a time.
type past struct {
	first, latest *TransitionRow
	left          bool // what latest led to has changed since
}

// pastAt gives for each run (step 0) and step of which a transition had happened by a
// time how its transitions stood then.
func (h History) pastAt(at time.Time) map[[2]int32]past {
	parts := make(map[[2]int32]past, len(h.Runs)+len(h.Steps))
	for i := range h.Transitions { // by their numbers
		t := &h.Transitions[i]
		part := [2]int32{t.RunNo, OrZero(t.StepNo)}
		p, known := parts[part]
		if !known {
			p.first = t
		}
		switch {
		case t.Returned() && p.latest != nil: // nothing but the job's latest run is another by it
		case !t.Effective().After(at):
			p.latest, p.left = t, false
		default:
			p.left = true
		}
		parts[part] = p
	}
	maps.DeleteFunc(parts, func(_ [2]int32, p past) bool { return p.latest == nil })
	return parts
}

// span is when what had started at a time ended, and how long it took; false: it is what
// is known now.
func (p past) span(startedAt time.Time) (span rowSpan, isOther bool) {
	began := p.first.began(startedAt)
	if !history.State(p.latest.ToState).Terminal() {
		return rowSpan{reported: !began.Reported.IsZero()}, true
	}
	if !p.left {
		return rowSpan{}, false
	}
	ended := p.latest.moment()
	span = rowSpan{endedAt: toPointer(ended.Shown()), reported: !began.Reported.IsZero() && !ended.Reported.IsZero()}
	span.least, span.most = spanIntervals(began, ended)
	return span, true
}

// moment is when a transition came about, as far as anybody knows.
func (t TransitionRow) moment() history.Moment {
	return history.Moment{Reported: OrZero(t.HappenedAt), Seen: history.Bounds{NotBefore: OrZero(t.NotBefore), ObservedAt: t.ObservedAt}}
}

// began is when what was first seen by the transition began: at the time that is shown.
func (t TransitionRow) began(shown time.Time) history.Moment {
	began := t.moment()
	if began.Reported = shown; shown.Equal(t.ObservedAt) {
		began.Reported = time.Time{}
	}
	return began
}

// Effective is when an entry counts as logged.
func (e LogEntryRow) Effective() time.Time {
	return history.EffectiveAt(OrZero(e.CreatedAt), e.FirstSeenAt)
}

func (s StepRow) ofRun() int32     { return s.RunNo }
func (e LogEntryRow) ofRun() int32 { return e.RunNo }

// byRun parts rows by the run that they belong to.
func byRun[T interface{ ofRun() int32 }](rows []T) map[int32][]*T {
	parts := map[int32][]*T{}
	for i := range rows {
		runNo := rows[i].ofRun()
		parts[runNo] = append(parts[runNo], &rows[i])
	}
	return parts
}

// count gives a run the counts of its steps and log entries that are listed.
func (r *RunRow) count(steps []*StepRow, entries []*LogEntryRow) {
	r.Steps, r.Warnings, r.Errors = 0, 0, 0
	for _, s := range steps {
		if s.VanishedAt == nil {
			r.Steps++
		}
	}
	for _, e := range entries {
		switch {
		case e.WithdrawnAt != nil:
		case e.Level == "warning":
			r.Warnings++
		case e.Level == "error":
			r.Errors++
		}
	}
}

// showLatest gives the job the state that its latest run has in this history, as of a
// time: none where that run was taken.
func (h *History) showLatest(at time.Time) {
	h.Job.State, h.Job.Status, h.Job.RunNo, h.Job.RunID, h.Job.StateSince, h.Job.StateSinceReported = nil, nil, nil, nil, nil, false
	var latest TransitionRow
	for _, t := range h.Transitions {
		if t.StepNo == nil {
			latest = t
		}
	}
	if h.LatestTaken = h.takenAfter(latest, at); h.LatestTaken > 0 || latest.TransitionNo == 0 {
		return
	}
	since := latest.Effective()
	h.Job.State, h.Job.Status, h.Job.RunNo, h.Job.StateSince = &latest.ToState, &latest.ToStatus, &latest.RunNo, &since
	h.Job.StateSinceReported = latest.HappenedAt != nil && !latest.HappenedAt.After(latest.ObservedAt)
	for _, run := range h.Runs {
		if run.RunNo == latest.RunNo {
			h.Job.RunID = &run.RunID
		}
	}
}

// takenAfter is the number of the last of the runs that retention has taken of which a
// transition was effective by a time, after one of another run (0: after none); 0: there
// is no such run.
func (h *History) takenAfter(t TransitionRow, at time.Time) int {
	for _, run := range slices.Backward(h.Taken) {
		if run.TransitionNo > int(t.TransitionNo) && !run.ChangedFrom.After(at) {
			return run.No
		}
	}
	return 0
}

// Select keeps the newest runs, with the latest among them, or one, and what belongs to them, with log
// entries of some levels (none: all).
func (h History) Select(params HistoryParams) History {
	kept := map[int32]bool{}
	if params.RunNo == 0 && h.Job.RunNo != nil {
		kept[*h.Job.RunNo] = true
	}
	all := len(h.Runs)
	h.Runs = filter(h.Runs, func(r *RunRow) bool {
		if params.RunNo == int(r.RunNo) || params.RunNo == 0 && len(kept) < params.Most {
			kept[r.RunNo] = true
		}
		return kept[r.RunNo]
	})
	h.LeftOut = all - len(h.Runs)
	h.Steps = filter(h.Steps, func(s *StepRow) bool { return kept[s.RunNo] })
	h.Transitions = filter(h.Transitions, func(t *TransitionRow) bool { return kept[t.RunNo] })
	h.Anomalies = filter(h.Anomalies, func(a *AnomalyRow) bool { return kept[a.RunNo] })
	h.LogEntries = filter(h.LogEntries, func(e *LogEntryRow) bool {
		return kept[e.RunNo] && (len(params.Levels) == 0 || slices.Contains(params.Levels, e.Level))
	})
	return h
}

// filter copies the rows that keep accepts, as keep leaves them.
func filter[T any](rows []T, keep func(*T) bool) []T {
	kept := make([]T, 0, len(rows))
	for _, row := range rows {
		if keep(&row) {
			kept = append(kept, row)
		}
	}
	return kept
}
