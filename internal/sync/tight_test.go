package sync_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

// The tight source is an eighth of a thousand datasets with one request each five
// seconds, so that a day has 2,160 slots and not eight times as many: how often a job
// can be had is the same.
const (
	tightJobs  = 125
	tightEvery = 40 * time.Second
	// tightQuiet is how long no import runs. Then each dataset has one that runs for
	// tightRun, at a time of the day of its own.
	tightQuiet = 6 * time.Hour
	tightRun   = 3 * time.Hour
	day        = 24 * time.Hour
)

// tightDay is a day of that source by a clock that is moved by hand: what is due is
// claimed from the store and recorded there as the daemon does it.
type tightDay struct {
	*lab
	begun, now time.Time
	provider   source.Provider
	from       int64 // the source
	jobs       map[int64]store.Job
	pasts      map[int64]*sync.Past
	places     map[int64]int // of jobs
	starts     []time.Time   // of requests
	looks      map[int64][]tightLook
}

// tightLook is a poll: what it saw, and how many imports were known to run then.
type tightLook struct {
	at      time.Time
	runs    bool
	running int
}

func newTightDay(t *testing.T) *tightDay {
	t.Helper()
	d := &tightDay{
		lab: newLab(t), begun: time.Date(2024, 6, 7, 0, 0, 0, 0, time.UTC),
		jobs: map[int64]store.Job{}, pasts: map[int64]*sync.Past{}, places: map[int64]int{}, looks: map[int64][]tightLook{},
	}
	d.now = d.begun
	spec := d.sourceSpec("tight", "woosmap", d.WoosmapAt)
	spec.Schedule, spec.RateEvery, spec.RateBurst = "*/5 * * * *", tightEvery, 1
	declared := store.Declaration{Sources: []store.SourceSpec{spec}}
	for i := range tightJobs {
		job := d.datasetSpec("tight", fmt.Sprintf("job-%06d", i))
		job.FirstPollAt = d.begun
		declared.Jobs = append(declared.Jobs, job)
	}
	if _, err := d.store.Apply(t.Context(), store.Author{Actor: "tester", At: d.begun}, declared); err != nil {
		t.Fatal(err)
	}
	all, err := d.store.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, job := range all {
		d.jobs[job.ID], d.places[job.ID], d.from = job, i, job.From.ID
	}
	if d.provider, err = source.Lookup("woosmap"); err != nil {
		t.Fatal(err)
	}
	// One tracker runs all day.
	if err := d.store.Heartbeat(t.Context(), store.Replica{Owner: "lab", StartedAt: d.begun}, d.begun.Add(day)); err != nil {
		t.Fatal(err)
	}
	return d
}

// pass lets the day go on until a time: at each slot what is due is polled.
func (d *tightDay) pass(until time.Time) {
	d.t.Helper()
	for ; d.now.Before(until); d.now = d.now.Add(tightEvery) {
		claims, err := d.store.ClaimDue(d.t.Context(), store.DueParams{
			Owner: "lab", Now: d.now, Ahead: 750 * time.Millisecond, SourceIDs: []int64{d.from}, Mosts: []int64{128}, Most: 256,
		})
		if err != nil {
			d.t.Fatal(err)
		}
		var polls []store.Poll
		for _, claim := range claims {
			polls = append(polls, d.poll(claim))
		}
		if len(polls) == 0 {
			continue
		}
		results, err := d.store.Record(d.t.Context(), polls)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, result := range results {
			if result != (store.RecordResult{}) {
				d.t.Fatalf("at %s: %+v", d.now, result)
			}
		}
	}
}

// poll makes a claimed poll, and what it changes.
func (d *tightDay) poll(claim store.Claim) store.Poll {
	d.t.Helper()
	past := d.pasts[claim.JobID]
	if past == nil {
		past = sync.NewPast(d.jobs[claim.JobID], d.provider, claim, func(time.Time) string { return "" })
		d.pasts[claim.JobID] = past
	}
	past.Under(claim)
	body, key, err := d.provider.Redact([]byte(d.answer(claim.JobID, claim.StartAt)), redact.Secret{})
	if err != nil {
		d.t.Fatal(err)
	}
	poll := store.Poll{JobID: claim.JobID, PolledAt: claim.StartAt, HTTPStatus: 200, Latency: 200 * time.Millisecond}
	if claim.SnapshotNo > 0 && bytes.Equal(key[:], claim.Key) {
		err = past.Confirm(&poll)
	} else {
		err = past.Find(&poll, body, key)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	advance := past.Advance()
	poll.Advance = &advance
	d.starts = append(d.starts, claim.StartAt)
	d.looks[claim.JobID] = append(d.looks[claim.JobID], tightLook{at: claim.StartAt, runs: advance.State == history.StateRunning, running: d.running()})
	return poll
}

// running counts the imports that are known to run.
func (d *tightDay) running() int {
	n := 0
	for _, past := range d.pasts {
		if past.Cursor().State == history.StateRunning {
			n++
		}
	}
	return n
}

// answer is what the service says of a job's dataset at a time.
func (d *tightDay) answer(jobID int64, at time.Time) string {
	begins := d.begun.Add(tightQuiet + (day-tightQuiet)*time.Duration(d.places[jobID])/tightJobs)
	run, status := "r1", "success"
	switch {
	case at.Before(begins):
	case at.Before(begins.Add(tightRun)):
		run, status = "r2", "in_progress"
	default:
		run = "r2"
	}
	return fmt.Sprintf(`{"id":%q,"status":%q,"steps":[]}`, run, status)
}

// row is the source as the report has it.
func (d *tightDay) row() store.SourceRow {
	d.t.Helper()
	rows, err := d.store.SourceRows(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	for _, row := range rows {
		if row.Source == "tight" {
			return row
		}
	}
	d.t.Fatal("the source is gone")
	return store.SourceRow{}
}

// TestTightSourceOverADay: where far more is due than may be asked, the rate is kept
// and used up, imports that run come first, and nobody starves.
func TestTightSourceOverADay(t *testing.T) {
	t.Parallel()
	d := newTightDay(t)
	var logged bytes.Buffer
	d.syncer.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	look := sync.LookForTight(d.syncer)
	d.pass(d.begun.Add(tightQuiet))
	row := d.row()
	if every := row.AttainableEvery; !row.Tight() || every == nil || time.Duration(*every) != tightJobs*tightEvery || row.AttainableEveryRunning != nil {
		t.Errorf("while nothing runs each job can be had every %v, not %s: %+v", row.AttainableEvery, tightJobs*tightEvery, row)
	}
	for range 3 {
		if err := look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if text := logged.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "source=tight") || !strings.Contains(text, "each_other_every=1h23m20s") {
		t.Errorf("logged is\n%s", text)
	}
	d.pass(d.begun.Add(day))
	d.checkBudget()
	d.checkRunning()
	d.checkRest()
	d.Want("reasons of gaps", []string{fmt.Sprint("rate_budget ", tightJobs)}, `SELECT concat_ws(' ', reason, count(DISTINCT job)) FROM report.gaps WHERE gap_to IS NOT NULL GROUP BY reason`)
	d.Check()
}

// checkBudget: no two requests are closer than the rate allows, and no slot is left.
func (d *tightDay) checkBudget() {
	d.t.Helper()
	for i := 1; i < len(d.starts); i++ {
		if apart := d.starts[i].Sub(d.starts[i-1]); apart < tightEvery {
			d.t.Fatalf("requests at %s and %s", d.starts[i-1], d.starts[i])
		}
	}
	if slots := int(day / tightEvery); len(d.starts) != slots {
		d.t.Errorf("%d requests in %d slots", len(d.starts), slots)
	}
}

// checkRunning: three of four slots are shared by the imports that run.
func (d *tightDay) checkRunning() {
	d.t.Helper()
	pairs, most := 0, 0
	for id, looks := range d.looks {
		for i := 1; i < len(looks); i++ {
			was, is := looks[i-1], looks[i]
			if !was.runs {
				continue
			}
			pairs++
			running := max(was.running, is.running)
			most = max(most, running)
			// A turn of four slots may pass before the first, and others begin and end meanwhile.
			bound := max(10*time.Second, time.Duration(running+2)*tightEvery*4/3) + 4*tightEvery
			if apart := is.at.Sub(was.at); apart > bound {
				d.t.Fatalf("%s, with %d imports running, was polled at %s and %s, %s apart and not %s", d.jobs[id].Name, running, was.at, is.at, apart, bound)
			}
		}
	}
	if pairs < 500 || most < 3 {
		d.t.Errorf("%d polls of imports that run, at most %d at once: too few to tell anything", pairs, most)
	}
}

// checkRest: whoever waits has a slot after four times as long as the source takes to
// ask each job once, and before any import ran after once. The interval of the schedule
// comes on top: those that were polled within one are due in another order.
func (d *tightDay) checkRest() {
	d.t.Helper()
	for id, looks := range d.looks {
		last := tightLook{at: d.begun}
		for _, look := range append(looks, tightLook{at: d.now}) {
			bound := 4 * tightJobs * tightEvery
			if look.at.Before(d.begun.Add(tightQuiet)) {
				bound = tightJobs * tightEvery
			}
			bound += 5 * time.Minute
			if apart := look.at.Sub(last.at); apart > bound {
				d.t.Fatalf("%s was polled at %s and %s, %s apart and not %s", d.jobs[id].Name, last.at, look.at, apart, bound)
			}
			last = look
		}
	}
	if len(d.looks) != tightJobs {
		d.t.Errorf("%d of %d jobs were polled", len(d.looks), tightJobs)
	}
}
