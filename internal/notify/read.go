package notify

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/words"
)

// entriesMost is how many entries of the journal are read at once.
const entriesMost = 1000

// Forms in which a rule tells.
const (
	formMessage     = "message"
	formWebhook     = "webhook"
	formOpenLineage = "openlineage"
)

// Read reads on in the journal and keeps what is to be told of it. It reports whether
// there is more.
func (n *Notifier) Read(ctx context.Context) (more bool, err error) {
	state, err := n.Store.NotifyState(ctx)
	if err != nil || state.EntryNo >= state.Journal {
		return false, err
	}
	all, err := n.Store.RulesSince(ctx, state.EntryNo)
	if err != nil {
		return false, err
	}
	t := telling{store.Telling{State: state, To: state.Journal}}
	if len(all) == 0 {
		return false, n.Store.Tell(ctx, t.Telling)
	}
	from := all[0].FromEntry
	for _, rule := range all {
		from = min(from, rule.FromEntry)
	}
	from = max(from, state.EntryNo)
	t.To = min(state.Journal, from+entriesMost)
	r := reading{rules: all, telling: &t}
	if r.events, err = n.Store.Events(ctx, from, t.To); err != nil {
		return false, err
	}
	if err := r.learn(ctx, n.Store); err != nil {
		return false, err
	}
	for _, e := range r.events {
		if err := r.tell(e); err != nil {
			return false, err
		}
	}
	if err := n.Store.Tell(ctx, t.Telling); err != nil {
		return false, err
	}
	return t.To < state.Journal, nil
}

// reading is a stretch of the journal that is read.
type reading struct {
	rules   rules
	events  []store.Event
	facts   store.Facts
	goings  []store.Going
	ended   map[int64]bool            // goings that are over by now
	unseen  map[int64]history.Stretch // by job: gaps that each went on in the next
	telling *telling
}

// learn reads what is to be known beside the events that somebody is to be told of.
func (r *reading) learn(ctx context.Context, s *store.Store) (err error) {
	r.ended, r.unseen = map[int64]bool{}, map[int64]history.Stretch{}
	var p store.FactsParams
	since := r.telling.State.Now
	for _, e := range r.events {
		r.want(&p, e)
		if e.Kind == store.EventGap && e.NotBefore.Before(since) {
			since = e.NotBefore
		}
	}
	if r.facts, err = s.Facts(ctx, p); err != nil {
		return err
	}
	r.goings, err = s.Goings(ctx, since)
	return err
}

// want adds what is to be known to tell an event.
func (r *reading) want(p *store.FactsParams, e store.Event) {
	wanted := r.rules.of(e.EntryNo)
	if len(wanted) == 0 {
		return
	}
	if e.JobID != 0 {
		p.Jobs = append(p.Jobs, e.JobID)
	}
	run := store.RunKey{JobID: e.JobID, No: e.RunNo}
	switch e.Kind {
	case store.EventTransition:
		if !e.OfRun && !wanted.wants(history.EventTransition) {
			return
		}
		p.Runs = append(p.Runs, run)
		if wanted.speak(formOpenLineage) {
			p.Steps = append(p.Steps, run)
		}
		if e.OfRun && e.To.Terminal() && wanted.wants(history.EventUnusual) {
			p.Usual = append(p.Usual, run)
		}
		if e.OfRun && e.To == history.StateSucceeded && wanted.wants(history.EventRecovered) {
			p.Settled = append(p.Settled, store.RunKey{JobID: e.JobID, No: int(e.No)})
		}
	case store.EventAnomaly:
		if wanted.wants(history.EventAnomaly) {
			p.Anomalies = append(p.Anomalies, store.RunKey{JobID: e.JobID, No: int(e.No)})
			p.Runs = append(p.Runs, run)
		}
	case store.EventGap:
		if wanted.wants(history.EventNotLooking) {
			p.Gaps = append(p.Gaps, e)
		}
	case store.EventChange:
		if wanted.wants(history.EventChange) || wanted.wants(history.EventSourcePaused) {
			p.Changes = append(p.Changes, e.No)
			if e.Source != "" && e.JobID == 0 {
				p.Sources = append(p.Sources, e.Source)
			}
		}
	}
}

// tell adds what is to be told of an event.
func (r *reading) tell(e store.Event) error {
	switch e.Kind {
	case store.EventTransition:
		return r.tellTransition(e)
	case store.EventAnomaly:
		odd, known := r.facts.Anomalies[store.RunKey{JobID: e.JobID, No: int(e.No)}]
		if !known {
			return nil
		}
		h := r.happening(e)
		h.Odd = &odd
		return r.offer(e, h, history.EventAnomaly)
	case store.EventGap:
		if err := r.tellUnseen(e); err != nil {
			return err
		}
		return r.offer(e, r.happening(e), history.EventGap)
	default:
		return r.tellChange(e)
	}
}

func (r *reading) tellTransition(e store.Event) error {
	h := r.happening(e)
	if !e.OfRun {
		return r.offer(e, h, history.EventTransition)
	}
	if err := r.endGoings(e); err != nil {
		return err
	}
	if e.From == "" {
		kinds := []history.EventKind{history.EventStarted, history.EventTransition}
		if e.To.Terminal() { // its beginning comes first; as a transition it is told once
			kinds = kinds[:1]
		}
		if err := r.offer(e, h, kinds...); err != nil || !e.To.Terminal() {
			return err
		}
	}
	var kinds []history.EventKind
	if r.facts.Recovered[store.RunKey{JobID: e.JobID, No: int(e.No)}] {
		kinds = append(kinds, history.EventRecovered)
	}
	if e.To.Terminal() {
		kinds = append(kinds, history.EventKind(e.To))
	}
	if err := r.offer(e, h, append(kinds, history.EventTransition)...); err != nil {
		return err
	}
	h.Usual = r.facts.Usual[store.RunKey{JobID: e.JobID, No: e.RunNo}]
	if h.Run != nil && e.To.Terminal() && isUnusual(*h.Run, h.Usual) {
		return r.offer(e, h, history.EventUnusual)
	}
	return nil
}

// usualRuns is from how many ended runs on a job's own past tells what is usual.
const usualRuns = 10

// isUnusual reports a run that took, for certain, less than half or more than twice as
// long as nearly all before it.
func isUnusual(run store.RunRow, usual store.Usual) bool {
	if usual.Runs < usualRuns || run.Duration == nil {
		return false
	}
	return time.Duration(*run.Duration) > 2*usual.P95 || run.DurationMax != nil && time.Duration(*run.DurationMax) < usual.P05/2
}

func (r *reading) tellChange(e store.Event) error {
	change, known := r.facts.Changes[e.No]
	if !known {
		return nil
	}
	h := r.happening(e)
	h.Change = &change
	if e.JobID != 0 || e.Source == "" || change.Subject != "source "+e.Source {
		return r.offer(e, h, history.EventChange)
	}
	switch change.Action {
	case "pause":
		return r.offer(e, h, history.EventSourcePaused, history.EventChange)
	case "resume", "remove":
		r.end(func(g store.Going) bool { return g.Kind == history.EventSourcePaused && g.Subject == e.Source })
	}
	return r.offer(e, h, history.EventChange)
}

// happening is what is known of an event.
func (r *reading) happening(e store.Event) words.Happening {
	h := words.Happening{Event: e, Job: e.Job, Source: e.Source}
	if run, known := r.facts.Runs[store.RunKey{JobID: e.JobID, No: e.RunNo}]; known {
		h.Run = &run
	}
	return h
}

// offer tells an event by each rule that tells of it, as the first of the kinds that the
// rule names.
func (r *reading) offer(e store.Event, h words.Happening, kinds ...history.EventKind) error {
	return r.offerBy(r.rules.of(e.EntryNo), e, h, kinds...)
}

func (r *reading) offerBy(among rules, e store.Event, h words.Happening, kinds ...history.EventKind) error {
	by := map[history.EventKind]rules{}
	for _, rule := range among {
		if !r.matches(rule, e) {
			continue
		}
		for _, kind := range kinds {
			if tells(rule, kind) {
				by[kind] = append(by[kind], rule)
				break
			}
		}
	}
	for _, kind := range kinds {
		if len(by[kind]) == 0 {
			continue
		}
		h.Kind = kind
		n, err := r.notice(e, h)
		if err != nil {
			return err
		}
		r.telling.add(n, by[kind])
		if r.goesOn(e, kind, by[kind]) {
			r.telling.goesOn(n)
		}
	}
	return nil
}

// goesOn reports whether what is told is looked after until it is over.
func (r *reading) goesOn(e store.Event, kind history.EventKind, by rules) bool {
	switch kind {
	case history.EventFailed, history.EventSourcePaused:
		return by.repeat()
	case history.EventNotLooking:
		return !r.answered(e)
	default:
		return false
	}
}

func (r *reading) matches(rule store.Rule, e store.Event) bool {
	if e.JobID == 0 {
		return matchesSource(rule, e.Source, r.facts.Jobs)
	}
	return matches(rule, r.facts.Jobs[e.JobID])
}

func (r *reading) notice(e store.Event, h words.Happening) (store.Notice, error) {
	key := fmt.Sprintf("entry %d %s %d %s", e.EntryNo, e.Kind, e.No, h.Kind)
	if h.Over {
		key += " over"
	}
	steps := r.facts.Steps[store.RunKey{JobID: e.JobID, No: e.RunNo}]
	return notice(key, e.JobID, e.At, h, r.facts.Jobs[e.JobID].Labels, steps)
}

// end ends what went on and is over by now.
func (r *reading) end(over func(store.Going) bool) (ended []store.Going) {
	for _, g := range r.goings {
		if g.OverAt.IsZero() && !r.ended[g.EventNo] && over(g) {
			r.ended[g.EventNo] = true
			r.telling.End = append(r.telling.End, g.EventNo)
			ended = append(ended, g)
		}
	}
	for i, g := range r.telling.Begin { // in this very stretch
		if g.OverAt.IsZero() && over(g) {
			r.telling.Begin[i].OverAt = r.telling.State.Now
		}
	}
	return ended
}

// endGoings ends what a change of a run's state ends: a failure, and of a run that has
// ended or was superseded its stall.
func (r *reading) endGoings(e store.Event) error {
	r.end(func(g store.Going) bool { return g.Kind == history.EventFailed && g.JobID == e.JobID })
	h := r.happening(e)
	superseded := e.To == history.StateUnknown && h.Run != nil && h.Run.Superseded
	if !e.To.Terminal() && !superseded {
		return nil
	}
	over := r.end(func(g store.Going) bool {
		return (g.Kind == history.EventStalled || g.Kind == history.EventUnusual) && g.JobID == e.JobID && g.RunNo == e.RunNo
	})
	for _, g := range over {
		if g.Kind != history.EventStalled {
			continue
		}
		h.Over, h.Since, h.SeenAt = true, began(g), e.ObservedAt
		if err := r.offerBy(r.rules.of(e.EntryNo).named(g.Told), e, h, history.EventStalled); err != nil {
			return err
		}
	}
	return nil
}

// tellUnseen tells of a gap that is over, that nobody could look, unless that was told
// while it lasted: then Look tells when it is over. So it does of a gap that no answer has
// ended, unless the next one is there, too: they are told as one.
func (r *reading) tellUnseen(e store.Event) error {
	if e.Detail == history.GapPaused {
		return nil
	}
	of := func(g store.Going) bool { return g.Kind == history.EventNotLooking && g.JobID == e.JobID }
	for _, g := range r.goings {
		if of(g) && (g.OverAt.IsZero() || !g.OverAt.Before(e.NotBefore)) {
			return nil
		}
	}
	h := r.happening(e)
	h.Since, h.SeenAt, h.Reason = e.NotBefore, e.ObservedAt, e.Detail
	if before, known := r.unseen[e.JobID]; known && before.To.Equal(e.NotBefore) {
		h.Since = before.From
	} else {
		r.end(of)
		if err := r.offer(e, h, history.EventNotLooking); err != nil {
			return err
		}
	}
	if !r.answered(e) {
		r.unseen[e.JobID] = history.Stretch{From: h.Since, To: e.ObservedAt}
		return nil
	}
	r.end(of)
	h.Over = true
	return r.offer(e, h, history.EventNotLooking)
}

// answered reports a gap that an answer has ended: no pause, no removal, no other failure.
func (r *reading) answered(e store.Event) bool {
	return r.facts.Answered[store.RunKey{JobID: e.JobID, No: int(e.No)}]
}
