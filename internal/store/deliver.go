package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// deliveriesMost is how many deliveries are taken at once.
const deliveriesMost = 5000

// How far ahead may lie what is to be sent, but for quiet hours. Further ahead it lies by a
// clock that was set back.
const (
	// LaneLease is how long the right to send lasts of one who is gone.
	LaneLease = time.Minute
	// BackOffMost is the longest time between two attempts.
	BackOffMost = time.Hour
	// RestMost is how long a receiver is left alone at most that has failed some times in a row.
	RestMost = 5 * time.Minute
)

// Delivery is a notice that is to be told by a rule.
type Delivery struct {
	EventNo  int64
	Attempts int
	DueAt    time.Time
	Notice
}

// LanesDue lists the versions of rules by which something is to be sent now, and nobody
// sends.
func (s *Store) LanesDue(ctx context.Context, now time.Time) ([]int64, error) {
	ids, err := s.queries.LaneDue(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("read what is to be sent: %w", err)
	}
	return ids, nil
}

// Lane is the right to send by a version of a rule, which nobody else has meanwhile.
type Lane struct {
	RuleID   int64
	Sender   string
	Failures int // in a row, before
}

// TakeLane takes the right to send, for so long; false: somebody else has it.
func (s *Store) TakeLane(ctx context.Context, ruleID int64, sender string, now time.Time, lease time.Duration) (Lane, bool, error) {
	taken, err := s.queries.LaneTake(ctx, dbsqlc.LaneTakeParams{RuleID: ruleID, Now: now, Lease: lease, Sender: &sender})
	if err != nil || taken == 0 {
		return Lane{}, false, wrapped("take the right to send", err)
	}
	failures, err := s.queries.LaneFailures(ctx, ruleID)
	if err != nil {
		return Lane{}, false, wrapped("take the right to send", err)
	}
	return Lane{RuleID: ruleID, Sender: sender, Failures: int(failures)}, true, nil
}

// LeaveLane gives the right to send back; nothing is sent before it has rested (zero: at
// once).
func (s *Store) LeaveLane(ctx context.Context, lane Lane, restsUntil time.Time) error {
	return wrapped("give back the right to send", s.queries.LaneLeave(ctx, dbsqlc.LaneLeaveParams{
		Failures: int32(lane.Failures), RestsUntil: toPointer(restsUntil), RuleID: lane.RuleID, Sender: &lane.Sender,
	}))
}

// Due reads what is to be told by a version of a rule, in order. grouped: what is new
// comes along with what is due.
func (s *Store) Due(ctx context.Context, ruleID int64, now time.Time, grouped bool) ([]Delivery, error) {
	rows, err := s.queries.DeliveryDue(ctx, dbsqlc.DeliveryDueParams{RuleID: ruleID, Now: now, Grouped: grouped, Most: deliveriesMost})
	if err != nil {
		return nil, fmt.Errorf("read what is to be told: %w", err)
	}
	return convert(rows, func(row dbsqlc.DeliveryDueRow) Delivery {
		return Delivery{EventNo: row.EventNo, Attempts: int(row.Attempts), DueAt: row.DueAt, Notice: Notice{
			Key: row.Key, Kind: history.EventKind(row.Kind), JobID: row.OfJob, Job: row.Job, Source: row.Source, RunNo: int(row.RunNo), At: row.At,
			MadeAt: row.MadeAt, Line: row.Line, More: row.More, What: row.What,
		}}
	}), nil
}

// Delivered keeps that a receiver has taken deliveries.
func (s *Store) Delivered(ctx context.Context, ruleID int64, eventNos []int64, now time.Time) error {
	return wrapped("keep what was delivered", s.queries.DeliveryDone(ctx, dbsqlc.DeliveryDoneParams{Now: now, RuleID: ruleID, EventNos: eventNos}))
}

// Attempt is one that failed.
type Attempt struct {
	RuleID   int64
	EventNos []int64
	Error    string
	Now      time.Time
	NextAt   time.Time     // when it is tried again
	Long     time.Duration // what was tried first so long ago is not
}

// Undelivered keeps an attempt that failed, and tells how many deliveries
// have failed for good: what has waited as long behind one of them, too.
func (s *Store) Undelivered(ctx context.Context, a Attempt) (failed int, err error) {
	err = s.inTx(ctx, func(q *dbsqlc.Queries) error {
		rows, err := q.DeliveryFailed(ctx, dbsqlc.DeliveryFailedParams{
			Now: a.Now, Error: a.Error, NextAt: a.NextAt, Long: a.Long, RuleID: a.RuleID, EventNos: a.EventNos,
		})
		if err != nil {
			return err
		}
		var jobs []int64
		for _, row := range rows {
			if row.State == DeliveryFailed {
				jobs = append(jobs, row.OfJob)
			}
		}
		if failed = len(jobs); failed == 0 {
			return nil
		}
		behind, err := q.DeliveryFailedBehind(ctx, dbsqlc.DeliveryFailedBehindParams{Error: a.Error, RuleID: a.RuleID, OfJobs: jobs, Now: a.Now, Long: a.Long})
		failed += int(behind)
		return err
	})
	return failed, wrapped("keep what was not delivered", err)
}

// States of deliveries that are over.
const (
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed"
)

// DeliveryRetried counts attempts in vain after which a delivery is still pending.
const DeliveryRetried = "retried"

// RetryDeliveries has what has failed, or waits after a failure, tried at once: by a rule,
// or by all (empty). It tells how many there are.
func (s *Store) RetryDeliveries(ctx context.Context, rule string) (retried int64, err error) {
	err = s.inTx(ctx, func(q *dbsqlc.Queries) error {
		now, err := q.ClockNow(ctx)
		if err != nil {
			return err
		}
		if retried, err = q.DeliveryRetry(ctx, dbsqlc.DeliveryRetryParams{Now: now, Rule: rule}); err != nil {
			return err
		}
		return q.LaneWake(ctx)
	})
	return retried, wrapped("have deliveries tried again", err)
}

// RunTold is what a receiver was told of a run.
type RunTold struct {
	Any bool // something
	End bool // that it has ended
}

// ToldOfRun tells what the receiver of a version of a rule was told of a run before an
// event, by that rule.
func (s *Store) ToldOfRun(ctx context.Context, ruleID int64, run RunKey, eventNo int64) (RunTold, error) {
	row, err := s.queries.NotifyRunTold(ctx, dbsqlc.NotifyRunToldParams{RuleID: ruleID, JobID: run.JobID, RunNo: int32(run.No), EventNo: eventNo})
	return RunTold{Any: row.Told, End: row.Ended}, wrapped("read what was told of a run", err)
}

// wrapped says of an error what was being done; nil stays nil.
func wrapped(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// RuleRow is the last version of a rule and what came of it.
type RuleRow struct {
	Rule        string     `json:"rule"`
	Version     int32      `json:"version"`
	As          string     `json:"as"`
	To          string     `json:"to"` // the reference
	On          []string   `json:"on"`
	Sources     []string   `json:"sources"`
	Jobs        []string   `json:"jobs"`
	Quiet       *string    `json:"quiet"`
	Matched     int64      `json:"matched"` // in the last 24 hours
	Pending     int64      `json:"pending"`
	Failed      int64      `json:"failed"`
	DeliveredAt *time.Time `json:"delivered_at"` // the last; nil: none was
	Error       string     `json:"error"`        // of what waits or has failed; empty: none
	Removed     bool       `json:"removed"`      // the rule was removed
}

// RuleRows reads the rules and what came of them, by name: of those that were removed the
// ones by which something waits in vain or has failed.
func (s *Store) RuleRows(ctx context.Context) ([]RuleRow, error) {
	rows, err := s.queries.ReportRules(ctx)
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportRulesRow) RuleRow {
		r := row.ReportNotifyRule
		return RuleRow{
			Rule: r.Rule, Version: r.Version, As: r.Form, To: r.Address, On: r.Events, Sources: r.Sources, Jobs: r.Jobs, Quiet: r.Quiet,
			Matched: row.Matched, Pending: row.Pending, Failed: row.Failed, DeliveredAt: toPointer(row.DeliveredAt), Error: row.Error,
			Removed: !r.Current,
		}
	}), nil
}

// RuleNamesEver lists the names of all rules that there are or were.
func (s *Store) RuleNamesEver(ctx context.Context) ([]string, error) {
	names, err := s.queries.ReportRuleNames(ctx)
	return names, wrapped("list rule names", err)
}

// DeliveryRow is a row of report.deliveries.
type DeliveryRow struct {
	At          time.Time  `json:"at"`
	Rule        string     `json:"rule"`
	Event       string     `json:"event"`
	Job         *string    `json:"job"` // nil: it is of a source
	State       string     `json:"state"`
	Attempts    int32      `json:"attempts"`
	DeliveredAt *time.Time `json:"delivered_at"`
	Error       *string    `json:"error"`
	Source      *string    `json:"source"`
	RunNo       *int32     `json:"run_no"`
	Line        string     `json:"line"`
	DueAt       time.Time  `json:"due_at"`
	NextAt      time.Time  `json:"next_at"`
}

// DeliveryRows reads deliveries, the newest first: of a rule, or of all (empty); failed:
// only those of which an attempt has failed, and none has succeeded.
func (s *Store) DeliveryRows(ctx context.Context, rule string, failed bool, most int) ([]DeliveryRow, error) {
	rows, err := s.queries.ReportDeliveries(ctx, dbsqlc.ReportDeliveriesParams{Rule: rule, Failed: failed, Most: int32(most)})
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	return convert(rows, func(row dbsqlc.ReportDelivery) DeliveryRow {
		return DeliveryRow{
			At: row.At, Rule: row.Rule, Event: row.Event, Job: row.Job, State: row.State, Attempts: row.Attempts, DeliveredAt: row.DeliveredAt, Error: row.Error,
			Source: row.Source, RunNo: row.RunNo, Line: row.Line, DueAt: row.DueAt, NextAt: row.NextAt,
		}
	}), nil
}
