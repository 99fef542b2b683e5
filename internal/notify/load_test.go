package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"tracker/internal/notify"
	"tracker/internal/store"
	tracker "tracker/internal/sync"
	"tracker/internal/testkit"
)

// longVariable makes the test of many failures one of a thousand.
const longVariable = "TRACKER_E2E_LONG"

// TestManyFailures at once, under twenty rules, are told within a minute, those of
// messages grouped.
func TestManyFailures(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	jobs, rules := 100, 20
	if os.Getenv(longVariable) != "" {
		jobs = 1000
	}
	var declared store.Declaration
	for n := range rules {
		rule := hook(fmt.Sprintf("hook-%02d", n), "failed")
		if n%2 == 0 {
			rule = chat(fmt.Sprintf("chat-%02d", n), "failed")
			rule.GroupFor = 2 * time.Second
		}
		declared.Rules = append(declared.Rules, rule)
	}
	declared.Notifies = true
	for n := range jobs {
		id := fmt.Sprintf("8c4c51f1-0000-4000-8000-%012x", n+1)
		l.Woosmap.Script(id, testkit.WoosmapRun("r1", "failed"))
		declared.Jobs = append(declared.Jobs, store.JobSpec{
			Name: fmt.Sprintf("job-%04d", n), Source: "woosmap", Target: map[string]string{"dataset_id": id}, FirstPollAt: time.Now(),
		})
	}
	l.declare(declared)
	all, err := l.store.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.syncer.Once(t.Context(), all, func(tracker.Event) {}); err != nil {
		t.Fatal(err)
	}
	if err := l.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan struct{})
	began := time.Now()
	go func() { defer close(ended); l.notifier.Run(ctx) }()
	for len(l.Lines(`SELECT '' FROM deliveries HAVING count(*) = $1 AND bool_and(state = 'delivered')`, jobs*rules)) == 0 {
		if time.Since(began) > time.Minute {
			t.Fatalf("after a minute: %v", l.Lines(`SELECT state || ' ' || count(*) FROM deliveries GROUP BY state`))
		}
	}
	took := time.Since(began)
	stop()
	<-ended
	hooks, messages := 0, 0
	for _, one := range l.receiver.take() {
		if one.header.Get("webhook-id") != "" {
			hooks++
		} else {
			messages++
		}
	}
	t.Logf("%d failures under %d rules were told in %s, by %d webhooks and %d messages", jobs, rules, took, hooks, messages)
	if hooks != jobs*rules/2 || messages > rules {
		t.Errorf("%d webhooks and %d messages", hooks, messages)
	}
}

// TestPollsBesideReceiversThatHang: while as much is sent at once as can be, and nothing of
// it is answered, jobs are polled and what comes of it is recorded.
func TestPollsBesideReceiversThatHang(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var rules []store.RuleSpec
	for n := range notify.LanesMost {
		rules = append(rules, hook(fmt.Sprintf("hook-%02d", n), "started"))
	}
	l.rules(rules...)
	asked, answer := make(chan struct{}, len(rules)), make(chan struct{})
	l.receiver.answers(func(http.ResponseWriter, *http.Request) {
		select {
		case asked <- struct{}{}:
		default: // once more
		}
		<-answer
	})
	l.say("stores-eu", testkit.WoosmapRun("r1", "in_progress"))
	if err := l.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { l.notifier.Run(ctx) })
	for range rules {
		<-asked
	}
	l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
	l.Want("recorded while all of them hang", []string{"succeeded"}, `SELECT state FROM report.jobs`)
	l.Want("nothing is told yet", []string{"pending " + strconv.Itoa(len(rules))}, `SELECT state || ' ' || count(*) FROM report.deliveries GROUP BY state`)
	close(answer)
	stop()
	running.Wait()
}
