package history

import (
	"slices"
	"time"
)

// The reasons of gaps, beside the outcomes of polls that failed.
const (
	GapNotRunning  = "not_running"              // no tracker ran
	GapPaused      = "paused"                   // somebody has paused the job or its source, or removed the job
	GapCredential  = "credential"               // the source's credential cannot be read, or is refused
	GapClock       = "clock"                    // the database's clock was set back: what it had shown tells nothing
	GapRateBudget  = "rate_budget"              // more was due than the source may be asked
	GapRateLimited = string(OutcomeRateLimited) // the service wanted to be left alone
)

// firstPoll is how soon a new job is polled.
const firstPoll = time.Minute

// GapLeast is how long a stretch without an answer may be that is no gap yet,
// where the next poll was planned so long after the last: one poll may fail. The
// function report.gap_least says the same in SQL.
func GapLeast(every time.Duration) time.Duration { return 2 * every }

// Stretch is a stretch of time, From included, To not. The zero one is none.
type Stretch struct{ From, To time.Time }

// Gap is a stretch in which nobody polled a job, or its polls failed.
type Gap struct {
	From, To time.Time
	Reason   string // one of the Gap constants or the failing outcome; empty: nobody polled, and Gap.Split finds why
}

// Coverage tells up to when gaps and answered polls cover a job's time, and what has
// held since. Stretches that are too short to be gaps count as covered.
type Coverage struct {
	Since    time.Time     // the last answer, or the last event that ended a gap; at first: when the job was registered
	Answered time.Time     // when the last answered poll was sent; zero: none yet
	Failed   time.Time     // when the last poll was sent, if it failed; zero: it was answered, or none yet
	Outcome  Outcome       // of that failed poll
	Unseen   string        // why nobody is to poll since Since (paused, credential, clock); empty: somebody is
	Due      time.Time     // when the next poll is planned; zero: it is not by schedule
	Every    time.Duration // how long after the last answer the next poll was planned; 0: no poll yet
}

// Gaps returns the gaps between Since and a moment, in the order of time. They do
// not overlap.
func (a Coverage) Gaps(at time.Time) []Gap {
	every := a.Every
	if every == 0 {
		every = firstPoll
	}
	long := a.Answered.IsZero() || at.Sub(a.Answered) > GapLeast(every)
	if a.Unseen != "" {
		return gapIf(long || a.Unseen == GapClock, a.Since, at, a.Unseen)
	}
	last, failing := a.Since, !a.Failed.IsZero() && !a.Failed.Before(a.Since)
	if failing {
		last = a.Failed
	}
	byPoll := failing || a.Since.Equal(a.Answered)
	if planned := a.Due.Sub(last); planned > every || planned > 0 && byPoll {
		every = planned
	}
	overdue := !a.Due.IsZero() && at.After(a.Due) && at.Sub(last) > GapLeast(every)
	until := at
	if overdue {
		until = last
	}
	failed := gapIf(failing && long, a.Since, until, string(a.Outcome))
	return append(failed, gapIf(overdue, last, at, "")...)
}

func gapIf(is bool, from, to time.Time, reason string) []Gap {
	if !is || !from.Before(to) {
		return nil
	}
	return []Gap{{From: from, To: to, Reason: reason}}
}

// Poll returns the gaps that a poll has ended, and Since after it.
func (a Coverage) Poll(at time.Time, outcome Outcome) (ended []Gap, since time.Time) {
	ended = a.Gaps(at)
	if outcome.Answered() {
		return ended, at
	}
	goesOn := len(ended) == 1 && ended[0] == Gap{From: a.Since, To: at, Reason: string(outcome)}
	if len(ended) == 0 || goesOn {
		return nil, a.Since
	}
	return ended, at
}

// Split splits a gap in which nobody polled by the reason: no tracker ran, the
// source was held, or its rate limit was used up. ran are the stretches in which
// trackers ran, in order; held is the source's last hold. A reason that lasts less
// than least at either end of the gap is left out: a tracker that has just started
// needs a moment until it polls.
func (g Gap) Split(ran []Stretch, held Stretch, least time.Duration) []Gap {
	cuts := []time.Time{g.From}
	for _, stretch := range append(slices.Clone(ran), held) {
		for _, cut := range []time.Time{stretch.From, stretch.To} {
			if cut.Sub(g.From) > least && g.To.Sub(cut) > least {
				cuts = append(cuts, cut)
			}
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	var pieces []Gap
	for i, from := range cuts {
		to := g.To
		if i+1 < len(cuts) {
			to = cuts[i+1]
		}
		middle := from.Add(to.Sub(from) / 2)
		reason := GapNotRunning
		switch {
		case !slices.ContainsFunc(ran, func(s Stretch) bool { return s.holds(middle) }):
		case held.holds(middle):
			reason = GapRateLimited
		default:
			reason = GapRateBudget
		}
		if n := len(pieces); n > 0 && pieces[n-1].Reason == reason {
			pieces[n-1].To = to
		} else if from.Before(to) {
			pieces = append(pieces, Gap{From: from, To: to, Reason: reason})
		}
	}
	return pieces
}

func (s Stretch) holds(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }
