package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// WebhookTypes is what the types of a tracker's own webhooks begin with.
const WebhookTypes = "tracker."

// ErrOvertaken means that another tracker has read the journal for the rules meanwhile,
// or that the rules, or what goes on, have changed.
var ErrOvertaken = errors.New("somebody else has told it meanwhile")

// Telling is what is to be told: it is kept as a whole, or not at all.
type Telling struct {
	State   NotifyState // what it was made by
	To      int64       // the journal is read up to here; State.EntryNo: no further
	Turns   bool        // who has looked before at what goes on looks again, also where nothing begins or ends
	Notices []Notice
	Due     []Due
	Begin   []Going // of a notice, by Event.Key
	End     []int64 // event numbers of what is over now
}

// Due says by which version of a rule a notice is told, and when.
type Due struct {
	Key     string // of the notice
	EventNo int64  // of one that is there already; 0: it is among the telling's
	JobID   int64
	Rule    Rule
	At      time.Time
}

// Tell keeps what is to be told, and how far the journal is read. ErrOvertaken: somebody
// else has, from the same place, or what goes on has changed. A notice that is there already is not told again.
func (s *Store) Tell(ctx context.Context, t Telling) error {
	err := s.inTx(ctx, func(q *dbsqlc.Queries) error {
		var moved int64
		var err error
		if t.To > t.State.EntryNo {
			turns := t.Turns || len(t.Begin)+len(t.End) > 0
			moved, err = q.NotifyAdvance(ctx, dbsqlc.NotifyAdvanceParams{ToEntry: t.To, FromEntry: t.State.EntryNo, Version: t.State.Version, Turns: turns})
		} else {
			moved, err = q.NotifyTurn(ctx, t.State.Version)
		}
		if err != nil {
			return err
		}
		if moved == 0 {
			return ErrOvertaken
		}
		return t.keep(ctx, q)
	})
	if err != nil {
		return fmt.Errorf("keep what is to be told: %w", err)
	}
	return nil
}

func (t Telling) keep(ctx context.Context, q *dbsqlc.Queries) error {
	if len(t.End) > 0 {
		ends := dbsqlc.GoingEndParams{EventNos: t.End}
		for range t.End {
			ends.OverAts = append(ends.OverAts, t.State.Now)
		}
		if err := q.GoingEnd(ctx, ends); err != nil {
			return err
		}
	}
	if len(t.Due) == 0 {
		return nil
	}
	numbers, err := insertNotices(ctx, q, t.Notices, t.State.Now)
	if err != nil {
		return err
	}
	var due dbsqlc.DeliveryInsertParams
	for _, d := range t.Due {
		no, isNew := numbers[d.Key]
		if d.EventNo != 0 {
			no = d.EventNo
		} else if !isNew {
			continue
		}
		due.RuleIds, due.EventNos, due.OfJobs = append(due.RuleIds, d.Rule.ID), append(due.EventNos, no), append(due.OfJobs, d.JobID)
		due.Rules, due.DueAts = append(due.Rules, d.Rule.Name), append(due.DueAts, d.At)
	}
	if err := q.DeliveryInsert(ctx, due); err != nil {
		return err
	}
	return t.keepGoing(ctx, q, numbers)
}

// keepGoing keeps what goes on from now on.
func (t Telling) keepGoing(ctx context.Context, q *dbsqlc.Queries, numbers map[string]int64) error {
	var going dbsqlc.GoingInsertParams
	for _, g := range t.Begin {
		no, isNew := numbers[g.Event.Key]
		if !isNew {
			continue
		}
		going.Kinds, going.Subjects, going.OfJobs = append(going.Kinds, string(g.Kind)), append(going.Subjects, g.Subject), append(going.OfJobs, g.JobID)
		going.RunNos, going.Sinces, going.EventNos = append(going.RunNos, int32(g.RunNo)), append(going.Sinces, g.Since), append(going.EventNos, no)
		going.OverAts = append(going.OverAts, g.OverAt)
	}
	if len(going.Kinds) == 0 {
		return nil
	}
	return q.GoingInsert(ctx, going)
}

// insertNotices gives the numbers of those that were not there yet, by their keys.
func insertNotices(ctx context.Context, q *dbsqlc.Queries, notices []Notice, now time.Time) (map[string]int64, error) {
	p := dbsqlc.NotifyEventInsertParams{MadeAt: now}
	for _, n := range notices {
		p.Keys, p.Kinds, p.OfJobs, p.Sources = append(p.Keys, n.Key), append(p.Kinds, string(n.Kind)), append(p.OfJobs, n.JobID), append(p.Sources, n.Source)
		p.Jobs, p.RunNos, p.Ats, p.Lines = append(p.Jobs, n.Job), append(p.RunNos, int32(n.RunNo)), append(p.Ats, n.At), append(p.Lines, n.Line)
		p.Mores, p.Whats = append(p.Mores, n.More), append(p.Whats, string(n.What))
	}
	rows, err := q.NotifyEventInsert(ctx, p)
	if err != nil {
		return nil, err
	}
	numbers := make(map[string]int64, len(rows))
	for _, row := range rows {
		numbers[row.Key] = row.EventNo
	}
	return numbers, nil
}

// ForgetDeliveries drops what was delivered, received, or is over, before a time.
func (s *Store) ForgetDeliveries(ctx context.Context, before time.Time) error {
	err := s.inTx(ctx, func(q *dbsqlc.Queries) error {
		if _, err := q.DeliveryForget(ctx, before); err != nil {
			return err
		}
		if err := q.GoingForget(ctx, &before); err != nil {
			return err
		}
		if err := q.ReceiptForget(ctx, before); err != nil {
			return err
		}
		return q.NotifyEventForget(ctx, before)
	})
	if err != nil {
		return fmt.Errorf("forget old deliveries: %w", err)
	}
	return nil
}
