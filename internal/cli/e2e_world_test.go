package cli

import (
	"context"
	"database/sql" // with the driver that package store brings
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/checkhistory"
	"tracker/internal/testdb"
	"tracker/internal/upstreamsim"
)

const (
	// worldKey is the credential at both services. It is as it would be in URLs
	// and in JSON, and like all that must stay secret it has "hush" in it.
	worldKey = "hush/of&the+world=0451"
	// waitLimit bounds every wait for a condition, on however busy a machine.
	waitLimit = 2 * time.Minute
	// checkEvery is how often a condition is checked.
	checkEvery = 20 * time.Millisecond
)

// world is a database and both services, between which trackers run as
// processes of their own.
type world struct {
	t           *testing.T
	url         string // of the database; empty: the trackers run one
	db          *sql.DB
	env         map[string]string
	requests    *upstreamsim.Requests
	woosmap     *upstreamsim.Woosmap
	safetykit   *upstreamsim.SafetyKit
	woosmapAt   string // base URLs
	safetykitAt string
	latency     *atomic.Int64 // of Woosmap, in nanoseconds

	mu      sync.Mutex
	started []*process
}

// newWorld gives a world on a migrated database.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, testdb.New(t))
}

// newWorldOn gives a world on the database at url.
func newWorldOn(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, requests: &upstreamsim.Requests{}, latency: &atomic.Int64{}}
	options := upstreamsim.Options{Key: worldKey, Requests: w.requests}
	w.woosmap, w.safetykit = upstreamsim.NewWoosmap(options), upstreamsim.NewSafetyKit(options)
	woosmap := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.woosmap.ServeHTTP(slowWriter{out, r.Context(), time.Duration(w.latency.Load())}, r)
	}))
	safetykit := httptest.NewServer(w.safetykit)
	t.Cleanup(woosmap.Close)
	t.Cleanup(safetykit.Close)
	w.woosmapAt, w.safetykitAt = woosmap.URL, safetykit.URL
	w.env = map[string]string{
		asTracker: "1", "GORACE": "halt_on_error=1 atexit_sleep_ms=0", "PATH": os.Getenv("PATH"), "HOME": t.TempDir(),
		"TRACKER_ACTOR": "tester", "TRACKER_PG_BIN": os.Getenv("TRACKER_PG_BIN"), "KEY": worldKey,
	}
	if url != "" {
		w.env["DATABASE_URL"] = url
		w.connect(url)
	}
	return w
}

// slowWriter lets a while pass before it answers.
type slowWriter struct {
	http.ResponseWriter
	ctx   context.Context //nolint:containedctx // of the one request that it answers
	while time.Duration
}

// WriteHeader implements http.ResponseWriter.
func (w slowWriter) WriteHeader(status int) {
	timer := time.NewTimer(w.while)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w slowWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// connect lets the test itself read the database.
func (w *world) connect(url string) {
	w.t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		w.t.Fatal(err)
	}
	db.SetMaxOpenConns(2)
	w.t.Cleanup(func() { _ = db.Close() })
	w.db = db
}

// with gives the same world with other variables in its environment.
func (w *world) with(t *testing.T, variables map[string]string) *world {
	t.Helper()
	env := maps.Clone(w.env)
	maps.Copy(env, variables)
	return &world{
		t: t, url: w.url, db: w.db, env: env, requests: w.requests,
		woosmap: w.woosmap, safetykit: w.safetykit, woosmapAt: w.woosmapAt, safetykitAt: w.safetykitAt, latency: w.latency,
	}
}

// apply registers what a tracker.yaml declares, in which $WOOSMAP and
// $SAFETYKIT stand for the services.
func (w *world) apply(yaml string) {
	w.t.Helper()
	w.must("apply", "-f", w.file(yaml))
}

func (w *world) file(yaml string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "tracker.yaml")
	text := strings.NewReplacer("$WOOSMAP", w.woosmapAt, "$SAFETYKIT", w.safetykitAt).Replace(yaml)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// declaration is a tracker.yaml with a source and so many jobs at Woosmap,
// named job-000 and so on.
func declaration(source string, jobs int) string {
	var text strings.Builder
	text.WriteString("sources:\n- {name: woosmap, provider: woosmap, credential: env:KEY, base_url: $WOOSMAP, " + source + "}\n")
	if jobs > 0 {
		text.WriteString("jobs:\n")
	}
	for n := range jobs {
		fmt.Fprintf(&text, "- {name: %s, source: woosmap, target: {dataset_id: %s}}\n", jobName(n), datasetID(n))
	}
	return text.String()
}

func jobName(n int) string { return fmt.Sprintf("job-%03d", n) }

func datasetID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// unlimited lets a source be asked as often as anybody likes.
const unlimited = `rate_limit: {every: 1ms, burst: 1000}`

// woosmapAnswer is an answer of Woosmap about a run without steps.
func woosmapAnswer(id, status string) upstreamsim.Frame {
	return upstreamsim.Answer(fmt.Sprintf(`{"id":%q,"status":%q,"steps":[]}`, id, status))
}

// lines returns the rows of a query of one text column.
func (w *world) lines(query string, args ...any) []string {
	w.t.Helper()
	lines, err := w.query(query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return lines
}

func (w *world) query(query string, args ...any) (lines []string, err error) {
	rows, err := w.db.QueryContext(w.t.Context(), query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

// want compares the rows of a query of one text column.
func (w *world) want(what string, want []string, query string, args ...any) {
	w.t.Helper()
	if got := w.lines(query, args...); !slices.Equal(got, want) {
		w.t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// awaitLine waits until a query gives a row.
func (w *world) awaitLine(query string, args ...any) string {
	w.t.Helper()
	var found string
	await(w.t, query, func() bool {
		lines, err := w.query(query, args...)
		if err == nil && len(lines) > 0 {
			found = lines[0]
		}
		return err == nil && len(lines) > 0
	})
	return found
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

// check asserts that the stored history is sound.
func (w *world) check() {
	w.t.Helper()
	if !w.t.Failed() {
		checkhistory.CheckHistory(w.t, w.url)
	}
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	awaitFor(t, waitLimit, what, holds)
}

// awaitFor is await with a limit of its own.
func awaitFor(t *testing.T, most time.Duration, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %s in vain for: %s", most, what)
		}
	}
}
