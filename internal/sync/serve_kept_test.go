package sync_test

import (
	"slices"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testkit"
)

// TestServeKeepsClaims: the claim of a job that is polled each second goes from poll to
// poll. Who polls the job once meanwhile need not wait for its end; where the job is
// paused, or the daemon ends, it is given back.
func TestServeKeepsClaims(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.reconfigure("woosmap", func(s *store.SourceSpec) { s.Schedule, s.ActiveEvery = "@every 1s", time.Second })
	l.dataset("a", testkit.WoosmapRun("r1", "in_progress"))
	l.dataset("b", testkit.WoosmapRun("r1", "in_progress"))
	stop := l.serve()
	l.awaitLine(`SELECT '' FROM cursors HAVING count(*) FILTER (WHERE kept_until IS NOT NULL AND confirmations >= 3) = 2`)

	other := l.start(l.newSyncer("other", testkit.OpenStore(t, l.URL)), "a")
	if err := other.wait(); err != nil {
		t.Error(err)
	}
	if told := other.texts(); !slices.Equal(told, []string{"elsewhere a unchanged"}) {
		t.Errorf("told %q", told)
	}
	if paused, err := l.store.PauseJob(t.Context(), l.author(), "a", "for the test"); !paused || err != nil {
		t.Fatal(paused, err)
	}
	l.awaitLine(`SELECT '' FROM cursors c JOIN jobs j USING (job_id) WHERE j.name = 'a' AND c.claimed_until IS NULL`)
	l.awaitLine(`SELECT '' FROM cursors c JOIN jobs j USING (job_id) WHERE j.name = 'b' AND c.kept_until IS NOT NULL`)
	if err := stop(); err != nil {
		t.Error(err)
	}
	l.Want("claims", []string{"0 0"}, `SELECT concat_ws(' ', count(claimed_until), count(kept_until)) FROM cursors`)
}
