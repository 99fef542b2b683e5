package main

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/upstreamsim"
)

// TestServeSpendsItsBudget asks for more than a source may be asked: of the
// budget next to nothing is left unused, by one replica or three, and never is
// more spent.
func TestServeSpendsItsBudget(t *testing.T) {
	t.Parallel()
	const every, jobs, counted = 200 * time.Millisecond, 24, 40
	for name, count := range map[string]int{"Alone": 1, "Together": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for n := range jobs {
				state := map[bool]string{false: "success", true: "in_progress"}[isRunning(n)]
				w.woosmap.Script(datasetID(n), woosmapAnswer("r1", state))
			}
			w.apply(declaration(`schedule: "@every 1s", active_every: 1s, rate_limit: {every: 200ms, burst: 1}`, jobs))
			var daemons []*process
			for range count {
				daemons = append(daemons, w.serve())
			}
			began := len(w.requests.All())
			await(t, "requests", func() bool { return len(w.requests.All()) >= jobs+counted+began })
			for _, daemon := range daemons {
				daemon.stop()
			}
			requests := w.requests.All()[began:]
			checkPace(t, requests, every)
			if count == 1 {
				checkTurns(t, requests)
			}
			w.check()
		})
	}
}

// isRunning makes every second job one whose import runs.
func isRunning(n int) bool { return n%2 == 1 }

// checkPace checks that requests come as often as they may and not more so.
func checkPace(t *testing.T, requests []upstreamsim.Request, every time.Duration) {
	t.Helper()
	const window, late = 4 * time.Second, 400 * time.Millisecond // a request can be under way for longer than the next ones
	count := int(window / every)
	for i := range requests[count:] {
		if took := requests[i+count].At.Sub(requests[i].At); took < window-late {
			t.Errorf("requests %d to %d came within %s", i, i+count, took)
		}
	}
	took := requests[len(requests)-1].At.Sub(requests[0].At)
	pace := float64(len(requests)-1) / took.Seconds()
	t.Logf("%.2f requests a second", pace)
	if most := float64(time.Second / every); pace < 0.9*most || pace > most/(1-late.Seconds()/took.Seconds()) {
		t.Errorf("%.2f requests a second came, of %.0f", pace, most)
	}
}

// checkTurns checks that of any four requests three were for imports that run,
// as soon as enough of them are known. Until a job is looked at it is none.
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
	text := order.String()
	for i := settled; i+4 <= len(text); i++ {
		if strings.Count(text[i:i+4], "R") != 3 {
			t.Errorf("from request %d on, %q are not three running and one that is not, in %s", i, text[i:i+4], text)
			return
		}
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
		answer := woosmapAnswer("r1", "success")
		if n < hanging {
			answer = answer.Behind(gate)
		}
		w.woosmap.Script(datasetID(n), answer)
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
	w.want("polls that came late", nil, `SELECT pace::text FROM (SELECT polled_at - lag(polled_at) OVER (PARTITION BY job_id ORDER BY polled_at) AS pace FROM polls) p
		WHERE pace > interval '2 s'`)
	w.check()
}
