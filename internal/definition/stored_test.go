package definition_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/audit"
	"tracker/internal/definition"
	"tracker/internal/evidence"
	"tracker/internal/ledger"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/tracking"
)

// firstWay and secondWay ask one API in two ways, whose answers the other cannot read.
const (
	firstWay = `name: acme
base_url: https://api.acme.example
auth: {bearer: true}
schedule: "@every 1s"
tracks: latest
target: [{name: import_id}]
requests: [{path: '/first/{import_id}'}]
run_id: .id
status: .first
states: {running: [active], succeeded: [done]}
`
	secondWay = `name: acme
base_url: https://api.acme.example
auth: {bearer: true}
schedule: "@every 1s"
tracks: latest
target: [{name: import_id}]
requests: [{path: '/second/{import_id}'}, {name: log, path: '/log/{import_id}'}]
run_id: .id
status: .second
steps: '{name: "import", status: .second}'
entries: '$log[] | {detail: .}'
states: {running: [active], succeeded: [done]}
`
)

// twoWays answers in both ways, each time another.
func twoWays() http.Handler {
	var asked atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		switch way := strings.Split(r.URL.Path, "/")[1]; way {
		case "log":
			_, _ = fmt.Fprintf(w, `["line %d"]`, n)
		default:
			_, _ = fmt.Fprintf(w, `{"id":"r","n":%d,%q:"active"}`, n, way)
		}
	})
}

// storedLab is a database with a source whose provider is stored, and jobs there.
type storedLab struct {
	*testkit.Database
	t     *testing.T
	store *store.Store
	at    string // base URL
	jobs  []string
}

func newStoredLab(t *testing.T, jobs int) *storedLab {
	t.Helper()
	server := httptest.NewServer(twoWays())
	t.Cleanup(server.Close)
	l := &storedLab{Database: testkit.NewDatabase(t), t: t, at: server.URL}
	l.store = l.Store()
	from := testkit.Source("acme", "acme", l.at, "env:KEY")
	from.Schedule, from.ActiveEvery = "@every 1s", time.Second
	declared := store.Declaration{Sources: []store.SourceSpec{from}}
	for i := range jobs {
		l.jobs = append(l.jobs, fmt.Sprintf("job-%d", i))
		declared.Jobs = append(declared.Jobs, store.JobSpec{Name: l.jobs[i], Source: "acme", Target: map[string]string{"import_id": l.jobs[i]}, FirstPollAt: l.now()})
	}
	l.apply(firstWay, declared)
	return l
}

func (l *storedLab) now() time.Time {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return now
}

// apply makes a definition the one that is used.
func (l *storedLab) apply(text string, declared store.Declaration) {
	l.t.Helper()
	d := parse(l.t, text)
	declared.Providers = []store.ProviderSpec{{Name: d.Name, Definition: d.Text, Origin: store.OriginFile}}
	if _, err := l.store.Apply(l.t.Context(), store.Author{Actor: "tester", At: l.now()}, declared); err != nil {
		l.t.Fatal(err)
	}
}

func (l *storedLab) syncer(owner string, s *store.Store) *sync.Syncer {
	l.t.Helper()
	client := source.NewClient("test")
	l.t.Cleanup(client.Close)
	return &sync.Syncer{Store: s, Client: client, Owner: owner, Logger: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "k3y" }}
}

// TestChangedUnderTwoDaemons: a definition that changes while two daemons poll loses no
// poll, and none is asked by the one and read by the other.
func TestChangedUnderTwoDaemons(t *testing.T) {
	t.Parallel()
	const jobs, polls = 12, 20
	l := newStoredLab(t, jobs)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var daemons gosync.WaitGroup
	changed := make(chan struct{})
	reached := make(chan string, 4)
	for _, owner := range []string{"one", "two"} {
		s := testkit.OpenStore(t, l.URL) // as another process has it
		before, after := 0, 0
		daemons.Go(func() {
			err := l.syncer(owner, s).Serve(ctx, func(e sync.Event) {
				select {
				case <-changed:
					if e.Job.From.Interpretation == 2 {
						after++
					}
				default:
					before++
				}
				if before == polls || after == polls {
					select {
					case reached <- owner:
					default:
					}
				}
			})
			if err != nil {
				t.Errorf("%s: %v", owner, err)
			}
		})
	}
	await := func() {
		seen := map[string]bool{}
		for len(seen) < 2 {
			select {
			case owner := <-reached:
				seen[owner] = true
			case <-time.After(time.Minute):
				t.Fatalf("polled by %v alone", seen)
			}
		}
	}
	await()
	l.apply(secondWay, store.Declaration{})
	close(changed)
	await()
	stop()
	daemons.Wait()

	l.Want("outcomes", []string{"changed"}, `SELECT DISTINCT outcome FROM report.polls`)
	l.Want("interpretations", []string{"1 first", "2 second"}, `SELECT DISTINCT interpretation || ' ' || CASE WHEN body_text LIKE '{"id":"r","n":%,"first":%' THEN 'first'
		WHEN body_text LIKE '{"":{"id":"r","n":%,"second":%},"log":["line %"]}' THEN 'second' ELSE body_text END FROM report.snapshots ORDER BY 1`)
	// On a busy machine a slot may come two seconds late, which is told, and nothing of the change.
	l.Want("gaps", nil, `SELECT reason FROM report.gaps WHERE gap_to IS NOT NULL AND reason <> 'rate_budget'`)
	l.Check()
}

// TestStoredDefinition: rebuild, verify and a pack read answers of each definition, and
// have no file.
func TestStoredDefinition(t *testing.T) {
	t.Parallel()
	l := newStoredLab(t, 1)
	poll := func() {
		t.Helper()
		job, err := l.store.Job(t.Context(), "job-0")
		if err == nil {
			err = l.syncer("one", l.store).Once(t.Context(), []store.Job{job}, func(sync.Event) {})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	poll()
	l.apply(firstWay, store.Declaration{}) // nothing new
	l.apply(secondWay, store.Declaration{})
	poll()
	l.apply(changed(secondWay, "title: Acme Imports"), store.Declaration{})
	poll()
	l.Want("interpretations", []string{"1", "2", "3"}, `SELECT interpretation::text FROM report.snapshots ORDER BY snapshot_no`)
	l.Want("definitions", []string{"1", "2", "3"}, `SELECT interpretation::text FROM report.providers WHERE sha256 = sha256(convert_to(definition, 'UTF8')) ORDER BY 1`)
	l.Want("changes", []string{"change provider acme", "change provider acme", "register provider acme"}, `SELECT action || ' ' || subject FROM report.changes WHERE subject LIKE 'provider %' ORDER BY 1`)

	job, err := l.store.Job(t.Context(), "job-0")
	if err != nil {
		t.Fatal(err)
	}
	other := testkit.OpenStore(t, l.URL)
	rebuilt, err := tracking.Rebuild(t.Context(), other, job, store.Author{Actor: "tester", At: l.now()}, "one")
	if err != nil || rebuilt.Rows != 0 || rebuilt.Snapshots != 3 {
		t.Errorf("rebuilt %+v: %v", rebuilt, err)
	}
	_, key, err := ledger.GenerateKey("lab.example.com/tracker")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := (&audit.Sealer{Store: l.store, Key: key}).Seal(t.Context(), func(store.Checkpoint) {}); err != nil {
		t.Fatal(err)
	}
	verified, err := audit.Verify(t.Context(), audit.Verification{Store: other})
	if err != nil || len(verified.Wrong)+len(verified.Stale) > 0 {
		t.Errorf("verified %+v: %v", verified, err)
	}
	path := filepath.Join(t.TempDir(), "pack.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = evidence.Export(t.Context(), other, file, evidence.Request{Job: job}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	pack, err := evidence.Verify(t.Context(), path, &key.Verifier)
	if err != nil || pack.Bodies != 3 || !strings.Contains(strings.Join(pack.Notes, "\n"), "answers are read by definition 3 of acme, which the pack carries") {
		t.Errorf("pack %+v: %v", pack, err)
	}
	l.Check()
}

// TestPresetIsKept: what somebody wrote is not replaced by a preset of that name, an
// older preset is.
func TestPresetIsKept(t *testing.T) {
	t.Parallel()
	db := testkit.NewDatabase(t)
	s := db.Store()
	preset, _, err := definition.Preset("dbt-cloud")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		text, origin string
		want         string
	}{
		{"older", store.OriginPreset, "1 preset"},
		{preset.Text, store.OriginPreset, "2 preset"},
		{preset.Text, store.OriginPreset, "2 preset"},
		{"older", store.OriginPreset, "2 preset"}, // of an older tracker
		{"mine", store.OriginFile, "3 file"},
		{preset.Text, store.OriginPreset, "3 file"},
	} {
		now, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		declared := []store.ProviderSpec{{Name: "dbt-cloud", Definition: step.text, Origin: step.origin}}
		if _, err := s.Apply(t.Context(), store.Author{Actor: "tester", At: now}, store.Declaration{Providers: declared}); err != nil {
			t.Fatal(err)
		}
		kept, err := tracking.PresetsKeptOut(t.Context(), s, declared)
		if err != nil || (len(kept) == 1 && strings.Contains(kept[0].Error(), "definition 2 stays in use")) != (step.text == "older" && step.want == "2 preset") {
			t.Errorf("%s %s: it tells %q, %v", step.text, step.origin, kept, err)
		}
		db.Want(step.text[:4]+" "+step.origin, []string{step.want}, `SELECT interpretation || ' ' || origin FROM report.providers ORDER BY interpretation DESC LIMIT 1`)
	}
}

// TestCorrectedDefinition: a word that a definition learns reaches an answer that stays the
// same by a rebuild, and then the job finishes.
func TestCorrectedDefinition(t *testing.T) {
	t.Parallel()
	l := newStoredLab(t, 1)
	learning := changed(firstWay, "tracks: one", "status: 'if .first == \"active\" then \"DONE_OK\" else .first end'", "volatile: [.n]")
	l.apply(learning, store.Declaration{})
	job := func() store.Job {
		t.Helper()
		job, err := l.store.Job(t.Context(), "job-0")
		if err != nil {
			t.Fatal(err)
		}
		return job
	}
	poll := func() {
		t.Helper()
		if err := l.syncer("one", l.store).Once(t.Context(), []store.Job{job()}, func(sync.Event) {}); err != nil {
			t.Fatal(err)
		}
	}
	is := func(when, want string) {
		t.Helper()
		l.Want(when, []string{want}, `SELECT concat_ws(' ', j.state, j.tracking, (SELECT string_agg(outcome, ' ' ORDER BY polled_at) FROM report.polls)) FROM report.jobs j`)
	}
	verify := func() []audit.Wrong {
		t.Helper()
		verified, err := audit.Verify(t.Context(), audit.Verification{Store: l.store})
		if err != nil || len(verified.Stale) > 0 {
			t.Errorf("verified %+v: %v", verified, err)
		}
		return verified.Wrong
	}
	poll()
	is("unknown", "unknown active changed")
	l.Exec(`UPDATE cursors SET state = 'succeeded'`)
	if len(verify()) != 1 {
		t.Error("nothing is wrong with a state that nothing says")
	}
	l.Exec(`UPDATE cursors SET state = 'unknown'`)
	l.apply(changed(learning, "states: {succeeded: [DONE_OK]}"), store.Declaration{})
	poll()
	is("as it was read", "unknown active changed unchanged")
	if rebuilt, err := tracking.Rebuild(t.Context(), l.store, job(), store.Author{Actor: "tester", At: l.now()}, "one"); err != nil || rebuilt.Rows == 0 {
		t.Fatalf("rebuilt %+v: %v", rebuilt, err)
	}
	is("read anew", "succeeded active changed unchanged")
	for range 3 {
		poll()
	}
	is("finished", "succeeded finished changed unchanged unchanged unchanged unchanged")
	if wrong := verify(); len(wrong) > 0 {
		t.Errorf("wrong: %+v", wrong)
	}
	l.Check()
}
