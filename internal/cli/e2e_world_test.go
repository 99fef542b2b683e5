package cli

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/testdb"
	"tracker/internal/testkit" // with the driver that package store brings
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
	*testkit.Database // nil: the trackers run one
	*testkit.Services
	t       *testing.T
	env     map[string]string
	latency *atomic.Int64 // of Woosmap, in nanoseconds

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
	w := newWorldWithout(t)
	w.Database, w.env["DATABASE_URL"] = testkit.Connect(t, url), url
	return w
}

// newWorldWithout gives a world without a database.
func newWorldWithout(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, latency: &atomic.Int64{}}
	w.Services = testkit.NewServices(t, worldKey, nil, func(woosmap http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			woosmap.ServeHTTP(slowWriter{out, r.Context(), time.Duration(w.latency.Load())}, r)
		})
	})
	w.env = map[string]string{
		asTracker: "1", "GORACE": "halt_on_error=1 atexit_sleep_ms=0", "PATH": os.Getenv("PATH"), "HOME": t.TempDir(),
		"TRACKER_ACTOR": "tester", "TRACKER_PG_BIN": os.Getenv("TRACKER_PG_BIN"), "KEY": worldKey,
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

// with gives the same world with other variables in its environment.
func (w *world) with(t *testing.T, variables map[string]string) *world {
	t.Helper()
	env := maps.Clone(w.env)
	maps.Copy(env, variables)
	other := &world{Services: w.Services, t: t, env: env, latency: w.latency}
	if w.Database != nil {
		other.Database = w.For(t)
	}
	return other
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
	text := strings.NewReplacer("$WOOSMAP", w.WoosmapAt, "$SAFETYKIT", w.SafetyKitAt).Replace(yaml)
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

// awaitLine waits until a query gives a row.
func (w *world) awaitLine(query string, args ...any) string {
	w.t.Helper()
	var found string
	await(w.t, query, func() bool {
		lines, err := w.Query(query, args...)
		if err == nil && len(lines) > 0 {
			found = lines[0]
		}
		return err == nil && len(lines) > 0
	})
	return found
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
