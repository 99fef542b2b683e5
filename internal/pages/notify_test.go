package pages_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tracker/internal/notify"
	"tracker/internal/pages"
	"tracker/internal/source"
	"tracker/internal/store"
)

// TestNotify shows rules and what came of them, and of an error what may be shown.
func TestNotify(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.get("/notify").wantText(t, "without rules", "No rules yet")
	l.Exec(`INSERT INTO notify_rules (declared_at, from_entry, group_for, version, name, address, form, events, sources, jobs, labels)
		VALUES (clock_timestamp(), 0, '0', 1, 'geo', 'env:HOOK', 'webhook', '{failed,recovered}', '{}', '{}', '{}')`)
	l.Exec(`INSERT INTO notify_events (at, made_at, key, kind, job, line, more, what)
		VALUES (clock_timestamp(), clock_timestamp(), 'k', 'failed', 'stores-eu', '✖ stores-eu failed: <b>Row 317</b>', '', '{}')`)
	l.Exec(`INSERT INTO deliveries (rule_id, event_no, of_job, due_at, next_at, rule, state, error, attempts)
		SELECT r.rule_id, e.event_no, 0, e.at, e.at, r.name, 'failed', 'it answers 410 Gone', 9 FROM notify_rules r, notify_events e`)
	if p := ask(t, http.MethodPost, l.server.URL+"/notify/retry", url.Values{"rule": {"other"}}); p.status != http.StatusOK {
		t.Errorf("a retry is answered %d", p.status)
	} else {
		p.wantText(t, "after a retry of another rule", "Nothing of that rule had failed.")
	}
	l.get("/notify").wantText(t, "a rule that fails", "try again", "failed, recovered", "Tried in vain", "✖ stores-eu failed: <b>Row 317</b>", "it answers 410 Gone")
	ask(t, http.MethodPost, l.server.URL+"/notify/retry", url.Values{"rule": {"geo"}}).wantText(t, "after a retry", "What had failed is tried again.", "tried again")
	l.Want("deliveries", []string{"geo pending"}, `SELECT rule || ' ' || state FROM deliveries`)
}

// TestNotify_SendsATest: who may operate has a button for each rule, and is shown what the
// receiver answered; who may not has none, and is refused.
func TestNotify_SendsATest(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	status, came := http.StatusNoContent, 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		came++
		w.WriteHeader(status)
	}))
	t.Cleanup(receiver.Close)
	rule := store.RuleSpec{Name: "geo", Address: "env:HOOK", Form: "webhook", Events: []string{"failed"}}
	if _, err := l.store.Apply(t.Context(), store.Author{Actor: "tester", At: time.Now()}, store.Declaration{Rules: []store.RuleSpec{rule}, Notifies: true}); err != nil {
		t.Fatal(err)
	}
	notifier := notify.New(notify.Settings{
		Store: l.store, Owner: "lab", Version: "test", Logger: discard(),
		Credentials: source.NewCredentials(func(string) string { return receiver.URL }, source.CredentialScope{}),
	})
	mayOperate := true
	server := serve(t, pages.New(l.store, pages.Options{
		Logger: discard(), Actor: func(*http.Request) string { return "who reads" }, MayOperate: func(*http.Request) bool { return mayOperate }, Test: notifier.Test,
	}))
	test := func(name string) page { return ask(t, http.MethodPost, server+"/notify", url.Values{"rule": {name}}) }
	ask(t, http.MethodGet, server+"/notify", nil).wantText(t, "who may operate", "send a test")
	test("geo").wantText(t, "after a test", "Rule geo: the test was delivered in ", "failed")
	status = http.StatusGone
	if p := test("geo"); p.status != http.StatusOK || came != 2 {
		t.Errorf("a test is answered %d, and %d came", p.status, came)
	} else {
		p.wantText(t, "after a test in vain", "Rule geo: the test was not delivered: it answers 410 Gone.")
	}
	if p := test("<b>"); p.status != http.StatusNotFound {
		t.Errorf("a rule that there is not is tested with %d", p.status)
	}
	l.get("/notify").wantText(t, "where nobody can send a test", "tracker notify test RULE")
	mayOperate = false
	if p := test("geo"); p.status != http.StatusForbidden || came != 2 {
		t.Errorf("a test of who may not is answered %d, and %d came", p.status, came)
	}
	if p := ask(t, http.MethodGet, server+"/notify", nil); strings.Contains(p.raw, `method="post"`) {
		t.Error("who may not operate has a button")
	}
	l.Want("what is kept of tests", nil, `SELECT event FROM report.deliveries`)
}
