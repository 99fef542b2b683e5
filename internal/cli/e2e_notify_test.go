package cli

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"tracker/internal/testkit"
)

// heard counts the webhooks that came, by their id, and holds one of them up.
type heard struct {
	mu      sync.Mutex
	order   []string
	holdAt  int           // the number of the request that waits; 0: none
	reached chan struct{} // closed when it has come
	open    chan struct{}
}

// ServeHTTP implements http.Handler.
func (h *heard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.order = append(h.order, r.Header.Get("webhook-id"))
	held := len(h.order) == h.holdAt
	h.mu.Unlock()
	if held {
		close(h.reached)
		<-h.open
	}
	w.WriteHeader(http.StatusNoContent)
}

// TestKilledWhileItTells: a daemon that is killed in the middle of a delivery loses none
// and repeats only that one, whichever daemon goes on.
func TestKilledWhileItTells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := &heard{holdAt: 10, reached: make(chan struct{}), open: make(chan struct{})}
	receiver := httptest.NewServer(h)
	t.Cleanup(receiver.Close)
	t.Cleanup(func() { close(h.open) })
	w.env["HOOK"] = receiver.URL
	const jobs = 30
	for n := range jobs {
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "failed"))
	}
	w.apply("notify:\n- {name: geo, to: env:HOOK, as: webhook, on: [failed]}\n" + declaration(`schedule: "@every 1h", `+unlimited, jobs))
	w.must("sync") // nobody tells of it: no daemon runs
	daemon := w.serve()
	receive(t, h.reached, "the delivery that waits")
	daemon.kill()
	w.Exec(`UPDATE notify_lanes SET sends_until = clock_timestamp() - interval '1 ms'`) // what was claimed runs out
	one, two := w.serve(), w.serve()
	w.awaitLine(`SELECT '' FROM deliveries HAVING count(*) = $1 AND bool_and(state = 'delivered')`, jobs)
	one.stop()
	two.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	times := map[string]int{}
	for _, id := range h.order {
		times[id]++
	}
	if len(times) != jobs || len(h.order) != jobs+1 || times[h.order[h.holdAt-1]] != 2 {
		t.Errorf("%d events came in %d requests, the one that was interrupted %d times", len(times), len(h.order), times[h.order[h.holdAt-1]])
	}
	w.Check()
}
