package evidence_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tracker/internal/audit"
	"tracker/internal/evidence"
	"tracker/internal/ledger"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

const (
	labKey    = "a-key"
	datasetID = "8c4c51f1-0000-4000-8000-00000000"
)

// lab is a database with jobs that a simulated service tells of.
type lab struct {
	*testkit.Database
	*testkit.Services
	t      *testing.T
	store  *store.Store
	syncer *sync.Syncer
	key    *ledger.Key
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, labKey, time.Now)}
	l.store = l.Store()
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	l.syncer = &sync.Syncer{
		Store: l.store, Client: client, Owner: "lab", Logger: slog.New(slog.DiscardHandler),
		Getenv: func(string) string { return labKey },
	}
	var err error
	if _, l.key, err = ledger.GenerateKey("lab.example.com/tracker"); err != nil {
		t.Fatal(err)
	}
	return l
}

// follow registers a job whose dataset answers one after the other, and polls it as often.
func (l *lab) follow(name string, bodies ...string) store.Job {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	id := fmt.Sprintf("%s%04x", datasetID, len(name))
	from := testkit.Source("woosmap", "woosmap", l.WoosmapAt, "env:LAB_KEY")
	_, err = l.store.Apply(l.t.Context(), store.Author{Actor: "tester", At: now}, store.Declaration{
		Sources: []store.SourceSpec{from},
		Jobs:    []store.JobSpec{{Name: name, Source: "woosmap", Target: map[string]string{"dataset_id": id}, FirstPollAt: now}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	l.say(name, bodies...)
	return l.job(name)
}

// say has a job's dataset answer, and polls it.
func (l *lab) say(name string, bodies ...string) {
	l.t.Helper()
	var frames []upstreamsim.Frame
	for _, body := range bodies {
		frames = append(frames, upstreamsim.Answer(body))
	}
	job := l.job(name)
	l.Woosmap.Script(job.Target["dataset_id"], frames...)
	for range bodies {
		if err := l.syncer.Once(l.t.Context(), []store.Job{job}, func(sync.Event) {}); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *lab) job(name string) store.Job {
	l.t.Helper()
	job, err := l.store.Job(l.t.Context(), name)
	if err != nil {
		l.t.Fatal(err)
	}
	return job
}

// seal seals all there is.
func (l *lab) seal() {
	l.t.Helper()
	if err := l.store.CompleteJournal(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	if err := (&audit.Sealer{Store: l.store, Key: l.key}).Seal(l.t.Context(), func(store.Checkpoint) {}); err != nil {
		l.t.Fatal(err)
	}
}

// export writes a pack to a file of the test.
func (l *lab) export(request evidence.Request) (path string, made evidence.Verified, err error) {
	l.t.Helper()
	path = filepath.Join(l.t.TempDir(), "pack.zip")
	file, err := os.Create(path)
	if err != nil {
		l.t.Fatal(err)
	}
	made, err = evidence.Export(l.t.Context(), l.store, file, request)
	if err := file.Close(); err != nil {
		l.t.Fatal(err)
	}
	return path, made, err
}

// mustExport is export that has to succeed.
func (l *lab) mustExport(request evidence.Request) (path string) {
	l.t.Helper()
	path, _, err := l.export(request)
	if err != nil {
		l.t.Fatalf("export run %d: %v", request.RunNo, err)
	}
	return path
}

func run(id, status, steps string) string {
	return fmt.Sprintf(`{"id":%q,"status":%q,"steps":[%s]}`, id, status, steps)
}

func step(name, status, entries string) string {
	end := `"2024-06-07T09:31:00"`
	if status == "in_progress" {
		end = "null"
	}
	return fmt.Sprintf(`{"name":%q,"status":%q,"start":"2024-06-07T09:30:00","end":%s,"entries":[%s]}`, name, status, end, entries)
}

func entry(level, detail string) string {
	return fmt.Sprintf(`{"created_at":"2024-06-07T09:30:30","level":%q,"detail":%q}`, level, detail)
}

// restless is a job of which runs fail, supersede each other and return: 3 is closed by 4
// before its end was seen, and comes back, as 1 does in the place of 4.
func (l *lab) restless() store.Job {
	l.t.Helper()
	odd := entry("error", `<script>alert("no")</script> =1+1`)
	return l.follow("stores-eu",
		run("r1", "in_progress", step("fetch", "in_progress", "")),                           // 1
		run("r1", "success", step("fetch", "success", entry("info", "done"))),                // 2
		`{"id":"r2","status":"in_progress","steps":[],"new":1}`,                              // 3: another shape
		run("r2", "failed", step("fetch", "failed", odd)),                                    // 4
		run("r3", "in_progress", step("fetch", "in_progress", entry("fatal", "odd"))),        // 5
		run("r4", "in_progress", step("fetch", "success", "")+","+step("import", "new", "")), // 6: supersedes 3
		run("r4", "in_progress", step("fetch", "success", "")),                               // 7: a step vanished
		run("r3", "success", step("fetch", "success", "")),                                   // 8: 3 is back, an entry is withdrawn
		run("r4", "in_progress", step("fetch", "failed", "")),                                // 9: 4 is back
		run("r1", "in_progress", ""),                                                         // 10: so is 1, before 4 has ended
		run("r5", "success", ""),                                                             // 11
	)
}

// request is follow for a request of SafetyKit.
func (l *lab) request(id string, bodies ...string) store.Job {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	from := testkit.Source("safetykit", "safetykit", l.SafetyKitAt, "env:LAB_KEY")
	_, err = l.store.Apply(l.t.Context(), store.Author{Actor: "tester", At: now}, store.Declaration{
		Sources: []store.SourceSpec{from},
		Jobs:    []store.JobSpec{{Name: id, Source: "safetykit", Target: map[string]string{"namespace": "products", "request_id": id}, FirstPollAt: now}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	var frames []upstreamsim.Frame
	for _, body := range bodies {
		frames = append(frames, upstreamsim.Answer(body))
	}
	l.SafetyKit.Script("products", id, frames...)
	for range bodies {
		if err := l.syncer.Once(l.t.Context(), []store.Job{l.job(id)}, func(sync.Event) {}); err != nil {
			l.t.Fatal(err)
		}
	}
	return l.job(id)
}

// otherKey is a verifier key of the same name that has signed nothing.
func (l *lab) otherKey() string {
	l.t.Helper()
	_, key, err := ledger.GenerateKey(l.key.Verifier.Name())
	if err != nil {
		l.t.Fatal(err)
	}
	return key.Verifier.String()
}
