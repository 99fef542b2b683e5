package cli

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// TestServeSpendsItsBudget asks for more than a source may be asked: of the
// budget next to nothing is left unused, by one replica or three, and never is
// more spent.
func TestServeSpendsItsBudget(t *testing.T) {
	t.Parallel()
	const every, jobs, counted = 200 * time.Millisecond, 24, 60
	for name, count := range map[string]int{"Alone": 1, "Together": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for n := range jobs {
				state := map[bool]string{false: "success", true: "in_progress"}[isRunning(n)]
				w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", state))
			}
			w.apply(declaration(`schedule: "@every 1s", active_every: 1s, rate_limit: {every: 200ms, burst: 1}`, jobs))
			var daemons []*process
			start := time.Now() // the server's clock is this machine's
			for range count {
				daemons = append(daemons, w.serve())
			}
			await(t, "requests", func() bool { return len(w.Requests.All()) >= jobs+counted })
			for _, daemon := range daemons {
				daemon.stop()
			}
			requests := w.Requests.All()
			checkPace(t, requests, start, every)
			if count == 1 {
				checkTurns(t, requests)
			}
			w.Check()
		})
	}
}

// isRunning makes every second job one whose import runs.
func isRunning(n int) bool { return n%2 == 1 }

// checkPace checks that no request came before its slot, and that most slots
// were used: a busy machine may let some pass.
func checkPace(t *testing.T, requests []upstreamsim.Request, start time.Time, every time.Duration) {
	t.Helper()
	for i, request := range requests {
		if slot := start.Add(time.Duration(i) * every); request.At.Before(slot) {
			t.Errorf("request %d came %s before its slot", i, slot.Sub(request.At))
		}
	}
	slots := float64(requests[len(requests)-1].At.Sub(requests[0].At))/float64(every) + 1
	t.Logf("%d requests in %.1f slots", len(requests), slots)
	if float64(len(requests)) < slots/2 {
		t.Errorf("%d requests came in %.1f slots", len(requests), slots)
	}
}

// checkTurns checks that three of four requests were for imports that run, as
// soon as enough of them are known. Requests may overtake one another on their
// way, so that it is true of all together only.
func checkTurns(t *testing.T, requests []upstreamsim.Request) {
	t.Helper()
	const settled = 20
	running, known := map[string]bool{}, map[string]bool{}
	for n := range requests {
		running[upstreamsim.WoosmapPath(datasetID(n))] = isRunning(n)
	}
	var order strings.Builder
	for _, r := range requests {
		order.WriteString(map[bool]string{false: "i", true: "R"}[running[r.Path] && known[r.Path]])
		known[r.Path] = true
	}
	text := order.String()[settled:]
	if share := float64(strings.Count(text, "R")) / float64(len(text)); share < 0.65 || share > 0.85 {
		t.Errorf("%.2f of the requests are for imports that run: %s", share, text)
	}
}

// TestServeIsNotDelayedByASourceThatHangs polls one source in step while
// another holds all its answers back.
func TestServeIsNotDelayedByASourceThatHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gate := upstreamsim.NewGate()
	defer gate.Open()
	const jobs, hanging = 100, 95
	for n := range jobs {
		answer := testkit.WoosmapRun("r1", "success")
		if n < hanging {
			answer = answer.Behind(gate)
		}
		w.Woosmap.Script(datasetID(n), answer)
	}
	text := declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, jobs)
	text = strings.Replace(text, "jobs:", `- {name: quick, provider: woosmap, credential: env:KEY, base_url: $WOOSMAP, schedule: "@every 1s", active_every: 1s, `+unlimited+"}\njobs:", 1)
	for n := hanging; n < jobs; n++ {
		text = strings.Replace(text, "- {name: "+jobName(n)+", source: woosmap", "- {name: "+jobName(n)+", source: quick", 1)
	}
	w.apply(text)
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM (SELECT job_id FROM polls GROUP BY 1 HAVING count(*) >= 6) p HAVING count(*) = $1`, jobs-hanging)
	daemon.stop()
	w.Want("polls that waited for another to time out", nil, `SELECT pace::text FROM (SELECT polled_at - lag(polled_at) OVER (PARTITION BY job_id ORDER BY polled_at) AS pace
		FROM polls JOIN jobs USING (job_id) JOIN sources USING (source_id) WHERE sources.name = 'quick') p WHERE pace > interval '14 s'`)
	w.Check()
}
