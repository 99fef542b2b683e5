package doctor_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/audit"
	"tracker/internal/doctor"
	"tracker/internal/ledger"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/tracking"
)

// lab is a tracker that is well: a source with a job, a replica that serves, a journal
// that is sealed, signed and published to a file.
type lab struct {
	*testkit.Database
	t         *testing.T
	store     *store.Store
	key       *ledger.Key
	published string // file of checkpoints
	env       map[string]string
	requests  atomic.Int64 // to the service
	answer    http.HandlerFunc
	e         doctor.Examination
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{
		Database: testkit.NewDatabase(t), t: t, published: filepath.Join(t.TempDir(), "checkpoints"), env: map[string]string{"KEY": "a-key-of-the-test"},
		answer: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"id":"r1","status":"success","steps":[]}`)
		},
	}
	l.store = l.Store()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.requests.Add(1)
		l.answer(w, r)
	}))
	t.Cleanup(service.Close)
	by := store.Author{Actor: "ann", At: l.now()}
	from := testkit.Source("woosmap", "woosmap", service.URL, "env:KEY")
	if _, err := l.store.Apply(t.Context(), by, store.Declaration{Sources: []store.SourceSpec{from}, Jobs: []store.JobSpec{{
		Name: "stores-eu", Source: "woosmap", Target: map[string]string{"dataset_id": "00000000-0000-4000-8000-000000000001"}, FirstPollAt: by.At,
	}}}); err != nil {
		t.Fatal(err)
	}
	if err := l.store.Heartbeat(t.Context(), store.Replica{Owner: "host/1", StartedAt: by.At.Add(-time.Hour)}, by.At); err != nil {
		t.Fatal(err)
	}
	var err error
	if _, l.key, err = ledger.GenerateKey("audit.example.com/test"); err != nil {
		t.Fatal(err)
	}
	l.seal()
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	l.e = doctor.Examination{
		Store: l.store, URL: l.URL, Client: client,
		Credentials: source.NewCredentials(func(name string) string { return l.env[name] }, source.CredentialScope{}),
		Keep:        tracking.Retention{Polls: 90 * 24 * time.Hour}, Key: l.key, Publish: l.published, Now: time.Now,
	}
	return l
}

func (l *lab) now() time.Time {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return now
}

// seal journals, seals and publishes what is there.
func (l *lab) seal() {
	l.t.Helper()
	if _, err := l.store.AppendJournal(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	if err := (&audit.Sealer{Store: l.store, Key: l.key}).Seal(l.t.Context(), func(store.Checkpoint) {}); err != nil {
		l.t.Fatal(err)
	}
	publisher, err := audit.NewPublisher(l.store, l.published)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := publisher.Publish(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// rewrite alters what nobody may.
func (l *lab) rewrite(statement string) {
	l.t.Helper()
	l.Exec(`SET session_replication_role = replica; ` + statement + `; RESET session_replication_role`)
}

// pause pauses the source.
func (l *lab) pause(how func(store.Author) error) {
	l.t.Helper()
	if err := how(store.Author{Actor: "ann", At: l.now()}); err != nil {
		l.t.Fatal(err)
	}
	l.seal()
}

// answers has the service answer with a status and headers, which are pairs.
func (l *lab) answers(status int, header ...string) {
	l.answer = func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// publishes has the file of checkpoints say something else.
func (l *lab) publishes(text string) {
	l.t.Helper()
	if err := os.WriteFile(l.published, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// deliver leaves a delivery of a rule that was tried in vain.
func (l *lab) deliver(state string) {
	l.t.Helper()
	l.Exec(`INSERT INTO notify_rules (declared_at, from_entry, group_for, version, name, address, form, events, sources, jobs, labels)
		VALUES (clock_timestamp(), 0, '0', 1, 'geo', 'env:HOOK', 'webhook', '{failed}', '{}', '{}', '{}')`)
	l.Exec(`INSERT INTO notify_events (at, made_at, key, kind, line, more, what) VALUES (clock_timestamp(), clock_timestamp(), 'k', 'failed', '', '', '{}')`)
	l.Exec(`INSERT INTO deliveries (rule_id, event_no, of_job, due_at, next_at, rule, state, error, attempts)
		SELECT r.rule_id, e.event_no, 0, e.at, e.at, r.name, $1, 'it answers 410 Gone', 9 FROM notify_rules r, notify_events e`, state)
}
