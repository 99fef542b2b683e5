package notify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tracker/internal/notify"
	"tracker/internal/store"
	"tracker/internal/testkit"
)

// TestReceiversThatMisbehave: each is told why, nothing shows the address, and nobody
// else is asked.
func TestReceiversThatMisbehave(t *testing.T) {
	t.Parallel()
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	t.Cleanup(stranger.Close)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		answer  func(http.ResponseWriter, *http.Request)
		address string // empty: the receiver's
		error   string // empty: it is delivered
	}{
		"Redirects": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, stranger.URL, http.StatusTemporaryRedirect)
		}, error: "not followed"},
		"Fails":       {answer: status(http.StatusInternalServerError), error: "500"},
		"ClosesEarly": {answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, error: "it closed the connection early"},
		"Answers2MB":  {answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 2<<20)) }},
		"IsNotThere":  {address: "http://" + nobody + "/T0KEN-in-the-address", error: "it refuses connections"},
		"HasNoName":   {address: "http://no-such-host.invalid/T0KEN-in-the-address", error: "its host has no address"},
		"IsNoAddress": {address: "T0KEN-in-the-address", error: "the address is"},
	} {
		for _, form := range []string{"webhook", "message", "openlineage"} {
			t.Run(name+"/"+form, func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				rule := store.RuleSpec{Name: "geo", Address: "env:ADDRESS", Form: form, Events: []string{"failed"}}
				l.env["ADDRESS"] = l.receiver.url + "/T0KEN-in-the-address"
				if test.address != "" {
					l.env["ADDRESS"] = test.address
				}
				if form == "message" && strings.Contains(l.env["ADDRESS"], "://") {
					l.env["ADDRESS"] = "generic+" + l.env["ADDRESS"]
				}
				l.receiver.answers(test.answer)
				l.rules(rule)
				l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
				l.tell()
				if test.error == "" {
					l.Want("deliveries", []string{"delivered"}, `SELECT state FROM report.deliveries`)
				} else if got := l.Lines(`SELECT state || ' ' || error FROM report.deliveries`)[0]; !strings.HasPrefix(got, "pending ") || !strings.Contains(got, test.error) {
					t.Errorf("the delivery is %q, want %q", got, test.error)
				}
				l.wantNoSecret("T0KEN", nobody, "invalid/")
			})
		}
	}
	t.Run("Hangs", func(t *testing.T) {
		t.Parallel()
		l := newLab(t)
		l.receiver.answers(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		})
		l.rules(hook("geo", "failed"), chat("chat", "failed"))
		l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
		began := time.Now()
		l.tell()
		if took := time.Since(began); took > 40*time.Second {
			t.Errorf("it is waited for for %s", took)
		}
		l.Want("errors", []string{"it did not answer within 15s", "it did not answer within 15s"}, `SELECT error FROM report.deliveries`)
	})
	t.Cleanup(func() {
		if n := strangers.Load(); n > 0 {
			t.Errorf("a redirect was followed %d times", n)
		}
	})
}

// TestServicesWithTransportsOfTheirOwn follow no redirect to another host either.
func TestServicesWithTransportsOfTheirOwn(t *testing.T) {
	t.Parallel()
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	t.Cleanup(stranger.Close)
	l := newLab(t)
	l.receiver.answers(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, stranger.URL, http.StatusTemporaryRedirect)
	})
	host := strings.TrimPrefix(l.receiver.url, "http://")
	rules := []store.RuleSpec{}
	for name, address := range map[string]string{
		"mattermost": "mattermost://" + host + "/T0KEN-in-the-address?disabletls=yes",
		"ntfy":       "ntfy://" + host + "/T0KEN-in-the-address?scheme=http",
		"gotify":     "gotify://" + host + "/Aaa.bbb.ccc.ddd?disabletls=yes",
	} {
		l.env[name] = address
		rules = append(rules, store.RuleSpec{Name: name, Address: "env:" + name, Form: "message", Events: []string{"failed"}})
	}
	l.rules(rules...)
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	if got := l.receiver.take(); len(got) != len(rules) {
		t.Errorf("%d messages came", len(got))
	}
	if n := strangers.Load(); n > 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
	for _, got := range l.Lines(`SELECT rule || ' ' || state || ' ' || error FROM report.deliveries`) {
		if !strings.Contains(got, "pending") || !strings.Contains(got, "not followed") {
			t.Errorf("the delivery is %q", got)
		}
	}
	l.wantNoSecret("T0KEN", "Aaa.bbb")
}

// wantNoSecret looks for texts in all that is kept, and in the log.
func (l *lab) wantNoSecret(secrets ...string) {
	l.t.Helper()
	kept := strings.Join(l.Lines(`SELECT to_jsonb(d)::text FROM deliveries d UNION ALL SELECT to_jsonb(e)::text FROM notify_events e
		UNION ALL SELECT to_jsonb(r)::text FROM notify_rules r UNION ALL SELECT to_jsonb(c)::text FROM changes c`), "\n") + l.log.String()
	for _, secret := range secrets {
		if strings.Contains(kept, secret) {
			l.t.Errorf("%q stands in\n%s", secret, kept)
		}
	}
}

// TestACredentialThatCannotBeRead fails the delivery with the reference alone.
func TestACredentialThatCannotBeRead(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.env["HOOK"] = ""
	l.rules(hook("geo", "failed"))
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	l.Want("deliveries", []string{"pending address: credential env:HOOK: empty or not set"}, `SELECT state || ' ' || error FROM report.deliveries`)
}

// TestASecretThatCannotSign is refused, and nothing is sent without it.
func TestASecretThatCannotSign(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.env["HOOK_SECRET"], l.env["SHORT"] = "no-webhook-s3cr3t", "whsec_c2hvcnQ="
	short := hook("short", "failed")
	short.Secret = "env:SHORT"
	l.rules(hook("geo", "failed"), short)
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	l.Want("deliveries", slices.Repeat([]string{"the secret is none of Standard Webhooks: whsec_ and base64"}, 2), `SELECT error FROM report.deliveries`)
	l.wantTold()
	l.wantNoSecret("s3cr3t")
}

// TestOpenLineage checks what is sent against the official schema, and that START comes
// before all else of a run.
func TestOpenLineage(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	lineage := store.RuleSpec{Name: "lineage", Address: "env:LINEAGE", Form: "openlineage", Secret: "env:LINEAGE_TOKEN", Events: []string{"transition", "anomaly"}}
	l.say("begun-before", testkit.WoosmapRun("r0", "in_progress"))
	l.rules(lineage)
	l.say("begun-before", testkit.WoosmapRun("r0", "success"))
	l.say("stores-eu", run("r1", "in_progress", time.Minute, 0), run("r1", "failed", time.Minute, time.Second), testkit.WoosmapRun("r2", "success"),
		testkit.WoosmapRun("r3", "exploded"), testkit.WoosmapRun("r4", "in_progress"))
	l.tell()
	schema := lineageSchema(t)
	var told []string
	for _, one := range l.receiver.take() {
		var event any
		if err := json.Unmarshal(one.body, &event); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(event); err != nil {
			t.Errorf("%s: %v", one.body, err)
		}
		if got := one.header.Get("Authorization"); got != "Bearer lineage-t0ken" {
			t.Errorf("authorized by %q", got)
		}
		var run struct {
			Run struct{ RunID string }
			Job struct{ Namespace string }
		}
		if err := json.Unmarshal(one.body, &run); err != nil || run.Job.Namespace != "tracker://woosmap" {
			t.Errorf("%v, name space %q", err, run.Job.Namespace)
		}
		told = append(told, one.summary()+" "+run.Run.RunID[:8])
	}
	id := func(job string, runNo int) string {
		text := notify.RunUUID("woosmap", job, runNo)
		if parsed, err := uuid.Parse(text); err != nil || parsed.Version() != 5 {
			t.Errorf("%s is no UUIDv5", text)
		}
		return job + " " + text[:8]
	}
	want := []string{
		"START " + id("begun-before", 1), "COMPLETE " + id("begun-before", 1),
		"START " + id("stores-eu", 1), "OTHER " + id("stores-eu", 1), "OTHER " + id("stores-eu", 1), "FAIL " + id("stores-eu", 1),
		"START " + id("stores-eu", 2), "COMPLETE " + id("stores-eu", 2),
		"START " + id("stores-eu", 3), "OTHER " + id("stores-eu", 3),
	}
	if got := strings.Join(told, "\n"); !strings.HasPrefix(got, strings.Join(want, "\n")) || !strings.Contains(got, "\nSTART "+id("stores-eu", 4)) {
		t.Errorf("told\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// TestOpenLineage_LearnsOfAnEndedRun: a run whose end was told is told as ended last,
// since receivers take one for going on whose last event is OTHER.
func TestOpenLineage_LearnsOfAnEndedRun(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.rules(store.RuleSpec{Name: "lineage", Address: "env:LINEAGE", Form: "openlineage", Events: []string{"transition", "anomaly"}})
	l.say("stores-eu", run("r1", "success", time.Minute, time.Second))
	l.tell()
	l.wantTold("START stores-eu", "COMPLETE stores-eu", "COMPLETE stores-eu") // the last of its step
	l.say("stores-eu", run("r1", "success", 2*time.Minute, time.Second))      // another start
	l.tell()
	l.Want("anomalies", []string{"step_changed"}, `SELECT kind FROM report.anomalies WHERE kind = 'step_changed'`)
	schema := lineageSchema(t)
	got := l.receiver.take()
	if len(got) == 0 {
		t.Fatal("nothing is told")
	}
	for _, one := range got {
		var event map[string]any
		if err := json.Unmarshal(one.body, &event); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(event); err != nil || one.summary() != "COMPLETE stores-eu" {
			t.Errorf("told %s: %v", one.body, err)
		}
	}
}

// TestOpenLineage_AnotherReceiver is told that a run has begun, too, whatever the one before
// it was told.
func TestOpenLineage_AnotherReceiver(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	rule := store.RuleSpec{Name: "lineage", Address: "env:LINEAGE", Form: "openlineage", Events: []string{"transition"}}
	l.rules(rule)
	l.say("stores-eu", testkit.WoosmapRun("r1", "in_progress"))
	l.tell()
	l.wantTold("START stores-eu")
	l.env["OTHER"] = l.receiver.url + "/other"
	rule.Address = "env:OTHER"
	l.rules(rule)
	l.say("stores-eu", testkit.WoosmapRun("r1", "success"))
	l.tell()
	l.wantTold("START stores-eu", "COMPLETE stores-eu")
	rule.Events = []string{"transition", "anomaly"} // the receiver is the same
	l.rules(rule)
	l.say("stores-eu", testkit.WoosmapRun("r1", "failed"))
	l.tell()
	for _, told := range l.receiver.take() {
		if told.summary() == "START stores-eu" {
			t.Errorf("told %s", told.body)
		}
	}
}

// lineageSchema is that of a RunEvent with the facets that are sent.
func lineageSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for id, path := range map[string]string{
		"https://openlineage.io/spec/2-0-2/OpenLineage.json":                 "testdata/OpenLineage.json",
		"https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json":  "testdata/NominalTimeRunFacet.json",
		"https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json": "testdata/ErrorMessageRunFacet.json",
		"urn:tracker:schema:TrackerObservationRunFacet:1-0-0":                filepath.Join("..", "..", "docs", "openlineage", "TrackerObservationRunFacet.json"),
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(id, document); err != nil {
			t.Fatal(err)
		}
	}
	facets := map[string]any{"nominalTime": "https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json", "errorMessage": "https://openlineage.io/spec/facets/1-0-1/ErrorMessageRunFacet.json", "tracker_observation": "urn:tracker:schema:TrackerObservationRunFacet:1-0-0"}
	var all []any
	for _, id := range facets {
		all = append(all, map[string]any{"$ref": id})
	}
	root := map[string]any{"allOf": []any{
		map[string]any{"$ref": "https://openlineage.io/spec/2-0-2/OpenLineage.json"},
		map[string]any{"$ref": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
		map[string]any{"properties": map[string]any{"run": map[string]any{"properties": map[string]any{"facets": map[string]any{"allOf": all, "required": []any{"nominalTime", "tracker_observation"}}}}}},
	}}
	if err := compiler.AddResource("urn:test", root); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("urn:test")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestTest sends by each form, marked as a test, and says what came back.
func TestTest(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, form := range []string{"webhook", "message", "openlineage"} {
		rule := store.Rule{RuleSpec: store.RuleSpec{Name: "geo", Form: form, Address: map[string]string{"webhook": "env:HOOK", "message": "env:CHAT", "openlineage": "env:LINEAGE"}[form]}}
		if _, err := l.notifier.Test(t.Context(), rule, time.Now()); err != nil {
			t.Errorf("%s: %v", form, err)
		}
		got := l.receiver.take()
		if len(got) == 0 || !strings.Contains(string(got[len(got)-1].body), "test of the rule geo") {
			t.Errorf("%s: told %s", form, got)
		}
		if form != "openlineage" && (!strings.Contains(string(got[0].body), "tracker notify list") || strings.Contains(string(got[0].body), "tracker history")) {
			t.Errorf("%s: of a run that never was one is to see more: %s", form, got[0].body)
		}
	}
	l.receiver.answers(status(403))
	rule := store.Rule{RuleSpec: store.RuleSpec{Name: "geo", Form: "webhook", Address: "env:HOOK"}}
	if _, err := l.notifier.Test(t.Context(), rule, time.Now()); err == nil || err.Error() != "the test was not delivered: it answers 403 Forbidden" {
		t.Errorf("of a receiver that refuses it says %v", err)
	}
	if n := len(l.Lines(fmt.Sprintf(`SELECT '' FROM %s`, "report.deliveries"))); n > 0 {
		t.Errorf("%d deliveries are kept of tests", n)
	}
}
