package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

// ErrNotSent is why a test was not delivered.
var ErrNotSent = errors.New("the test was not delivered")

// Test sends a test by a rule, at once and marked as one, and tells in how long it was
// taken. ErrNotSent says why it was not.
func (n *Notifier) Test(ctx context.Context, rule store.Rule, now time.Time) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	one, err := testNotice(rule, now)
	if err != nil {
		return 0, err
	}
	d := deliverer{notifier: n, rule: rule}
	address, secret, refusal := d.read(ctx)
	if refusal != "" {
		return 0, fmt.Errorf("%w: %s", ErrNotSent, refusal)
	}
	began := time.Now()
	if err := n.deliver(ctx, rule, address, secret, []store.Delivery{{Notice: one}}, now); err != nil {
		return 0, fmt.Errorf("%w: %s", ErrNotSent, reason(err, address, secret))
	}
	return time.Since(began), nil
}

// testNotice is of a run that never was.
func testNotice(rule store.Rule, now time.Time) (store.Notice, error) {
	const job, source = "tracker-test", "tracker-test"
	n := store.Notice{
		Key: fmt.Sprintf("test %d", now.UnixNano()), Kind: store.KindTest, Job: job, Source: source, RunNo: 1, At: now,
		Line: fmt.Sprintf("test of the rule %s: what happens is told like this", rule.Name), More: "nothing has happened",
	}
	run := store.RunRow{
		Job: job, Source: source, RunNo: 1, RunID: "test", State: string(history.StateUnknown), Status: "test", StartedAt: now, FirstSeenAt: now, LastChangedAt: now,
	}
	var err error
	n.What, err = json.Marshal(payload{Kind: n.Kind, Job: job, Source: source, At: now, Run: &run, Text: n.Line})
	return n, err
}
