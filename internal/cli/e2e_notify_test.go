package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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

// texts keeps the messages that came.
type texts struct {
	mu  sync.Mutex
	got []string
}

// ServeHTTP implements http.Handler.
func (m *texts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, string(text))
}

func (m *texts) all() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.got)
}

// TestToldAfterDowntime: what another process saw while no daemon ran is told by the next
// daemon, once and as late; what comes afterwards is not late, and nothing is told again.
func TestToldAfterDowntime(t *testing.T) {
	t.Parallel()
	w := newClockedWorld(t)
	m := &texts{}
	receiver := httptest.NewServer(m)
	t.Cleanup(receiver.Close)
	w.env["CHAT"] = "generic+" + receiver.URL
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "success"), testkit.WoosmapRun("r2", "failed"), testkit.WoosmapRun("r3", "success"))
	w.apply("notify:\n- {name: geo, to: env:CHAT, as: message, group: 1s, on: [failed, recovered]}\n" + declaration(`schedule: "@every 10h", `+unlimited, 1))
	w.turn("1 min")
	daemon := w.serve()
	w.awaitPolls(jobName(0), 1)
	w.awaitLine(`SELECT '' FROM notify_state s JOIN journal_end e ON s.entry_no = e.entry_no WHERE e.entry_no > 0`)
	daemon.stop()

	w.must("sync")
	w.turn("1 h")
	w.must("sync")
	w.turn("2 h")
	if got := m.all(); len(got) > 0 {
		t.Fatalf("told while no daemon ran: %q", got)
	}
	told := func(messages int) string {
		t.Helper()
		await(t, "the messages", func() bool { return len(m.all()) >= messages })
		w.awaitLine(`SELECT '' FROM deliveries HAVING bool_and(state = 'delivered')`)
		return m.all()[messages-1]
	}
	daemon = w.serve()
	late := told(1)
	daemon.stop()
	lines := strings.Split(late, "\n")
	if lines[0] != "1 failed, 1 recovered: job-000" || !strings.HasPrefix(lines[1], "✖ job-000 failed") || !strings.Contains(late, "2 of them told late, at ") {
		t.Errorf("after hours it is told:\n%s", late)
	}

	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r4", "failed"))
	w.must("sync")
	daemon = w.serve()
	if now := told(2); !strings.HasPrefix(now, "✖ job-000 failed") || strings.Contains(now, "told late") {
		t.Errorf("what has just happened is told as:\n%s", now)
	}
	daemon.stop()
	if got := m.all(); len(got) != 2 {
		t.Errorf("%d messages came: %q", len(got), got)
	}
	w.Want("what is kept of them", []string{"failed 1", "recovered 1", "failed 1"}, `SELECT event || ' ' || attempts FROM report.deliveries ORDER BY at`)
	w.Check()
}
