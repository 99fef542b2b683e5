package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// poll is a stored poll of a dataset.
type poll struct {
	path     string
	polledAt time.Time
	latency  time.Duration
}

func (w *world) polls() []poll {
	w.t.Helper()
	rows, err := w.DB.QueryContext(w.t.Context(), `SELECT j.target->>'dataset_id', p.polled_at, p.latency_us
		FROM polls p JOIN jobs j USING (job_id) ORDER BY j.job_id, p.polled_at`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var polls []poll
	for rows.Next() {
		var id string
		var p poll
		if err := rows.Scan(&id, &p.polledAt, &p.latency); err != nil {
			w.t.Fatal(err)
		}
		p.path, p.latency = upstreamsim.WoosmapPath(id), p.latency*time.Microsecond
		polls = append(polls, p)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return polls
}

// unrecorded checks that each stored poll is one request that the upstream got
// while the poll was under way, and counts the requests that no poll tells of.
// The database's clock is that of this machine.
func (w *world) unrecorded() int {
	w.t.Helper()
	// polled_at is early by up to the time that reading the database's clock
	// took, the log's time late by the wait for a processor: both long on a busy
	// machine. What is compared is the count; a slack shows a poll made up.
	const slack = 10 * time.Second
	got := map[string][]time.Time{}
	total := 0
	for _, r := range w.Requests.All() {
		got[r.Path] = append(got[r.Path], r.At)
		total++
	}
	polls := w.polls()
	for _, p := range polls {
		at := slices.IndexFunc(got[p.path], func(at time.Time) bool {
			return !at.Before(p.polledAt) && !at.After(p.polledAt.Add(p.latency+slack))
		})
		if at < 0 {
			w.t.Errorf("the poll of %s at %s, which took %s, is no request: %v", p.path, p.polledAt, p.latency, got[p.path])
			continue
		}
		got[p.path] = slices.Delete(got[p.path], at, at+1)
	}
	return total - len(polls)
}

// claimedBy counts the claims that a process held when it came to its end.
func (w *world) claimedBy(p *process) int {
	w.t.Helper()
	owners := w.Lines(`SELECT claimed_by FROM cursors WHERE claimed_until IS NOT NULL`)
	count := 0
	for _, owner := range owners {
		if strings.HasSuffix(owner, "/"+p.pid()) {
			count++
		}
	}
	return count
}

// expireClaims makes all claims run out at once.
func (w *world) expireClaims() {
	w.t.Helper()
	w.Exec(`UPDATE cursors SET claimed_until = claimed_until - interval '1 hour' WHERE claimed_until IS NOT NULL`)
}

// counter makes a dataset answer with another run each time.
func (w *world) counter(n, runs int) {
	frames := make([]upstreamsim.Frame, runs)
	for i := range frames {
		frames[i] = testkit.WoosmapRun(strings.Repeat("r", i+1), "success")
	}
	w.Woosmap.Script(datasetID(n), frames...)
}

func receive(t *testing.T, from <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-from:
	case <-time.After(waitLimit):
		t.Fatalf("waited in vain for %s", what)
	}
}
