package cli

import (
	"log/slog"
	"testing"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// TestAskedPollsLeavePlacesToOtherSources: one that does not answer takes no more than its own.
func TestAskedPollsLeavePlacesToOtherSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := upstreamsim.NewGate()
	defer gate.Open()
	run := testkit.WoosmapRun("r1", "success")
	w.Woosmap.Script(datasetID(0), run.Behind(gate), run, run)
	w.SafetyKit.Script("products", "q1", upstreamsim.Answer(`{"data":[],"namespace":"products","request_id":"q1","status":"queued"}`))
	w.apply(pathDeclaration)
	client := source.NewClient("test")
	defer client.Close()
	daemon := &sync.Syncer{Store: w.Store(), Client: client, Getenv: func(string) string { return worldKey }, Owner: "test", Logger: slog.New(slog.DiscardHandler)}
	polls := newAskedPolls(t.Context(), daemon, daemon.Logger, func(sync.Event) {})
	job := func(name string) store.Job {
		found, err := daemon.Store.Job(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for n := range askedMost {
		if begun := polls.begin(job("stores")); begun != (n < askedOfSource) {
			t.Errorf("poll %d of a source that does not answer is begun: %t", n, begun)
		}
	}
	if !polls.begin(job("products")) {
		t.Error("another source is not polled")
	}
	gate.Open()
	_ = polls.running.Wait()
	if !polls.begin(job("stores")) {
		t.Error("the places are not given back")
	}
	_ = polls.running.Wait()
	w.Want("polled", []string{"products", "stores"}, `SELECT DISTINCT job FROM report.polls ORDER BY job`)
	w.Check()
}
