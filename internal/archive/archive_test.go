package archive_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/archive"
	"tracker/internal/notify"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

const labKey = "a-key"

// lab is a job of SafetyKit whose results are behind a link, and a keeper of them.
type lab struct {
	*testkit.Database
	*testkit.Services
	t     *testing.T
	store *store.Store
	env   map[string]string
	log   *bytes.Buffer
	kept  *archive.Keeper
	link  string
	base  string // base_url as the keeper sees it; empty: as it is
}

func newLab(t *testing.T, place string, file http.HandlerFunc) *lab {
	t.Helper()
	l := &lab{t: t, Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, labKey, time.Now), env: map[string]string{}, log: &bytes.Buffer{}}
	l.store = l.Store()
	server := httptest.NewServer(file)
	t.Cleanup(server.Close)
	l.link = server.URL + "/results.json?X-Signature=s1gned"
	l.kept = archive.New(l.store, func(name string) string { return l.env[name] }, slog.New(slog.NewTextHandler(l.log, nil)))
	from := testkit.Source("safetykit", "safetykit", l.SafetyKitAt, "env:LAB_KEY")
	from.Archive = place
	if _, err := l.store.Apply(t.Context(), store.Author{Actor: "tester", At: time.Now()}, store.Declaration{
		Sources: []store.SourceSpec{from},
		Jobs:    []store.JobSpec{{Name: "products", Source: "safetykit", Target: map[string]string{"namespace": "products", "request_id": "request_1"}, FirstPollAt: time.Now()}},
	}); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"namespace":"products","request_id":"request_1","status":"succeeded","data_count":2,"data_expires_at":null,"data_url":%q}`, l.link)
	l.SafetyKit.Script("products", "request_1", upstreamsim.Answer(body), upstreamsim.Answer(body))
	return l
}

// poll polls the job, offers what the poll shows, and has it kept.
func (l *lab) poll() {
	l.t.Helper()
	l.see(l.t.Context())
	l.keep()
}

// see polls the job, and offers what the poll shows.
func (l *lab) see(ctx context.Context) {
	l.t.Helper()
	client := source.NewClient("test")
	defer client.Close()
	syncer := &sync.Syncer{Store: l.store, Client: client, Owner: "lab", Logger: slog.New(slog.DiscardHandler), Getenv: func(string) string { return labKey }}
	job, err := l.store.Job(ctx, "products")
	if err != nil {
		l.t.Fatal(err)
	}
	if err := syncer.Once(ctx, []store.Job{job}, func(e sync.Event) {
		if e.ResultLink != nil {
			offered := *e.Job
			offered.From.BaseURL = cmp.Or(l.base, offered.From.BaseURL)
			l.kept.Offer(offered, e.SnapshotNo, e.ResultLink)
		}
	}); err != nil {
		l.t.Fatal(err)
	}
}

// keep has kept what was offered.
func (l *lab) keep() {
	l.t.Helper()
	ctx, stop := context.WithCancel(l.t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); l.kept.Run(ctx) }()
	defer func() { stop(); <-ended }()
	for end := time.Now().Add(20 * time.Second); len(l.Lines(`SELECT '' FROM report.results WHERE (sha256 IS NOT NULL OR error IS NOT NULL) AND fetched_at > clock_timestamp() - interval '1 min'`)) == 0; {
		if time.Now().After(end) {
			l.t.Fatalf("nothing is kept: %s", l.log)
		}
	}
}

// wantNoLink looks for the link in all that is kept, and in the log.
func (l *lab) wantNoLink() {
	l.t.Helper()
	kept := strings.Join(l.Lines(`SELECT to_jsonb(r)::text FROM report.results r UNION ALL SELECT body_text FROM report.snapshots`), "\n") + l.log.String()
	if strings.Contains(kept, "s1gned") {
		l.t.Errorf("the link stands in %s", kept)
	}
}

const results = `[{"id":"1"},{"id":"2"}]`

func results200(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, results) }

func TestAFileIsKeptByItsHash(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "results")
	l := newLab(t, dir, results200)
	l.poll()
	hash := sha256.Sum256([]byte(results))
	name := hex.EncodeToString(hash[:])
	path := filepath.Join(dir, name[:2], name)
	if text, err := os.ReadFile(path); err != nil || string(text) != results {
		t.Errorf("it has %q, %v", text, err)
	}
	l.Want("results", []string{fmt.Sprintf("products 1 %s %s %d", path, name, len(results))},
		`SELECT concat_ws(' ', job, run_no, place, encode(sha256, 'hex'), size, error) FROM report.results`)
	if left, err := filepath.Glob(filepath.Join(dir, ".tracker*")); err != nil || len(left) > 0 {
		t.Errorf("%q are left, %v", left, err)
	}
	l.wantNoLink()
	l.Check()
}

// TestAFileIsKeptForItsRun although another run has begun before it is fetched.
func TestAFileIsKeptForItsRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, t.TempDir(), results200)
	l.see(t.Context())
	l.SafetyKit.Script("products", "request_1", upstreamsim.Answer(`{"namespace":"products","request_id":"request_2","status":"queued","data_count":null,"data_expires_at":null,"data_url":null}`))
	l.see(t.Context())
	l.Want("runs", []string{"1", "2"}, `SELECT run_no::text FROM report.runs ORDER BY 1`)
	l.keep()
	l.Want("results", []string{"1"}, `SELECT run_no::text FROM report.results`)
}

func TestAFileThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	fails := true
	l := newLab(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request) {
		if fails {
			http.Error(w, "expired", http.StatusForbidden)
			return
		}
		results200(w, r)
	})
	l.poll()
	l.Want("results", []string{"fetch: it answers 403 Forbidden"}, `SELECT error FROM report.results WHERE size IS NULL`)
	l.wantNoLink()
	fails = false
	l.Exec(`UPDATE results SET fetched_at = fetched_at - interval '1 hour'`)
	l.poll() // which shows the link again
	l.Want("results", []string{"1"}, `SELECT count(*)::text FROM report.results WHERE size > 0 AND error IS NULL`)
}

// TestALargeFileIsKeptWhole, beside a notifier, which reads little of what is answered.
func TestALargeFileIsKeptWhole(t *testing.T) {
	t.Parallel()
	notify.New(notify.Settings{})
	l := newLab(t, t.TempDir(), func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20)) })
	l.poll()
	l.Want("results", []string{"1048576"}, `SELECT concat_ws(' ', size, error) FROM report.results`)
}

// TestAHostThatHangs holds up no other file, and is given up.
func TestAHostThatHangs(t *testing.T) {
	t.Parallel()
	l := newLab(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "[")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	l.kept.Stall = 50 * time.Millisecond
	l.poll()
	l.Want("results", []string{"fetch: nothing has come for too long"}, `SELECT error FROM report.results`)
}

// TestAFileThatIsLeft is taken up by who comes next, although its job is finished, and no
// schedule brings the link: one whose fetching was cut by the end, of which no failure is
// kept, and one that failed.
func TestAFileThatIsLeft(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"Cut": true, "Failed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var came atomic.Int32
			begun := make(chan struct{})
			l := newLab(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request) {
				switch {
				case came.Add(1) > 1:
					results200(w, r)
				case cut:
					_, _ = io.WriteString(w, "[")
					_ = http.NewResponseController(w).Flush()
					close(begun)
					<-r.Context().Done()
				default:
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			})
			l.see(t.Context())
			if cut {
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan struct{})
				go func() { defer close(ended); l.kept.Run(ctx) }()
				<-begun
				stop()
				<-ended
				l.Want("what is cut", []string{"products"}, `SELECT concat_ws(' ', job, size, error) FROM report.results`)
			} else {
				l.keep()
				l.Want("what has failed", []string{"fetch: it answers 503 Service Unavailable"}, `SELECT error FROM report.results`)
				l.Exec(`UPDATE results SET fetched_at = fetched_at - interval '1 hour'`)
			}
			if _, err := l.store.FinishJob(t.Context(), store.Author{Actor: "tester", At: time.Now()}, "products"); err != nil {
				t.Fatal(err)
			}
			l.kept = archive.New(l.store, func(string) string { return "" }, slog.New(slog.NewTextHandler(l.log, nil)))
			l.kept.Look = func(ctx context.Context, job string) error {
				if job != "products" {
					t.Errorf("it looks at %q", job)
				}
				l.see(ctx)
				return nil
			}
			l.keep()
			l.Want("results", []string{strconv.Itoa(len(results))}, `SELECT concat_ws(' ', size, error) FROM report.results`)
		})
	}
}

// TestALinkInside is followed to the host of base_url alone.
func TestALinkInside(t *testing.T) {
	t.Parallel()
	l := newLab(t, t.TempDir(), results200)
	l.base = "https://api.example.com"
	l.poll()
	l.Want("results", []string{"true"}, `SELECT (error LIKE '%into a network of this machine''s own%' AND size IS NULL)::text FROM report.results`)
	l.wantNoLink()
}

// bucket is a small service that takes objects as S3 does.
type bucket struct {
	mu      gosync.Mutex
	objects map[string]string
}

// ServeHTTP implements http.Handler.
func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method != http.MethodPut || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		http.Error(w, "", http.StatusForbidden)
		return
	}
	body, _ := io.ReadAll(r.Body)
	b.objects[r.URL.Path] = string(body)
	w.Header().Set("ETag", `"0"`)
}

func TestAFileIsKeptInABucket(t *testing.T) {
	t.Parallel()
	b := &bucket{objects: map[string]string{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	l := newLab(t, "s3://evidence/tracker", results200)
	l.env = map[string]string{"AWS_ENDPOINT_URL_S3": server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_REGION": "eu-west-1"}
	l.poll()
	hash := sha256.Sum256([]byte(results))
	name := hex.EncodeToString(hash[:])
	key := "/evidence/tracker/" + name[:2] + "/" + name
	if !strings.Contains(b.objects[key], results) { // in chunks that are signed
		t.Errorf("the bucket has %q", b.objects)
	}
	l.Want("results", []string{"s3:/" + key}, `SELECT place FROM report.results`)
	l.wantNoLink()
}

// TestAnAnswerIsFetchedOnce however often it is offered before that.
func TestAnAnswerIsFetchedOnce(t *testing.T) {
	t.Parallel()
	var fetched atomic.Int32
	l := newLab(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request) {
		fetched.Add(1)
		results200(w, r)
	})
	l.see(t.Context())
	l.see(t.Context())
	l.keep()
	if n := fetched.Load(); n != 1 {
		t.Errorf("it was fetched %d times", n)
	}
}
