package sync_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

func TestOnceWaitsForAPollThatIsUnderWayElsewhere(t *testing.T) {
	t.Parallel()
	for want, frame := range map[string]upstreamsim.Frame{"changed": testkit.WoosmapRun("r1", "success"), "upstream_error": upstreamsim.WoosmapError(500)} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			defer l.Check()
			gate := upstreamsim.NewGate()
			l.dataset("a", frame.Behind(gate))
			first := l.start(l.syncer, "a")
			receive(t, gate.Reached(), "the first round's request")

			other := l.newSyncer("other", testkit.OpenStore(l.t, l.URL))
			looked := make(chan struct{}, 1)
			getenv := other.Getenv
			other.Getenv = func(name string) string { // a round reads credentials once it knows what was polled when
				looked <- struct{}{}
				return getenv(name)
			}
			second := l.start(other, "a")
			receive(t, looked, "the second round's start")
			gate.Open()
			for _, round := range []*running{first, second} {
				if err := round.wait(); err != nil {
					t.Fatal(err)
				}
			}
			told := slices.Concat(first.texts(), second.texts())
			if want := []string{"polled a " + want, "elsewhere a " + want}; !slices.Equal(told, want) {
				t.Errorf("told %q, not %q", told, want)
			}
			if n := len(l.Requests.All()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestOnceDropsALatePoll(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string][2]upstreamsim.Frame{
		"SameAnswer":    {testkit.WoosmapRun("r1", "success"), testkit.WoosmapRun("r1", "success")},
		"AnotherAnswer": {testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success")},
		"Unchanged":     {testkit.WoosmapRun("r0", "success"), testkit.WoosmapRun("r1", "success")},
		"Failed":        {upstreamsim.WoosmapError(500), testkit.WoosmapRun("r1", "success")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			defer l.Check()
			gate := upstreamsim.NewGate()
			l.dataset("stores", testkit.WoosmapRun("r0", "success"), answers[0].Behind(gate), answers[1])
			l.once("stores")
			slow := l.start(l.syncer, "stores")
			receive(t, gate.Reached(), "the slow request")
			l.expireClaims()
			quick := l.start(l.newSyncer("quick", testkit.OpenStore(l.t, l.URL)), "stores")
			if err := quick.wait(); err != nil {
				t.Fatal(err)
			}
			if load := l.syncer.Load(); load != (sync.Load{InFlight: 1}) {
				t.Errorf("while the request is under way: %+v", load)
			}
			gate.Open()
			if err := slow.wait(); err != nil {
				t.Fatal(err)
			}
			if load := l.syncer.Load(); load != (sync.Load{ClaimsLost: 1}) {
				t.Errorf("afterwards: %+v", load)
			}
			if told := strings.Join(slow.texts(), ", "); told != "late stores: somebody else has taken over the job" {
				t.Errorf("the slow round tells %s", told)
			}
			late := "superseded"
			if name == "Failed" {
				late = "upstream_error"
			}
			if event := slow.all()[0]; string(event.Outcome) != late || event.SentAt.IsZero() || event.Latency == 0 {
				t.Errorf("it tells of a poll that is %s, sent at %s, which took %s", event.Outcome, event.SentAt, event.Latency)
			}
			l.wantPolls("stores", "changed 1", late, "changed 2")
			l.expect("stores", "unchanged")
		})
	}
}

// TestOnceHoldsASourceForALatePoll: that the source asked to be left alone counts, whoever
// has taken over the job.
func TestOnceHoldsASourceForALatePoll(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	gate := upstreamsim.NewGate()
	l.dataset("stores", upstreamsim.WoosmapError(429).With("Retry-After", "3600").Behind(gate), testkit.WoosmapRun("r1", "success"))
	slow := l.start(l.syncer, "stores")
	receive(t, gate.Reached(), "the slow request")
	l.expireClaims()
	if err := l.start(l.newSyncer("quick", testkit.OpenStore(l.t, l.URL)), "stores").wait(); err != nil {
		t.Fatal(err)
	}
	gate.Open()
	if err := slow.wait(); err != nil {
		t.Fatal(err)
	}
	l.wantPolls("stores", "rate_limited", "changed 1")
	l.budget("1 3600")
}

// TestOnceChargesALatePoll: a request that had no slot counts, whoever has taken over the
// job.
func TestOnceChargesALatePoll(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	gate := upstreamsim.NewGate()
	l.request("products-7", upstreamsim.SafetyKitError(http.StatusRequestEntityTooLarge), safetykitAnswer("products-7", "queued"))
	l.SafetyKit.ScriptDownload("products", "products-7", safetykitAnswer("products-7", "uploading").Behind(gate))
	l.reconfigure("safetykit", func(s *store.SourceSpec) { s.RateEvery, s.RateBurst = time.Hour, 1 })
	slow := l.start(l.syncer, "products-7")
	receive(t, gate.Reached(), "the slow request")
	l.expireClaims()
	l.Exec(`UPDATE budgets SET next_slot_at = now()`)
	if err := l.start(l.newSyncer("quick", testkit.OpenStore(l.t, l.URL)), "products-7").wait(); err != nil {
		t.Fatal(err)
	}
	before := l.nextSlot("safetykit")
	gate.Open()
	if err := slow.wait(); err != nil {
		t.Fatal(err)
	}
	l.wantPolls("products-7", "superseded", "changed 1")
	if moved := l.nextSlot("safetykit").Sub(before); moved != time.Hour {
		t.Errorf("its second request moved the budget on by %s", moved)
	}
}

// safetykitAnswer is one about a request that has not ended.
func safetykitAnswer(id, status string) upstreamsim.Frame {
	return upstreamsim.Answer(fmt.Sprintf(`{"data":[],"namespace":"products","request_id":%q,"status":%q}`, id, status))
}

func TestOnceDropsALatePollOfManyAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	gate := upstreamsim.NewGate()
	for _, job := range []string{"a", "b", "c"} {
		l.dataset(job, testkit.WoosmapRun("r1", "success").Behind(gate))
	}
	round := l.start(l.syncer, "a", "b", "c")
	receive(t, gate.Reached(), "a request")
	for l.claims() != "3" {
		receive(t, gate.Reached(), "a request")
	}
	l.Exec(`UPDATE cursors SET claimed_until = claimed_until + interval '1 us', claimed_by = 'another' WHERE job_id = (SELECT job_id FROM jobs WHERE name = 'b')`)
	gate.Open()
	if err := round.wait(); err != nil {
		t.Fatal(err)
	}
	told := round.texts()
	slices.Sort(told)
	if want := []string{"late b: somebody else has taken over the job", "polled a changed", "polled c changed"}; !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
	l.Want("claims", []string{"another"}, `SELECT claimed_by FROM cursors WHERE claimed_by IS NOT NULL`)
}
