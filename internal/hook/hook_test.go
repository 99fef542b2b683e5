package hook_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"tracker/internal/hook"
	"tracker/internal/notify"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

const (
	labKey = "a-key"
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" //nolint:gosec // of the tests
)

type lab struct {
	*testkit.Database
	*testkit.Services
	t     *testing.T
	store *store.Store
	url   string // of the hooks
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, labKey, time.Now)}
	l.store = l.Store()
	getenv := func(name string) string { return map[string]string{"LAB_KEY": labKey, "HOOK": secret}[name] }
	mux := http.NewServeMux()
	mux.Handle("POST /hooks/{source}", &hook.Handler{Store: l.store, Credentials: source.NewCredentials(getenv, source.CredentialScope{}), Logger: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	l.url = server.URL + "/hooks/"
	hooked := testkit.Source("woosmap", "woosmap", l.WoosmapAt, "env:LAB_KEY")
	hooked.WebhookSecret = "env:HOOK"
	declared := store.Declaration{Sources: []store.SourceSpec{hooked, testkit.Source("deaf", "woosmap", l.WoosmapAt, "env:LAB_KEY")}}
	for n, name := range []string{"stores-eu", "stores-us"} {
		declared.Jobs = append(declared.Jobs, store.JobSpec{Name: name, Source: "woosmap", Target: map[string]string{"dataset_id": dataset(n)}, FirstPollAt: time.Now()})
		l.Woosmap.Script(dataset(n), testkit.WoosmapRun("r1", "success"))
	}
	if _, err := l.store.Apply(t.Context(), store.Author{Actor: "tester", At: time.Now()}, declared); err != nil {
		t.Fatal(err)
	}
	// All are polled, by a daemon that goes on.
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	syncer := &sync.Syncer{Store: l.store, Client: client, Owner: "lab", Logger: slog.New(slog.DiscardHandler), Getenv: getenv}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- syncer.Serve(ctx, func(sync.Event) {}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	l.await("first polls", `SELECT '' FROM report.polls HAVING count(DISTINCT job_id) = 2`)
	l.await("quiet", `SELECT '' FROM cursors HAVING count(*) FILTER (WHERE claimed_until IS NULL AND next_poll_at > clock_timestamp() + interval '5 s') = 2`)
	return l
}

func dataset(n int) string { return fmt.Sprintf("8c4c51f1-0000-4000-8000-%012x", n+1) }

// await waits until a query has rows.
func (l *lab) await(what, query string, args ...any) {
	l.t.Helper()
	for end := time.Now().Add(30 * time.Second); len(l.Lines(query, args...)) == 0; {
		if time.Now().After(end) {
			l.t.Fatalf("no %s", what)
		}
	}
}

// post sends a webhook, signed by a secret at a time, and gives the status.
func (l *lab) post(from, id, body, by string, at time.Time) int {
	l.t.Helper()
	request, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.url+from, bytes.NewBufferString(body))
	if err != nil {
		l.t.Fatal(err)
	}
	signer, err := standardwebhooks.NewWebhook(by)
	if err != nil {
		l.t.Fatal(err)
	}
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		l.t.Fatal(err)
	}
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	request.Header.Set("webhook-signature", signature)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		l.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// TestAWebhookTriggersAPoll of the job that it names, within a second, and is no state.
func TestAWebhookTriggersAPoll(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	body := fmt.Sprintf(`{"type":"dataset.imported","data":{"dataset":{"id":%q},"status":"failed"}}`, dataset(0))
	if status := l.post("woosmap", "msg_1", body, secret, time.Now()); status != http.StatusOK {
		t.Fatalf("it answers %d", status)
	}
	l.await("poll", `SELECT '' FROM report.receipts WHERE poll IS NOT NULL`)
	l.Want("receipts", []string{"woosmap stores-eu dataset.imported t t"},
		`SELECT concat_ws(' ', source, job, kind, verified, poll - at < interval '1 s') FROM report.receipts`)
	l.Want("states", []string{"stores-eu succeeded", "stores-us succeeded"}, `SELECT job || ' ' || state FROM report.jobs ORDER BY job`)
	polls := l.Lines(`SELECT count(*)::text FROM report.polls`)[0]
	if status := l.post("woosmap", "msg_1", body, secret, time.Now()); status != http.StatusOK {
		t.Errorf("a second time it answers %d", status)
	}
	l.Want("due", nil, `SELECT job_id::text FROM cursors WHERE next_poll_at < clock_timestamp()`)
	l.Want("polls", []string{polls}, `SELECT count(*)::text FROM report.polls`)
	l.Want("receipts", []string{"1"}, `SELECT count(*)::text FROM report.receipts`)
	l.Check()
}

// TestAWebhookWhileTheJobIsPolled has it polled once more: the answer that is on its way may
// be older.
func TestAWebhookWhileTheJobIsPolled(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	gate := upstreamsim.NewGate()
	l.Woosmap.Script(dataset(0), testkit.WoosmapRun("r1", "success").Behind(gate), testkit.WoosmapRun("r2", "in_progress"))
	body := fmt.Sprintf(`{"id":%q}`, dataset(0))
	for n, id := range []string{"msg_1", "msg_2"} {
		if status := l.post("woosmap", id, body, secret, time.Now()); status != http.StatusOK {
			t.Fatalf("it answers %d", status)
		}
		if n == 0 {
			<-gate.Reached()
		}
	}
	gate.Open()
	l.await("poll after the second", `SELECT '' FROM report.runs WHERE run_id = 'r2'`)
	l.Want("it came at once, not with the schedule", []string{"true"}, `SELECT poll - at < interval '5 s' FROM report.receipts WHERE message_id = 'msg_2'`)
	l.Check()
}

// TestAWebhookComesAgain with the same id while another job's import goes on: it has no effect.
func TestAWebhookComesAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	sources := l.Lines(`SELECT source_id::text FROM sources WHERE name = 'woosmap'`)
	from, err := strconv.ParseInt(sources[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for times, jobs := range [][]int64{nil, {1}, {2, 1}} {
		isNew, err := l.store.Receive(t.Context(), store.Receipt{SourceID: from, MessageID: "msg_1", Verified: true, JobIDs: jobs})
		if err != nil || isNew != (times == 0) {
			t.Errorf("time %d: new %t, %v", times+1, isNew, err)
		}
	}
	l.Want("receipts", []string{"1"}, `SELECT count(*)::text FROM receipts`)
}

// TestAWebhookThatNamesNoJob has those polled of which an import goes on; here there is none.
func TestAWebhookThatNamesNoJob(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if status := l.post("woosmap", "msg_1", `{"type":"workflow.object.updated","object":{"id":"o-1"}}`, secret, time.Now()); status != http.StatusOK {
		t.Errorf("it answers %d", status)
	}
	l.Want("receipts", []string{"workflow.object.updated t"}, `SELECT concat_ws(' ', job, kind, verified) FROM report.receipts`)
}

// TestALoopEnds: a service that says something else each time is polled for a webhook; a
// rule tells that to the very place where webhooks come in, and there it ends.
func TestALoopEnds(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var turns []upstreamsim.Frame
	for n := range 50 {
		turns = append(turns, testkit.WoosmapRun(fmt.Sprintf("r%d", n+2), "in_progress"))
	}
	l.Woosmap.Script(dataset(0), turns...)
	if _, err := l.store.Apply(t.Context(), store.Author{Actor: "tester", At: time.Now()}, store.Declaration{Notifies: true, Rules: []store.RuleSpec{
		{Name: "back", Address: "env:BACK", Form: "webhook", Secret: "env:HOOK", Events: []string{"transition"}},
	}}); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string { return map[string]string{"BACK": l.url + "woosmap", "HOOK": secret}[name] }
	notifier := notify.New(notify.Settings{
		Store: l.store, Credentials: source.NewCredentials(getenv, source.CredentialScope{}), Owner: "lab", Version: "test", Logger: slog.New(slog.DiscardHandler),
	})
	if status := l.post("woosmap", "msg_1", fmt.Sprintf(`{"id":%q}`, dataset(0)), secret, time.Now()); status != http.StatusOK {
		t.Fatalf("it answers %d", status)
	}
	l.await("poll", `SELECT '' FROM report.runs WHERE run_id = 'r2'`)
	for told := []string{}; len(told) == 0; told = l.Lines(`SELECT '' FROM report.receipts WHERE kind = 'tracker.transition'`) {
		if err := l.store.CompleteJournal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := notifier.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		now, err := l.store.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		lanes, err := l.store.LanesDue(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		for _, lane := range lanes {
			if err := notifier.Send(t.Context(), lane); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.Want("deliveries", []string{"delivered"}, `SELECT DISTINCT state FROM report.deliveries`)
	l.Want("what came back", []string{"woosmap t"}, `SELECT DISTINCT concat_ws(' ', source, job, verified) FROM report.receipts WHERE kind LIKE 'tracker.%'`)
}

func TestWebhooksAreRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	const other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" //nolint:gosec // of the test
	now := time.Now()
	for name, test := range map[string]struct {
		from, body, by string
		at             time.Time
		want           int
	}{
		"AnotherSecret":   {"woosmap", "{}", other, now, http.StatusUnauthorized},
		"TooOld":          {"woosmap", "{}", secret, now.Add(-6 * time.Minute), http.StatusBadRequest},
		"OfTheFuture":     {"woosmap", "{}", secret, now.Add(6 * time.Minute), http.StatusBadRequest},
		"ASourceWithout":  {"deaf", "{}", secret, now, http.StatusNotFound},
		"NoSource":        {"nobody", "{}", secret, now, http.StatusNotFound},
		"TooLarge":        {"woosmap", `"` + strings.Repeat("x", 2<<20) + `"`, secret, now, http.StatusRequestEntityTooLarge},
		"NoText\xff":      {"woosmap", "{}", secret, now, http.StatusBadRequest},
		"NoJSONButSigned": {"woosmap", "hello", secret, now, http.StatusOK},
	} {
		if got := l.post(test.from, "msg_"+name, test.body, test.by, test.at); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
	for range 5 {
		l.post("woosmap", "msg_again", "{}", other, now)
	}
	if n := len(l.Lines(`SELECT '' FROM report.receipts WHERE NOT verified`)); n < 1 || n > 2 {
		t.Errorf("%d rows of refused ones", n)
	}
	l.Want("due", nil, `SELECT job_id::text FROM cursors WHERE next_poll_at < clock_timestamp()`)
}
