package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/words"
)

// Look keeps what is to be told of what goes on, of which the journal tells nothing: what
// begins and ends with time alone, and what is told again.
func (n *Notifier) Look(ctx context.Context) error {
	state, err := n.Store.NotifyState(ctx)
	if err != nil {
		return err
	}
	current, err := n.Store.Rules(ctx)
	if err != nil || len(current) == 0 {
		return err
	}
	l := looking{rules: current, telling: &telling{store.Telling{State: state, To: state.EntryNo}}}
	if l.goings, err = n.Store.Goings(ctx, state.Now); err != nil {
		return err
	}
	l.goings = slices.DeleteFunc(l.goings, func(g store.Going) bool { return !g.OverAt.IsZero() })
	l.wanted = map[history.EventKind]bool{}
	for _, kind := range kindsByTime() {
		l.wanted[kind] = l.rules.wants(kind)
	}
	if l.conditions, err = n.Store.Conditions(ctx, l.wanted, usualRuns); err != nil {
		return err
	}
	if err := l.learn(ctx, n.Store); err != nil {
		return err
	}
	if err := l.tell(); err != nil {
		return err
	}
	l.repeated = map[string]bool{}
	if err := l.repeat(n.repeated); err != nil {
		return err
	}
	if !l.telling.empty() {
		if err := n.Store.Tell(ctx, l.telling.Telling); err != nil {
			return err
		}
	}
	n.repeated = l.repeated
	return nil
}

// kindsByTime are those of what begins and ends with time alone.
func kindsByTime() []history.EventKind {
	return []history.EventKind{history.EventStalled, history.EventUnusual, history.EventNotLooking}
}

func byTime(kind history.EventKind) bool { return slices.Contains(kindsByTime(), kind) }

// looking is one look at what goes on.
type looking struct {
	rules      rules
	wanted     map[history.EventKind]bool
	conditions []store.Condition
	goings     []store.Going
	facts      store.Facts
	gone       map[going]store.Gone // what is over of what may have begun again
	repeated   map[string]bool      // keys of what is told again, by now
	telling    *telling
}

// going names what goes on: one thing of a kind at a job.
type going struct {
	kind  history.EventKind
	jobID int64
}

func (l *looking) learn(ctx context.Context, s *store.Store) (err error) {
	known := map[going]bool{}
	var p store.FactsParams
	var begun []int64
	for _, g := range l.goings {
		known[going{g.Kind, g.JobID}] = true
		if g.JobID == 0 {
			p.Sources = append(p.Sources, g.Subject)
			continue
		}
		p.Jobs = append(p.Jobs, g.JobID)
		if g.RunNo > 0 {
			p.Runs = append(p.Runs, store.RunKey{JobID: g.JobID, No: g.RunNo})
		}
	}
	for _, c := range l.conditions {
		if known[going{c.Kind, c.JobID}] {
			continue
		}
		p.Jobs = append(p.Jobs, c.JobID)
		begun = append(begun, c.JobID)
		if c.RunNo > 0 {
			p.Runs = append(p.Runs, store.RunKey{JobID: c.JobID, No: c.RunNo})
		}
	}
	if l.facts, err = s.Facts(ctx, p); err != nil || len(begun) == 0 {
		return err
	}
	last, err := s.LastGone(ctx, begun)
	l.gone = make(map[going]store.Gone, len(last))
	for _, g := range last {
		l.gone[going{g.Kind, g.JobID}] = g
	}
	return err
}

// tell adds what has begun and what is over.
func (l *looking) tell() error {
	lasting := map[going]bool{}
	for _, c := range l.conditions {
		lasting[going{c.Kind, c.JobID}] = true
	}
	known := map[going]bool{}
	for _, g := range l.goings {
		of := going{g.Kind, g.JobID}
		known[of] = true
		if !byTime(g.Kind) || lasting[of] {
			if g.LeftAlone { // nothing that comes ends it
				l.telling.End = append(l.telling.End, g.EventNo)
			} else if lasting[of] {
				l.tellOthers(g)
			}
			continue
		}
		ended, told := l.over(g)
		if ended {
			l.telling.End = append(l.telling.End, g.EventNo)
		}
		if !told {
			continue
		}
		h := words.Happening{Kind: g.Kind, Over: true, Since: began(g), SeenAt: l.telling.State.Now}
		if err := l.offer(g.Event.Key+" over", g.JobID, g.RunNo, h, l.rules.named(g.Told)); err != nil {
			return err
		}
	}
	for _, c := range l.conditions {
		of := going{c.Kind, c.JobID}
		gone := l.gone[of]
		if known[of] || c.Kind == history.EventUnusual && gone.RunNo == c.RunNo { // that is told once of a run
			continue
		}
		h := words.Happening{Kind: c.Kind, Since: c.Since, SeenAt: c.SeenAt, Reason: c.Reason, Usual: c.Usual, Pace: c.Pace}
		// A run whose stall_after was raised, or that another one had superseded, stalls
		// again since the same moment: told again, as that it was over was told.
		key := fmt.Sprintf("%s job %d run %d since %s after event %d", c.Kind, c.JobID, c.RunNo, c.Since.UTC().Format(time.RFC3339Nano), gone.EventNo)
		if err := l.offer(key, c.JobID, c.RunNo, h, l.rules); err != nil {
			return err
		}
	}
	return nil
}

// tellOthers tells what goes on by the rules that are new, or tell more than before.
func (l *looking) tellOthers(g store.Going) {
	for _, rule := range l.rules {
		if tells(rule, g.Kind) && l.matches(rule, g) && !slices.Contains(g.Told, rule.Name) {
			l.telling.due(store.Due{EventNo: g.EventNo, JobID: g.JobID, Rule: rule})
		}
	}
}

// over reports whether what does not go on any more is over, and whether that is told. Of
// what nobody looks at any more nothing is: it may still be so.
func (l *looking) over(g store.Going) (ended, told bool) {
	job := l.facts.Jobs[g.JobID]
	switch {
	case !l.wanted[g.Kind], g.Kind == history.EventUnusual: // nobody looks whether it is over; its end is told of the run
		return true, false
	case job.Tracking == store.TrackingRemoved:
		return true, false
	case g.Kind == history.EventStalled:
		return true, true
	case job.Tracking == store.TrackingPaused:
		return true, false
	}
	since := began(g)
	if g.Since.Before(since) { // by a clock that was set back
		since = g.Since
	}
	answered := job.AnsweredAt.After(since)
	return answered || job.Tracking != store.TrackingActive, answered
}

// began is since when something goes on.
func began(g store.Going) time.Time {
	var told struct {
		Since time.Time `json:"since"`
	}
	if json.Unmarshal(g.Event.What, &told) != nil || told.Since.IsZero() {
		return g.Since
	}
	return told.Since
}

// offer tells what goes on, or is over, by each of some rules that tells of it.
func (l *looking) offer(key string, jobID int64, runNo int, h words.Happening, among rules) error {
	job := l.facts.Jobs[jobID]
	h.Job, h.Source = job.Job, job.Source
	if run, known := l.facts.Runs[store.RunKey{JobID: jobID, No: runNo}]; known {
		h.Run = &run
	} else if runNo > 0 {
		return nil // retention has taken it
	}
	var by rules
	for _, rule := range among {
		if tells(rule, h.Kind) && matches(rule, job) {
			by = append(by, rule)
		}
	}
	if len(by) == 0 {
		return nil
	}
	n, err := notice(key, jobID, l.telling.State.Now, h, job.Labels, nil)
	if err != nil {
		return err
	}
	l.telling.add(n, by)
	if !h.Over {
		l.telling.goesOn(n)
	}
	return nil
}

// repeat tells again what goes on, by each rule that has told it and says so. What was told already has
// its key: it is not told a second time.
func (l *looking) repeat(before map[string]bool) error {
	now := l.telling.State.Now
	for _, g := range l.goings {
		switch g.Kind {
		case history.EventFailed, history.EventStalled, history.EventSourcePaused:
		default:
			continue
		}
		if slices.Contains(l.telling.End, g.EventNo) {
			continue
		}
		for _, rule := range l.rules.named(g.Told) {
			if rule.RepeatEvery == 0 || !tells(rule, g.Kind) || !l.matches(rule, g) {
				continue
			}
			times := now.Sub(g.Since) / rule.RepeatEvery
			if dueAt := g.Since.Add(times * rule.RepeatEvery); times < 1 || dueAt.Before(rule.DeclaredAt) { // by then another version told it
				continue
			}
			n, err := again(g, rule, int64(times), now)
			if err != nil {
				return err
			}
			l.repeated[n.Key] = true
			if !before[n.Key] {
				l.telling.add(n, rules{rule})
			}
		}
	}
	return nil
}

func (l *looking) matches(rule store.Rule, g store.Going) bool {
	if g.JobID == 0 {
		return matchesSource(rule, g.Subject, l.facts.Jobs)
	}
	return matches(rule, l.facts.Jobs[g.JobID])
}

// again is what was told, told again for the n-th time.
func again(g store.Going, rule store.Rule, times int64, now time.Time) (store.Notice, error) {
	n := g.Event
	n.Key = fmt.Sprintf("%s again %d every %s by %s", n.Key, times, rule.RepeatEvery, rule.Name)
	n.Line, n.At = words.Still(n.Line, g.Event.At, now), now
	var what map[string]json.RawMessage
	if err := json.Unmarshal(n.What, &what); err != nil {
		return store.Notice{}, fmt.Errorf("read %s: %w", g.Event.Key, err)
	}
	for field, value := range map[string]any{"phase": store.PhaseAgain, "text": n.Line, "at": now} {
		text, err := json.Marshal(value)
		if err != nil {
			return store.Notice{}, err
		}
		what[field] = text
	}
	var err error
	n.What, err = json.Marshal(what)
	return n, err
}
