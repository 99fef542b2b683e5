package upstreamsim

import "time"

// Scenario is what becomes of a target: imports, one after the other, and
// stretches in which the service does not answer for it. What it says at a
// time follows from the scenario and that time alone.
//
// Durations are divided by the service's speed, so that the times that a
// service reports are never in the future.
type Scenario struct {
	Start   time.Time
	Imports []Import      // by After
	Repeat  time.Duration // after so long the imports begin anew; 0: never
	Outages []Outage
}

// Import is one run. Where the next begins before it has ended, nobody will
// learn how it ended.
type Import struct {
	ID      string        // of the run; made up where it is empty. SafetyKit's are those of the request
	After   time.Duration // since the scenario's start
	Steps   []Step
	Summary string  // SafetyKit's error_summary
	Results Results // of SafetyKit
}

// Step is a part of an import: one of Woosmap's steps, or one of SafetyKit's
// statuses on the way to the end.
type Step struct {
	Name    string
	Pause   time.Duration // since the end of the step before
	Takes   time.Duration
	Stalls  bool    // it never ends
	Fails   bool    // it ends the import as failed
	Entries []Entry // by their After
}

// Entry is a line of Woosmap's log.
type Entry struct {
	After  time.Duration // since the start of its step: its created_at
	Late   time.Duration // it is listed so long after that
	Level  string        // empty: info
	Detail string

	RewrittenAfter time.Duration // since the start of its step; 0: never
	Rewritten      string        // its detail from then on; empty: it is listed no more
}

// Outage is a stretch in which a target's requests get an error.
type Outage struct {
	After  time.Duration // since the scenario's start
	For    time.Duration // 0: for ever
	Status int           // such as 500, or 403 for a key that is refused
}

// Results are what a SafetyKit import brings.
type Results struct {
	Items    int
	Shape    Shape
	TooLarge bool // too much for the inline shape: once succeeded, the status is an error that points to the download
}

// Shape is one of the two shapes of SafetyKit's status.
type Shape int

// The shapes.
const (
	Inline  Shape = iota // with the results in it
	ByLink               // with a link to them
	Flipped              // now the one and now the other, changing every ten seconds
)

// flipEvery is how long a flipping status keeps its shape.
const flipEvery = 10 * time.Second

// progress is how far a scenario has come at a time.
type progress struct {
	now     time.Time
	began   time.Duration // the import, since the scenario's start
	real    func(time.Duration) time.Time
	outage  int // status of the error to answer with; 0: none
	number  int // of the import, counted over all repetitions from 1; 0: none has begun
	running Import
	steps   []stepProgress // that have begun
	status  status
	flipped bool
}

// stepProgress is how far a step has come.
type stepProgress struct {
	Step
	start, end time.Time // end: zero while it lasts
	status     status
	entries    []entryProgress
}

// entryProgress is a line as it is listed.
type entryProgress struct {
	created       time.Time
	level, detail string
}

// status is how an import or a step is doing.
type status int

const (
	inProgress status = iota
	succeeded
	failed
)

// at tells how far the scenario has come.
func (s Scenario) at(now time.Time, speed float64) progress {
	elapsed := time.Duration(float64(now.Sub(s.Start)) * speed)
	p := progress{
		now:     now,
		real:    func(d time.Duration) time.Time { return s.Start.Add(time.Duration(float64(d) / speed)) },
		flipped: now.Sub(s.Start)/flipEvery%2 == 1,
	}
	for _, o := range s.Outages {
		if elapsed >= o.After && (o.For == 0 || elapsed < o.After+o.For) {
			p.outage = o.Status
		}
	}
	p.latest(s, elapsed)
	if p.number > 0 {
		p.walk(elapsed)
	}
	return p
}

// latest finds the newest import that has begun.
func (p *progress) latest(s Scenario, elapsed time.Duration) {
	if elapsed < 0 {
		return
	}
	rounds, into := 0, elapsed
	if s.Repeat > 0 {
		rounds, into = int(elapsed/s.Repeat), elapsed%s.Repeat
	}
	begun := 0
	for begun < len(s.Imports) && s.Imports[begun].After <= into {
		begun++
	}
	p.number = rounds*len(s.Imports) + begun
	if p.number == 0 {
		return
	}
	last := p.number - 1
	p.running = s.Imports[last%len(s.Imports)]
	p.began = time.Duration(last/len(s.Imports))*s.Repeat + p.running.After
}

// walk goes through the steps of the running import up to now.
func (p *progress) walk(elapsed time.Duration) {
	start := p.began
	for _, step := range p.running.Steps {
		start += step.Pause
		if elapsed < start {
			return
		}
		at := stepProgress{Step: step, start: p.real(start), entries: p.listed(step, start, elapsed)}
		end := start + step.Takes
		if step.Stalls || elapsed < end {
			p.steps = append(p.steps, at)
			return
		}
		at.end, at.status = p.real(end), succeeded
		if step.Fails {
			at.status, p.status = failed, failed
		}
		p.steps = append(p.steps, at)
		if step.Fails {
			return
		}
		start = end
	}
	p.status = succeeded
}

// listed gives a step's log as it is shown.
func (p *progress) listed(step Step, start, elapsed time.Duration) []entryProgress {
	var shown []entryProgress
	for _, e := range step.Entries {
		at := entryProgress{created: p.real(start + e.After), level: e.Level, detail: e.Detail}
		if at.level == "" {
			at.level = "info"
		}
		if elapsed < start+e.After+e.Late {
			continue
		}
		if e.RewrittenAfter > 0 && elapsed >= start+e.RewrittenAfter {
			at.detail = e.Rewritten
		}
		if at.detail != "" {
			shown = append(shown, at)
		}
	}
	return shown
}
