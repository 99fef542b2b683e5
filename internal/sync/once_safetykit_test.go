package sync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/upstreamsim"
)

// products is a request that goes through all of SafetyKit's statuses.
func products(l *lab, results upstreamsim.Results) upstreamsim.Scenario {
	return upstreamsim.Scenario{
		Start: l.clock.Now(),
		Imports: []upstreamsim.Import{{Results: results, Summary: "2 of 9 could not be read", Steps: []upstreamsim.Step{
			{Name: "queued", Takes: 10 * time.Second}, {Name: "uploading", Takes: 10 * time.Second}, {Name: "ingesting", Takes: 10 * time.Second},
		}}},
	}
}

func TestOnceFollowsASafetyKitRequestToItsDownload(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.request("products-7")
	l.SafetyKit.Play("products", "products-7", products(l, upstreamsim.Results{Items: 9, TooLarge: true}))
	for range 4 {
		l.expect("products-7", "changed")
		l.clock.Pass(10 * time.Second)
	}
	before := l.nextSlot("safetykit")
	l.expect("products-7", "unchanged") // though its link was signed anew
	if moved := l.nextSlot("safetykit").Sub(before); moved < 2*time.Millisecond {
		t.Errorf("a poll of two requests moved the budget on by %s", moved)
	}

	status, download := upstreamsim.SafetyKitPath("products", "products-7"), upstreamsim.SafetyKitDownloadPath("products", "products-7")
	if n, m := len(l.Requests.Of(status)), len(l.Requests.Of(download)); n != 5 || m != 2 {
		t.Errorf("%d and %d requests, not 5 and 2", n, m)
	}
	l.wantPolls("products-7", "changed 1", "changed 2", "changed 3", "changed 4", "unchanged 4")
	l.Want("transitions", []string{
		"run -> queued", "queued -> queued", "queued queued -> succeeded", "uploading -> running", "run queued -> running",
		"uploading running -> succeeded", "ingesting -> running", "run running -> running", "ingesting running -> succeeded", "run running -> succeeded",
	}, `SELECT concat_ws(' ', coalesce(step, 'run'), from_state, '->', to_state) FROM report.transitions ORDER BY transition_no`)
	l.Want("run", []string{"succeeded 9 f 2 of 9 could not be read t"},
		`SELECT concat_ws(' ', state, result_count, reported, error_summary, result_expires_at IS NOT NULL) FROM report.runs`)
	l.Want("signatures", nil, `SELECT body_text FROM report.snapshots WHERE body_text ~ 'X-Amz|[0-9a-f]{64}'`)
}

// nextSlot is when a source's budget has its next slot.
func (l *lab) nextSlot(from string) time.Time {
	l.t.Helper()
	at, err := time.Parse(time.RFC3339Nano, l.Lines(`SELECT to_char(b.next_slot_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
		FROM budgets b JOIN sources s USING (source_id) WHERE s.name = $1`, from)[0])
	if err != nil {
		l.t.Fatal(err)
	}
	return at
}

func TestOnceTakesAFlippingShapeForNoNews(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.request("products-7")
	scenario := products(l, upstreamsim.Results{Items: 3, Shape: upstreamsim.Flipped})
	scenario.Imports[0].Steps = scenario.Imports[0].Steps[:1]
	l.SafetyKit.Play("products", "products-7", scenario)
	for range 5 { // queued inline, then succeeded by link, inline, by link, inline
		l.expect("products-7", "changed")
		l.clock.Pass(10 * time.Second)
	}
	l.Want("anomalies", nil, `SELECT kind FROM report.anomalies`)
	l.Want("run transitions", []string{"queued", "succeeded"}, `SELECT to_state FROM report.transitions WHERE step IS NULL ORDER BY transition_no`)
	l.Want("run", []string{"3"}, `SELECT result_count::text FROM report.runs`)
	l.Want("items", []string{"item-001", "item-002", "item-003"}, `SELECT item_id FROM report.result_items ORDER BY item_no`)
}

func TestOnceFinishesASafetyKitJobAfterThreeGracePolls(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.request("products-7", safetykitRun("products-7", "ingesting"), safetykitRun("products-7", "failed"), safetykitRun("products-7", "failed"),
		upstreamsim.Status(500, ""), safetykitRun("products-7", "failed"), safetykitRun("products-7", "failed"), safetykitRun("products-7", "failed"),
		safetykitRun("products-7", "ingesting"))
	for _, outcome := range []string{"changed", "changed", "unchanged", "upstream_error", "unchanged"} {
		l.expect("products-7", outcome)
		l.Want("tracking", []string{"active t"}, `SELECT concat_ws(' ', tracking, next_poll_at IS NOT NULL) FROM report.jobs`)
	}
	if told, want := l.once("products-7").texts(), []string{"polled products-7 unchanged", "finished products-7"}; !slices.Equal(told, want) {
		t.Errorf("the third grace poll tells %q, not %q", told, want)
	}
	l.Want("tracking", []string{"finished f"}, `SELECT concat_ws(' ', tracking, next_poll_at IS NOT NULL) FROM report.jobs`)

	l.expect("products-7", "unchanged") // by name it is polled still, and stays finished
	l.Want("tracking", []string{"finished f"}, `SELECT concat_ws(' ', tracking, next_poll_at IS NOT NULL) FROM report.jobs`)
	l.expect("products-7", "changed") // the import goes on after all
	l.Want("tracking", []string{"active t"}, `SELECT concat_ws(' ', tracking, next_poll_at IS NOT NULL) FROM report.jobs`)
	l.Want("who", []string{"tester register", "tracker finish", "tracker reopen"},
		`SELECT concat_ws(' ', actor, action) FROM report.changes WHERE subject = 'job products-7' ORDER BY change_no`)
}

func TestOnceIsNotStoppedByAJobThatIsRemovedAsItFinishes(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	gate := upstreamsim.NewGate()
	done := safetykitRun("products-7", "succeeded")
	l.request("products-7", done, done, done, done.Behind(gate))
	for range 3 {
		l.once("products-7")
	}
	round := l.start(l.syncer, "products-7")
	receive(t, gate.Reached(), "the last grace poll")
	if _, err := l.store.RemoveJob(t.Context(), l.author(), "products-7"); err != nil {
		t.Fatal(err)
	}
	gate.Open()
	if err := round.wait(); err != nil {
		t.Fatal(err)
	}
	if told := strings.Join(round.texts(), ", "); told != "polled products-7 unchanged" {
		t.Errorf("told %s", told)
	}
	l.Want("tracking", []string{string(store.TrackingRemoved)}, `SELECT tracking FROM jobs`)
}
