package demo

import (
	"fmt"
	"time"

	"tracker/internal/upstreamsim"
)

// The sources of the demo.
const (
	sourceWoosmap    = "demo-woosmap"
	sourceWoosmapOld = "demo-woosmap-old" // its key is refused
	sourceSafetyKit  = "demo-safetykit"
)

// namespace holds all SafetyKit requests of the demo.
const namespace = "products"

// job is a job of the demo and what becomes of it.
type job struct {
	name       string
	source     string
	stallAfter time.Duration // zero: judged by its past
	live       upstreamsim.Scenario
	past       past
}

// past is how a job's imports went before the demo began.
type past struct {
	every   time.Duration // from one import to the next; zero: there is no past
	kinds   [][]upstreamsim.Step
	outages []upstreamsim.Outage // counted from the beginning of the past
}

// jobs lists the jobs. The first import of each begins at once: before it
// the services would say that they know no import.
func jobs() []job {
	const second = time.Second
	return []job{
		{
			name: "demo-stores-eu", source: sourceWoosmap,
			live: repeating(70*second, after(3*second, quick(8412)), after(2*second, quick(8415))),
			past: past{every: 6 * time.Hour, kinds: kinds(quick(8390), quick(8398), quick(8398), quick(8407), breaks("row 2211: no address"), quick(8407))},
		},
		{
			name: "demo-stores-us", source: sourceWoosmap,
			live: repeating(160*second, after(second, slow(51277))),
			past: past{
				every: 24 * time.Hour, kinds: kinds(slow(50913), slow(50988), slow(51102)),
				outages: []upstreamsim.Outage{{After: 9*24*time.Hour + 14*time.Hour, For: 5 * time.Hour, Status: 503}},
			},
		},
		{
			name: "demo-shops-fr", source: sourceWoosmap,
			live: repeating(90*second, after(5*second, unfetched()), after(4*second, quick(1204))),
			past: past{every: 12 * time.Hour, kinds: kinds(quick(1198), quick(1199), unfetched(), quick(1201), quick(1204))},
		},
		{
			name: "demo-shops-de", source: sourceWoosmap,
			live: repeating(120*second, after(2*second, breaks("row 412: longitude 913.404 is out of range"))),
			past: past{every: 12 * time.Hour, kinds: kinds(quick(3120), warned(3121), quick(3121), breaks("row 77: duplicate id shop-0077"))},
		},
		{
			name: "demo-parking", source: sourceWoosmap,
			live: repeating(80*second, after(4*second, warned(640))),
			past: past{every: 8 * time.Hour, kinds: kinds(warned(633), quick(640), warned(640))},
		},
		{name: "demo-again", source: sourceWoosmap, live: upstreamsim.Scenario{Imports: []upstreamsim.Import{
			{Steps: after(2*second, breaks("row 9: unknown type kiosk"))}, {After: 40 * second, Steps: after(0, quick(88))},
		}}},
		{name: "demo-superseded", source: sourceWoosmap, live: upstreamsim.Scenario{Imports: []upstreamsim.Import{
			{Steps: after(2*second, slow(7001))}, {After: 35 * second, Steps: after(0, quick(7002))},
		}}},
		{
			name: "demo-stalls", source: sourceWoosmap, stallAfter: 30 * second,
			live: upstreamsim.Scenario{Imports: []upstreamsim.Import{{Steps: after(second, stalls())}}},
		},
		{
			name: "demo-rewritten", source: sourceWoosmap,
			live: upstreamsim.Scenario{Imports: []upstreamsim.Import{{Steps: after(2*second, rewritten())}}},
			past: past{every: 12 * time.Hour, kinds: kinds(quick(411), warned(411), quick(414), quick(417), breaks("row 12: duplicate id shop-0012"))},
		},
		{name: "demo-outage", source: sourceWoosmap, live: upstreamsim.Scenario{
			Imports: []upstreamsim.Import{{Steps: after(2*second, slow(212))}},
			Outages: []upstreamsim.Outage{{After: 15 * second, For: 40 * second, Status: 500}},
		}},
		{name: "demo-stores-old", source: sourceWoosmapOld, live: upstreamsim.Scenario{Imports: []upstreamsim.Import{{Steps: quick(10)}}}},
		{name: "demo-products-inline", source: sourceSafetyKit, live: upstreamsim.Scenario{Imports: []upstreamsim.Import{{
			Steps: moderated(4*second, 6*second, 12*second), Results: upstreamsim.Results{Items: 6},
		}}}},
		{name: "demo-products-link", source: sourceSafetyKit, live: upstreamsim.Scenario{Imports: []upstreamsim.Import{{
			Steps: moderated(10*second, 15*second, 45*second), Results: upstreamsim.Results{Items: 1250, Shape: upstreamsim.ByLink},
			Summary: "3 of 1253 items could not be read",
		}}}},
		{name: "demo-products-bad", source: sourceSafetyKit, live: upstreamsim.Scenario{Imports: []upstreamsim.Import{{
			Steps: failing(moderated(3*second, 8*second, 5*second)), Summary: "line 18: id is missing",
		}}}},
	}
}

// target names what a job tracks at its service.
func (j job) target() map[string]string {
	if j.source == sourceSafetyKit {
		return map[string]string{"namespace": namespace, "request_id": upstreamsim.RequestID(j.name)}
	}
	return map[string]string{"dataset_id": upstreamsim.UUID(j.name)}
}

// repeating goes through imports of these steps again and again, one each so often.
func repeating(every time.Duration, imports ...[]upstreamsim.Step) upstreamsim.Scenario {
	s := upstreamsim.Scenario{Repeat: every * time.Duration(len(imports))}
	for i, steps := range imports {
		s.Imports = append(s.Imports, upstreamsim.Import{After: every * time.Duration(i), Steps: steps})
	}
	return s
}

func kinds(kinds ...[]upstreamsim.Step) [][]upstreamsim.Step { return kinds }

// after lets the steps begin a while after their import.
func after(pause time.Duration, steps []upstreamsim.Step) []upstreamsim.Step {
	steps[0].Pause = pause
	return steps
}

// failing lets the last step fail.
func failing(steps []upstreamsim.Step) []upstreamsim.Step {
	steps[len(steps)-1].Fails = true
	return steps
}

// fetched is Woosmap's first step, gone well.
func fetched(takes time.Duration, rows int) upstreamsim.Step {
	return upstreamsim.Step{Name: "fetch", Takes: takes, Entries: []upstreamsim.Entry{
		{After: takes / 10, Detail: "Fetching https://data.example.com/export.csv"},
		{After: takes * 9 / 10, Detail: fmt.Sprintf("Fetched %d rows", rows)},
	}}
}

// imported is Woosmap's second step, with more lines in its log.
func imported(takes time.Duration, rows int, more ...upstreamsim.Entry) upstreamsim.Step {
	entries := []upstreamsim.Entry{{After: takes / 10, Detail: fmt.Sprintf("Importing %d rows", rows)}}
	return upstreamsim.Step{Name: "import", Takes: takes, Pause: 300 * time.Millisecond, Entries: append(entries, more...)}
}

func quick(rows int) []upstreamsim.Step {
	return []upstreamsim.Step{fetched(6*time.Second, rows), imported(14*time.Second, rows,
		upstreamsim.Entry{After: 13 * time.Second, Detail: fmt.Sprintf("Imported %d rows", rows)})}
}

func slow(rows int) []upstreamsim.Step {
	return []upstreamsim.Step{fetched(20*time.Second, rows), imported(65*time.Second, rows,
		upstreamsim.Entry{After: 30 * time.Second, Detail: "Imported half of the rows"},
		upstreamsim.Entry{After: 64 * time.Second, Detail: fmt.Sprintf("Imported %d rows", rows)})}
}

func warned(rows int) []upstreamsim.Step {
	return []upstreamsim.Step{fetched(5*time.Second, rows), imported(20*time.Second, rows,
		upstreamsim.Entry{After: 8 * time.Second, Level: "warning", Detail: "row 31: opening hours cannot be read, left out"},
		upstreamsim.Entry{After: 15 * time.Second, Level: "warning", Detail: "row 208: postal code is missing"})}
}

func unfetched() []upstreamsim.Step {
	return []upstreamsim.Step{{Name: "fetch", Takes: 9 * time.Second, Fails: true, Entries: []upstreamsim.Entry{
		{After: time.Second, Detail: "Fetching https://data.example.com/export.csv"},
		{After: 8 * time.Second, Level: "error", Detail: "https://data.example.com/export.csv: 404 Not Found"},
	}}}
}

func breaks(why string) []upstreamsim.Step {
	return failing([]upstreamsim.Step{fetched(6*time.Second, 3120), imported(12*time.Second, 3120,
		upstreamsim.Entry{After: 11 * time.Second, Level: "error", Detail: why})})
}

func stalls() []upstreamsim.Step {
	steps := []upstreamsim.Step{fetched(5*time.Second, 96), imported(time.Second, 96)}
	steps[1].Stalls = true
	return steps
}

// rewritten fails for a reason that is another one later.
func rewritten() []upstreamsim.Step {
	return failing([]upstreamsim.Step{fetched(5*time.Second, 417), imported(16*time.Second, 417,
		upstreamsim.Entry{After: 8 * time.Second, Level: "warning", Detail: "row 31: opening hours cannot be read, left out"},
		upstreamsim.Entry{
			After: 15 * time.Second, Level: "error", Detail: "row 208: the service ran out of memory",
			RewrittenAfter: 30 * time.Second, Rewritten: "row 208: postal code is not valid",
		})})
}

// moderated is a SafetyKit request on its way.
func moderated(queued, uploading, ingesting time.Duration) []upstreamsim.Step {
	return []upstreamsim.Step{
		{Name: "queued", Takes: queued}, {Name: "uploading", Takes: uploading}, {Name: "ingesting", Takes: ingesting},
	}
}
