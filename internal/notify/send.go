package notify

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"tracker/internal/redact"
	"tracker/internal/schedule"
	"tracker/internal/store"
)

const (
	// laneMost is how long one sends by a rule at a time: by less than store.LaneLease minus
	// what one attempt takes, so that nobody else sends meanwhile.
	laneMost = 30 * time.Second
	// sendTimeout bounds one attempt.
	sendTimeout = 15 * time.Second
	// tryLong is for how long a delivery is tried.
	tryLong = 24 * time.Hour
	// backOffFirst is the time after the first attempt, store.BackOffMost the longest.
	backOffFirst = 5 * time.Second
	// failuresMost is after how many failures in a row a receiver is left alone for a while.
	failuresMost = 3
	// lanesMost is by how many rules one sends at once.
	lanesMost = 32
)

// send sends what is due, by each rule apart, until ctx ends.
func (n *Notifier) send(ctx context.Context) {
	var lanes sync.WaitGroup
	defer lanes.Wait()
	free := make(chan struct{}, lanesMost)
	var mu sync.Mutex
	busy := map[int64]bool{}
	n.again(ctx, sendEvery, "send what is due", func(ctx context.Context) error {
		now, err := n.Store.Now(ctx)
		if err != nil {
			return err
		}
		due, err := n.Store.LanesDue(ctx, now)
		if err != nil {
			return err
		}
		for _, ruleID := range due {
			mu.Lock()
			skip := busy[ruleID]
			busy[ruleID] = true
			mu.Unlock()
			if skip {
				continue
			}
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			lanes.Go(func() {
				if err := n.Send(ctx, ruleID); err != nil && ctx.Err() == nil {
					n.Logger.WarnContext(ctx, "deliveries wait", "error", err)
				}
				mu.Lock()
				delete(busy, ruleID)
				mu.Unlock()
				<-free
			})
		}
		return nil
	})
}

// Send sends what is due by a version of a rule, in order, unless somebody else does.
func (n *Notifier) Send(ctx context.Context, ruleID int64) error {
	now, err := n.Store.Now(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	lane, taken, err := n.Store.TakeLane(ctx, ruleID, n.Owner, now, store.LaneLease)
	if err != nil || !taken {
		return err
	}
	// It is given back whatever happens; where that fails, the lease runs out.
	lasting := context.WithoutCancel(ctx)
	found, err := n.Store.RulesByID(ctx, []int64{ruleID})
	if err != nil {
		return n.leave(lasting, lane, time.Time{}, err)
	}
	rule := found[ruleID]
	quiet, _ := schedule.ParseQuiet(rule.Quiet) // a rule with others was not declared
	if until := quiet.Until(now); !until.IsZero() {
		return n.leave(lasting, lane, until, nil)
	}
	d := deliverer{notifier: n, rule: rule, lane: &lane, began: began, now: now, behind: map[int64]bool{}}
	rest, err := d.run(ctx)
	return n.leave(lasting, lane, rest, err)
}

func (n *Notifier) leave(ctx context.Context, lane store.Lane, rest time.Time, err error) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if left := n.Store.LeaveLane(ctx, lane, rest); err == nil {
		err = left
	}
	return err
}

// deliverer sends by a rule, whose lane it has.
type deliverer struct {
	notifier *Notifier
	rule     store.Rule
	lane     *store.Lane
	began    time.Time      // when the lane was taken, by our clock
	now      time.Time      // and by the database's
	failures int            // in a row, in this turn
	behind   map[int64]bool // jobs (0: sources) of which something has failed in this turn
}

// clock is the database's time, by that of when the lane was taken.
func (d *deliverer) clock() time.Time { return d.now.Add(time.Since(d.began)) }

// run sends what is due, and tells until when the rule rests.
func (d *deliverer) run(ctx context.Context) (rest time.Time, err error) {
	grouped := d.rule.Form == formMessage
	due, err := d.notifier.Store.Due(ctx, d.rule.ID, d.now, grouped)
	if err != nil || len(due) == 0 {
		return time.Time{}, err
	}
	address, secret, refusal := d.read(ctx)
	if refusal != "" {
		if err := d.failed(ctx, due, refusal); err != nil {
			return time.Time{}, err
		}
		return d.rest(), nil
	}
	for _, batch := range batches(due, grouped) {
		if ctx.Err() != nil || time.Since(d.began) > laneMost || d.failures >= failuresMost {
			break
		}
		if err := d.deliver(ctx, address, secret, batch); err != nil {
			return time.Time{}, err
		}
	}
	if d.failures >= failuresMost || d.failures > 0 && grouped {
		return d.rest(), nil
	}
	return time.Time{}, nil
}

// read reads the address and the secret. refusal is why it cannot.
func (d *deliverer) read(ctx context.Context) (address, secret redact.Secret, refusal string) {
	found, err := d.notifier.Credentials.Read(ctx, d.rule.Address)
	if err != nil {
		return address, secret, "address: " + err.Error()
	}
	if d.rule.Secret == "" {
		return found.Secret, secret, ""
	}
	key, err := d.notifier.Credentials.Read(ctx, d.rule.Secret)
	if err != nil {
		return address, secret, "secret: " + err.Error()
	}
	return found.Secret, key.Secret, ""
}

// batches are what is sent at once: of messages all, of others each event by itself.
func batches(due []store.Delivery, grouped bool) [][]store.Delivery {
	if grouped {
		return [][]store.Delivery{due}
	}
	each := make([][]store.Delivery, len(due))
	for i := range due {
		each[i] = due[i : i+1]
	}
	return each
}

// deliver makes one attempt, unless something before it in its job's order has failed.
func (d *deliverer) deliver(ctx context.Context, address, secret redact.Secret, batch []store.Delivery) error {
	if d.rule.Form != formMessage && d.behind[batch[0].JobID] {
		return nil
	}
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	err := d.notifier.deliver(sending, d.rule, address, secret, batch, d.clock())
	cancel()
	lasting, end := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer end()
	if err == nil {
		d.failures, d.lane.Failures = 0, 0
		if err := d.notifier.Store.Delivered(lasting, d.rule.ID, eventNos(batch), d.clock()); err != nil {
			return err
		}
		d.notifier.count(d.rule.Name, store.DeliveryDelivered, len(batch))
		return nil
	}
	if ctx.Err() != nil { // we end: it was no attempt
		return nil
	}
	return d.failed(lasting, batch, reason(err, address, secret))
}

// failed keeps an attempt that failed.
func (d *deliverer) failed(ctx context.Context, batch []store.Delivery, why string) error {
	d.failures++
	d.lane.Failures++
	now := d.clock()
	most := 0
	for _, one := range batch {
		most = max(most, one.Attempts)
		d.behind[one.JobID] = true
	}
	given, err := d.notifier.Store.Undelivered(ctx, store.Attempt{
		RuleID: d.rule.ID, EventNos: eventNos(batch), Error: why, Now: now, NextAt: now.Add(backOff(most)), Long: tryLong,
	})
	if err != nil {
		return err
	}
	d.notifier.count(d.rule.Name, store.DeliveryRetried, len(batch)-given)
	d.notifier.count(d.rule.Name, store.DeliveryFailed, given)
	if given > 0 {
		d.notifier.Logger.ErrorContext(ctx, "deliveries have failed for good", "rule", d.rule.Name, "deliveries", given, "error", why)
	} else if d.lane.Failures == 1 {
		d.notifier.Logger.WarnContext(ctx, "delivery failed; it is tried again", "rule", d.rule.Name, "error", why)
	}
	return nil
}

// backOff is how long it is until the next attempt, after so many that failed before this
// one. It differs by a tenth, so that not all come at once.
func backOff(failed int) time.Duration {
	wait := store.BackOffMost
	if failed < 10 {
		wait = min(backOffFirst<<failed, store.BackOffMost)
	}
	return wait - time.Duration(rand.Int64N(int64(wait/10))) //nolint:gosec // no secret
}

// rest is until when a receiver is left alone that has failed so often.
func (d *deliverer) rest() time.Time {
	wait := store.RestMost
	if d.lane.Failures < 10 {
		wait = min(time.Second<<d.lane.Failures, store.RestMost)
	}
	return d.clock().Add(wait)
}

func eventNos(batch []store.Delivery) []int64 {
	nos := make([]int64, len(batch))
	for i, one := range batch {
		nos[i] = one.EventNo
	}
	return nos
}
