package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"tracker/internal/upstreamsim"
)

// scenario is an import that a service plays from a time on.
type scenario struct {
	start time.Time
	run   upstreamsim.Import
	after *scenario // as which it tells the import later; nil: it does not
}

// lastChange is when its answer changes for the last time.
func (s scenario) lastChange() time.Time {
	var start, last time.Duration
	for _, step := range s.run.Steps {
		start += step.Pause
		for _, e := range step.Entries {
			last = max(last, start+e.After+e.Late, start+e.RewrittenAfter)
		}
		if step.Stalls {
			break
		}
		last = max(last, start+step.Takes)
		start += step.Takes
	}
	return s.start.Add(last)
}

// composer makes up the imports of a job. It draws from the job's random numbers.
type composer struct {
	scale  scale
	plan   jobPlan
	random *rand.Rand
	usual  time.Duration // how long its imports take
	rows   int
	fails  float64 // which part of them fail
}

func newComposer(s scale, plan jobPlan, random *rand.Rand) composer {
	c := composer{scale: s, plan: plan, random: random, rows: 100 + random.IntN(60_000)}
	usual := 4 * float64(time.Minute) * math.Exp(0.9*random.NormFloat64())
	c.usual = time.Duration(min(max(usual, float64(20*time.Second)), float64(40*time.Minute)))
	c.fails = []float64{0, 0.01, 0.02, 0.05, 0.1, 0.3}[min(int(6*math.Sqrt(random.Float64())), 5)]
	if random.IntN(2) == 0 {
		c.fails /= 4
	}
	return c
}

// dataset makes up the job's no-th import, from 0, which begins at a time.
// ends says how the job's imports are to end then.
func (c *composer) dataset(no int, start time.Time, ends ending) scenario {
	s := scenario{start: start, run: upstreamsim.Import{ID: upstreamsim.UUID(fmt.Sprintf("%s, import %d", c.plan.name, no))}}
	took := time.Duration(float64(c.usual) * math.Exp(0.25*c.random.NormFloat64()))
	if c.random.IntN(40) == 0 {
		took *= 3 // an unusual one
	}
	lines := c.scale.entriesPerRun - 3 + c.random.IntN(8)
	c.rows = max(10, c.rows+c.random.IntN(41)-18)
	fetch, load := c.fetch(took/4, lines/3), c.load(took-took/4, lines-lines/3)
	s.run.Steps = []upstreamsim.Step{fetch, load}
	draw := c.random.Float64()
	switch {
	case ends == endsStalled:
		s.run.Steps[1].Stalls = true
	case ends == endsRunning:
		s.run.Steps = []upstreamsim.Step{c.fetch(5*time.Minute, 3), c.load(2*time.Hour, lines)}
	case ends == endsFailing || draw < c.fails:
		c.fail(&s)
	default:
		c.vary(&s)
	}
	return s
}

// fetch is Woosmap's first step, gone well.
func (c *composer) fetch(takes time.Duration, lines int) upstreamsim.Step {
	step := upstreamsim.Step{Name: "fetch", Takes: takes, Entries: []upstreamsim.Entry{
		{After: takes / 50, Detail: "Fetching https://data.example.com/exports/" + c.plan.name + ".csv"},
	}}
	for n := 1; n < lines-1; n++ {
		step.Entries = append(step.Entries, upstreamsim.Entry{After: takes * time.Duration(n) / time.Duration(lines), Detail: fmt.Sprintf("Fetched %d kB", c.rows*n/lines/4)})
	}
	return addEntry(step, upstreamsim.Entry{After: takes * 49 / 50, Detail: fmt.Sprintf("Fetched %d rows", c.rows)})
}

// load is Woosmap's second step, gone well.
func (c *composer) load(takes time.Duration, lines int) upstreamsim.Step {
	step := upstreamsim.Step{Name: "import", Takes: takes, Pause: 300 * time.Millisecond, Entries: []upstreamsim.Entry{
		{After: takes / 100, Detail: fmt.Sprintf("Importing %d rows", c.rows)},
	}}
	for n := 1; n < lines-1; n++ {
		step.Entries = append(step.Entries, upstreamsim.Entry{
			After: takes * time.Duration(n) / time.Duration(lines), Detail: fmt.Sprintf("Imported %d of %d rows", c.rows*n/lines, c.rows),
		})
	}
	return addEntry(step, upstreamsim.Entry{After: takes * 99 / 100, Detail: fmt.Sprintf("Imported %d rows", c.rows)})
}

func addEntry(step upstreamsim.Step, e upstreamsim.Entry) upstreamsim.Step {
	step.Entries = append(step.Entries, e)
	return step
}

// fail lets the import fail in one of its steps, with the reason in its log.
func (c *composer) fail(s *scenario) {
	steps := s.run.Steps
	at, reasons := 1, []string{
		"row %d: longitude is out of range", "row %d: duplicate id", "row %d: no address", "row %d: geometry is not valid (latitude out of range)",
	}
	if c.random.IntN(3) == 0 {
		at, reasons = 0, []string{"https://data.example.com/export.csv: 404 Not Found", "https://data.example.com/export.csv: no answer after %d s", "line %d: not a CSV file"}
	}
	why := reasons[c.random.IntN(len(reasons))]
	if c.random.IntN(2000) == 0 { // one that was never heard of
		why = fmt.Sprintf("row %%d: unknown field %c%c", 'a'+c.random.IntN(26), 'a'+c.random.IntN(26))
	}
	s.run.Steps = steps[:at+1]
	last := &steps[at]
	last.Fails = true
	last.Takes = last.Takes * time.Duration(1+c.random.IntN(9)) / 10
	last.Entries = slices.DeleteFunc(last.Entries, func(e upstreamsim.Entry) bool { return e.After >= last.Takes })
	last.Entries = append(last.Entries, upstreamsim.Entry{After: last.Takes * 99 / 100, Level: "error", Detail: worded(why, c.random.IntN(c.rows))})
}

func worded(why string, n int) string {
	if slices.Contains([]byte(why), '%') {
		return fmt.Sprintf(why, n)
	}
	return why
}

// vary makes a success one with warnings or, seldom, one that shows the service's faults.
func (c *composer) vary(s *scenario) {
	load := &s.run.Steps[1]
	middle := &load.Entries[len(load.Entries)/2]
	switch draw := c.random.IntN(1000); {
	case draw < 90:
		for i := range load.Entries[1 : len(load.Entries)-1] {
			if c.random.IntN(3) == 0 {
				load.Entries[i+1].Level, load.Entries[i+1].Detail = "warning", fmt.Sprintf("row %d: opening hours cannot be read, left out", c.random.IntN(c.rows))
			}
		}
	case draw < 95: // superseded: its end is not seen
		load.Stalls = true
	case draw < 105: // a line is withdrawn after the end
		middle.RewrittenAfter = load.Takes + time.Minute
	case draw < 108: // one is logged late
		middle.Late = load.Takes
	case draw < 111:
		middle.Level = "debug" // a level that nobody knows
	case draw < 114:
		load.Takes = -time.Second // it ends before it starts
	case draw < 117:
		middle.After = load.Takes + 5*time.Minute // a clock that is ahead
		middle.Late = -middle.After + load.Takes/2
	case draw < 120: // the first step is listed no more
		s.after = &scenario{start: s.lastChange().Add(90 * time.Second), run: s.run}
		s.after.run.Steps = s.run.Steps[1:]
	case draw < 122: // it takes its success back
		s.after = &scenario{start: s.start, run: s.run}
		s.after.run.Steps = slices.Clone(s.run.Steps)
		s.after.run.Steps[1].Takes *= 3
	}
}

// moderation makes up a request of SafetyKit's, which begins at a time.
func (c *composer) moderation(start time.Time) scenario {
	minutes := func(most int) time.Duration { return time.Duration(20+c.random.IntN(60*most)) * time.Second }
	s := scenario{start: start, run: upstreamsim.Import{Steps: []upstreamsim.Step{
		{Name: "queued", Takes: minutes(3)}, {Name: "uploading", Takes: minutes(4)}, {Name: "ingesting", Takes: minutes(25)},
	}}}
	s.run.Results = upstreamsim.Results{Items: c.random.IntN(20)}
	if c.random.IntN(4) == 0 {
		s.run.Results = upstreamsim.Results{Items: 1000 + c.random.IntN(4000), Shape: upstreamsim.ByLink}
	}
	switch draw := c.random.IntN(100); {
	case draw < 6:
		s.run.Steps[2].Fails, s.run.Summary = true, fmt.Sprintf("line %d: id is missing", c.random.IntN(500))
	case draw < 8 && c.scale.end.Sub(start) < 5*24*time.Hour: // somebody would have given up on an earlier one
		s.run.Steps[2].Stalls = true
	case draw < 14:
		s.run.Summary = fmt.Sprintf("%d objects failed", 1+c.random.IntN(9))
	}
	return s
}
