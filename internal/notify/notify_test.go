package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"tracker/internal/store"
	"tracker/internal/testkit"
)

func TestTellsWhatHappens(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.job("stores-eu", map[string]string{"team": "geo"})
	l.job("poi-fr", nil)
	l.say("stores-eu", testkit.WoosmapRun("r0", "failed")) // before there is a rule
	geo := hook("geo", "started", "failed", "recovered", "succeeded", "source_paused", "change")
	geo.Labels = map[string]string{"team": "geo"}
	poi := hook("poi", "failed", "transition")
	poi.Jobs = []string{"poi-*"}
	l.rules(geo, poi)
	l.tell()
	l.wantTold()
	l.say("stores-eu", testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"), testkit.WoosmapRun("r2", "success"))
	l.tell()
	l.wantTold("started stores-eu", "recovered stores-eu", "started stores-eu", "succeeded stores-eu")
	l.say("poi-fr", testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "failed"))
	l.tell()
	l.wantTold("transition poi-fr", "failed poi-fr")
	l.tell()
	l.wantTold() // once
	if _, err := l.store.PauseSource(t.Context(), store.Author{Actor: "alice", At: time.Now()}, "woosmap", "contract ended"); err != nil {
		t.Fatal(err)
	}
	l.tell()
	l.wantTold("source_paused woosmap")
	l.Want("deliveries", []string{"7 delivered"}, `SELECT count(*) || ' ' || state FROM report.deliveries GROUP BY state`)
	l.Check()
}

// TestAWebhookIsSigned and has all that Standard Webhooks wants, the same id each time.
func TestAWebhookIsSigned(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "failed"))
	l.receiver.answers(status(500))
	l.say("stores-eu", run("r1", "in_progress", time.Minute, 0), run("r1", "failed", time.Minute, time.Second))
	l.tell()
	l.receiver.answers(nil)
	l.pass(10 * time.Second)
	l.tell()
	got := l.receiver.take()
	if len(got) != 2 {
		t.Fatalf("%d requests", len(got))
	}
	verifier, err := standardwebhooks.NewWebhook(hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range got {
		if err := verifier.Verify(one.body, one.header); err != nil {
			t.Errorf("%v: %s", err, one.body)
		}
	}
	if first, second := got[0].header.Get("webhook-id"), got[1].header.Get("webhook-id"); first != second || !strings.HasPrefix(first, "msg_") {
		t.Errorf("ids %q and %q", first, second)
	}
	for _, want := range []string{`"type":"tracker.failed"`, `✖ stores-eu failed in import after 59 s: Row 317: geometry is not valid`, `"happened_at":`, `"run_no":1`} {
		if !strings.Contains(string(got[0].body), want) {
			t.Errorf("no %s in %s", want, got[0].body)
		}
	}
}

func TestAMessageTellsOnOneLine(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(chat("geo", "failed"))
	l.say("stores-eu", run("r1", "in_progress", 72*time.Second, 0), run("r1", "failed", 72*time.Second, 0))
	l.tell()
	got := l.receiver.take()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	lines := strings.Split(string(got[0].body), "\n")
	if lines[0] != "✖ stores-eu failed in import after 1 m 12 s: Row 317: geometry is not valid" || len(lines) != 4 ||
		lines[1] != "run 1 of stores-eu at woosmap" || !strings.HasSuffix(lines[2], " UTC, says the service") || lines[3] != "more:  tracker history stores-eu --run 1" {
		t.Errorf("it says %q", lines)
	}
}

// TestMessagesAreGrouped: what comes within the time is one, with its numbers first.
func TestMessagesAreGrouped(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	rule := chat("geo", "failed", "succeeded")
	rule.GroupFor = time.Minute
	l.rules(rule)
	for n := range 25 {
		l.say(fmt.Sprintf("stores-%02d", n), testkit.WoosmapRun("r1", "failed"))
	}
	l.tell()
	l.wantTold() // it waits for more
	l.pass(50 * time.Second)
	l.say("poi-fr", testkit.WoosmapRun("r1", "success"))
	l.tell()
	l.wantTold()
	l.pass(11 * time.Second)
	l.tell()
	got := l.receiver.take()
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	lines := strings.Split(string(got[0].body), "\n")
	if lines[0] != "25 failed, 1 succeeded: stores-00, stores-01, stores-02 and 23 more" || lines[1] != "✖ stores-00 failed; the service gives no reason" || len(lines) != 23 || lines[21] != "and 6 more" {
		t.Errorf("it says %q", lines)
	}
}

// TestAReceiverThatFails is tried for a day, in each job's order, and then no more; what
// failed can be tried again.
func TestAReceiverThatFails(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "started", "failed"))
	l.receiver.answers(status(503))
	l.say("stores-eu", testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "failed"))
	for range 24 { // an hour
		l.tell()
		l.pass(150 * time.Second)
	}
	tries := len(l.receiver.take())
	if tries < 6 || tries > 12 {
		t.Errorf("tried %d times in an hour", tries)
	}
	l.Want("deliveries", []string{"started pending true", "failed pending false"}, `SELECT event || ' ' || state || ' ' || (attempts > 0) FROM report.deliveries ORDER BY event_no`)
	if waiting := l.waiting(); len(waiting) != 1 || waiting[0].Rule != "geo" || waiting[0].For < 59*time.Minute || waiting[0].For > 62*time.Minute {
		t.Errorf("it is counted as waiting: %v", waiting)
	}
	l.receiver.answers(nil)
	l.pass(time.Hour)
	l.tell()
	l.wantTold("started stores-eu", "failed stores-eu")
	if waiting := l.waiting(); len(waiting) > 0 {
		t.Errorf("what was delivered is counted as waiting: %v", waiting)
	}

	l.receiver.answers(status(410))
	l.say("stores-eu", testkit.WoosmapRun("r2", "failed"))
	for range 30 {
		l.tell()
		l.pass(time.Hour)
	}
	l.Want("given up", []string{"started failed it answers 410 Gone", "failed failed it answers 410 Gone"},
		`SELECT event || ' ' || state || ' ' || error FROM report.deliveries WHERE state = 'failed' ORDER BY event_no`)
	l.receiver.take()
	l.receiver.answers(nil)
	l.pass(time.Hour)
	l.tell()
	l.wantTold() // what waited as long behind it has failed with it
	if count, err := l.store.RetryDeliveries(t.Context(), "geo"); err != nil || count != 2 {
		t.Errorf("%d are tried again, %v", count, err)
	}
	l.tell()
	l.wantTold("started stores-eu", "failed stores-eu")
	if l.counts["geo delivered"] != 4 || l.counts["geo failed"] != 2 || l.counts["geo retried"] < 20 {
		t.Errorf("counted %v", l.counts)
	}
}

// waiting is what the metrics tell of deliveries that wait after a failure.
func (l *lab) waiting() []store.DeliveryWait {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	census, err := l.store.Census(l.t.Context(), now)
	if err != nil {
		l.t.Fatal(err)
	}
	return census.Waiting
}

// TestARuleThatIsChanged: what was due under the old one is told by that, and first.
func TestARuleThatIsChanged(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.env["OTHER"] = l.receiver.url + "/other"
	l.rules(hook("geo", "failed"))
	l.receiver.answers(status(500))
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell() // in vain
	l.say("stores-eu", testkit.WoosmapRun("r2", "failed"))
	if err := l.store.CompleteJournal(t.Context()); err != nil { // it is in the journal, and nobody has read it
		t.Fatal(err)
	}
	changed := hook("geo", "failed", "succeeded")
	changed.Address = "env:OTHER"
	l.rules(changed)
	l.say("stores-eu", testkit.WoosmapRun("r3", "success"))
	l.receiver.take()
	l.receiver.answers(nil)
	l.tell()
	l.pass(time.Minute)
	l.tell()
	l.tell()
	var paths []string
	for _, one := range l.receiver.take() {
		paths = append(paths, one.summary()+" "+one.path)
	}
	if got := strings.Join(paths, ", "); got != "failed stores-eu /services/T0KEN-in-the-address, failed stores-eu /services/T0KEN-in-the-address, succeeded stores-eu /other" {
		t.Errorf("told %s", got)
	}
	l.Want("changes", []string{"change rule geo", "register rule geo"}, `SELECT action || ' ' || subject FROM report.changes WHERE subject LIKE 'rule %' ORDER BY change_no DESC`)
	l.rules()
	l.say("stores-eu", testkit.WoosmapRun("r4", "failed"))
	l.tell()
	l.wantTold()
	l.Want("the last change", []string{"remove rule geo"}, `SELECT action || ' ' || subject FROM report.changes ORDER BY change_no DESC LIMIT 1`)
	l.Check()
}

// TestTwoTrackers tell each event once, whoever reads and sends.
func TestTwoTrackers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "failed"), hook("all", "transition"), chat("chat", "failed"))
	const jobs = 40
	for n := range jobs {
		l.say(fmt.Sprintf("stores-%02d", n), testkit.WoosmapRun("r1", "failed"))
	}
	if err := l.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	for _, owner := range []string{"one", "two"} {
		n := l.newNotifier(owner, l.Store())
		go func() {
			defer func() { done <- struct{}{} }()
			for range 10 {
				for more := true; more; {
					more, _ = n.Read(t.Context()) // somebody else may have
				}
				now, _ := l.store.Now(t.Context())
				lanes, _ := l.store.LanesDue(t.Context(), now)
				for _, lane := range lanes {
					if err := n.Send(t.Context(), lane); err != nil {
						t.Error(err)
					}
				}
			}
		}()
	}
	<-done
	<-done
	seen := map[string]int{}
	messages := 0
	for _, one := range l.receiver.take() {
		if id := one.header.Get("webhook-id"); id != "" {
			seen[id]++
		} else {
			messages++
		}
	}
	if len(seen) != 2*jobs || messages != 1 {
		t.Errorf("%d events, %d messages", len(seen), messages)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s was sent %d times", id, times)
		}
	}
}

// TestQuietHours hold back what comes in them until they end.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	rule := hook("geo", "failed")
	now := time.Now().UTC()
	rule.Quiet = now.Add(-time.Hour).Format("15:04") + "-" + now.Add(time.Hour).Format("15:04")
	l.rules(rule)
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	l.wantTold()
	l.Want("the rule rests", []string{now.Add(time.Hour).Format("15:04")}, `SELECT to_char(rests_until AT TIME ZONE 'UTC', 'HH24:MI') FROM report.notify_rules`)
	rule.Quiet = ""
	l.rules(rule) // what was due under the old one waits on
	l.say("stores-eu", testkit.WoosmapRun("r2", "failed"))
	l.tell()
	l.wantTold()
	l.Exec(`ALTER TABLE notify_rules DISABLE TRIGGER notify_rules_fixed`)
	l.Exec(`UPDATE notify_rules SET quiet = $1 WHERE quiet IS NOT NULL`, now.Add(-time.Hour).Format("15:04")+"-"+now.Add(-time.Minute).Format("15:04"))
	l.pass(50 * time.Minute)
	l.tell()
	l.wantTold() // they have ended, and the rule rests until they were to
	l.pass(11 * time.Minute)
	l.tell()
	l.tell()
	l.wantTold("failed stores-eu", "failed stores-eu")
	l.Want("deliveries", []string{"1 delivered", "2 delivered"}, `SELECT version || ' ' || state FROM report.deliveries ORDER BY version`)
}

// TestARunThatIsSeenEnded has begun when the service says that it has, not when it ended;
// where it does not say, in bounds. Its only transition is its end, whatever is told of it.
func TestARunThatIsSeenEnded(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(hook("geo", "started", "failed"), chat("chat", "started"))
	l.say("stores-eu", run("r1", "failed", time.Hour, time.Minute))
	l.tell()
	l.Want("times of the service", []string{"started at its end", "failed at its end"}, `
		SELECT kind || CASE (e.what #>> '{transition,happened_at}')::timestamptz WHEN r.started_at THEN ' at its start' WHEN r.ended_at THEN ' at its end' END
		FROM notify_events e JOIN report.runs r ON r.job_id = e.of_job AND r.run_no = e.run_no ORDER BY e.event_no`)
	l.Want("when it began", []string{"true"}, `
		SELECT strpos(e.more, 'at ' || to_char(r.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC, says the service') > 0
		FROM notify_events e JOIN report.runs r ON r.job_id = e.of_job AND r.run_no = e.run_no WHERE e.kind = 'started'`)
	l.say("stores-eu", testkit.WoosmapRun("r2", "failed"))
	l.tell()
	l.Want("without", []string{"started true", "failed true"}, `
		SELECT kind || ' ' || (what #>> '{transition,happened_at}' IS NULL) FROM notify_events WHERE run_no = 2 ORDER BY event_no`)
	var when []string
	for _, one := range l.receiver.take() {
		if lines := strings.Split(string(one.body), "\n"); len(lines) > 2 {
			when = append(when, strings.Fields(lines[2])[0])
		}
	}
	if got := strings.Join(when, " "); got != "at between" {
		t.Errorf("the messages tell when: %q", got)
	}
}
