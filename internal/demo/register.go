package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tracker/internal/store"
)

// labelSimulated marks the demo's jobs.
const labelSimulated = "simulated"

// pastSpan is how long the past is that is made up.
const pastSpan = 21 * 24 * time.Hour

// fixture is a job of the demo as it is, or is to be, registered.
type fixture struct {
	job
	began time.Time
	known bool // registered already
}

// needsPast reports whether the job is new and has a past.
func (j fixture) needsPast() bool { return j.past.every > 0 && !j.known }

// findJobs finds out when each job's live scenario began, and its speed: a later
// demo's services must tell the same of imports that an earlier one has told of.
func (d *Fixtures) findJobs(ctx context.Context) ([]fixture, error) {
	now, err := d.now(ctx)
	if err != nil {
		return nil, err
	}
	earlier, err := readNotes(d.Dir)
	if err != nil {
		return nil, err
	}
	var fixtures []fixture
	for _, job := range jobs() {
		one := fixture{job: job, began: now}
		_, err := d.Store.Job(ctx, job.name)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			one.known = true
			if err := d.readNote(&one, earlier); err != nil {
				return nil, fmt.Errorf("job %s: %w", job.name, err)
			}
		}
		fixtures = append(fixtures, one)
	}
	return fixtures, nil
}

// now is the time to the second.
func (d *Fixtures) now(ctx context.Context) (time.Time, error) {
	now, err := d.Store.Now(ctx)
	return now.Truncate(time.Second), err
}

// readNote takes the job's begin and the speed from the notes of an earlier demo.
func (d *Fixtures) readNote(job *fixture, earlier notes) error {
	began, found := earlier.Began[job.name]
	if !found {
		return fmt.Errorf("no demo has registered it: %s has no note of it; set TRACKER_DATA_DIR to another directory", filepath.Join(d.Dir, notesName))
	}
	if d.SpeedGiven && earlier.Speed != d.Speed {
		return &SpeedError{d.Dir, earlier.Speed}
	}
	d.Speed, job.began = earlier.Speed, began
	return nil
}

// writeNotes keeps for later demos when the live scenarios began.
func (d *Fixtures) writeNotes(fixtures []fixture) error {
	began := notes{Speed: d.Speed, Began: map[string]time.Time{}}
	for _, one := range fixtures {
		began.Began[one.name] = one.began
	}
	return began.write(d.Dir)
}

// sources gives the sources at the addresses of this start.
func (d *Fixtures) sources() ([]store.SourceSpec, error) {
	key, err := writeKey(d.Dir, "demo-key", goodKey)
	if err != nil {
		return nil, err
	}
	old, err := writeKey(d.Dir, "demo-key-old", replacedKey)
	if err != nil {
		return nil, err
	}
	return []store.SourceSpec{
		d.sourceSpec(sourceWoosmap, "woosmap", d.services.woosmapAt, key),
		d.sourceSpec(sourceWoosmapOld, "woosmap", d.services.woosmapAt, old),
		d.sourceSpec(sourceSafetyKit, "safetykit", d.services.safetykitAt, key),
	}, nil
}

// addresses gives the base URLs of sources that an earlier start has registered.
func (d *Fixtures) addresses(ctx context.Context) (map[string]string, error) {
	at := map[string]string{}
	for _, name := range []string{sourceWoosmap, sourceSafetyKit} {
		from, err := d.Store.Source(ctx, name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		at[name] = from.BaseURL
	}
	return at, nil
}

// registerPast declares new jobs that get a past, at its beginning.
func (d *Fixtures) registerPast(ctx context.Context, fixtures []fixture) error {
	sources, err := d.sources()
	if err != nil {
		return err
	}
	by := store.Author{Actor: d.Actor}
	early := store.Declaration{Sources: sources[:1]}
	for _, one := range fixtures {
		if one.needsPast() {
			early.Jobs, by.At = append(early.Jobs, d.jobSpec(one)), pastOf(one.began)
		}
	}
	if len(early.Jobs) == 0 {
		return nil
	}
	if err := d.writeNotes(fixtures); err != nil {
		return err
	}
	_, err = d.Store.Apply(ctx, by, early)
	return err
}

// register declares all sources, jobs and the rule. New jobs begin now, not when their past
// was begun: to make that up took a while, in which nobody polled.
func (d *Fixtures) register(ctx context.Context, fixtures []fixture) error {
	now, err := d.Store.Now(ctx)
	if err != nil {
		return err
	}
	by := store.Author{Actor: d.Actor, At: now}
	if err := d.Store.CompleteJournal(ctx); err != nil { // a new rule tells of what comes after its end: not of the past
		return err
	}
	current, err := d.Store.Rules(ctx)
	if err != nil {
		return err
	}
	all := store.Declaration{Notifies: true}
	if all.Rules, err = d.rules(current); err != nil {
		return err
	}
	if all.Sources, err = d.sources(); err != nil {
		return err
	}
	for i := range fixtures {
		if !fixtures[i].known {
			fixtures[i].began = by.At.Truncate(time.Second)
		}
		all.Jobs = append(all.Jobs, d.jobSpec(fixtures[i]))
	}
	if err := d.writeNotes(fixtures); err != nil {
		return err
	}
	changes, err := d.Store.Apply(ctx, by, all)
	if err != nil {
		return err
	}
	for _, change := range changes {
		name, isSource := strings.CutPrefix(change.Subject, "source ")
		if change.Action != "pause" || !isSource {
			continue
		}
		if _, err := d.Store.ResumeSource(ctx, by, name); err != nil { // our own services listen elsewhere: their port was taken
			return err
		}
	}
	return nil
}

func (d *Fixtures) jobSpec(one fixture) store.JobSpec {
	return store.JobSpec{
		Name: one.name, Source: one.source, Target: one.target(), StallAfter: one.stallAfter, FirstPollAt: one.began,
		Labels: map[string]string{labelSimulated: "true"},
	}
}

func (d *Fixtures) sourceSpec(name, provider, at, credential string) store.SourceSpec {
	return store.SourceSpec{
		Name: name, Provider: provider, BaseURL: at, Credential: credential, Schedule: "@every 5s",
		ActiveEvery: time.Second, RateEvery: 100 * time.Millisecond, RateBurst: 5,
	}
}

// pastOf is when the past of a job began whose live scenario began then.
func pastOf(began time.Time) time.Time { return began.Add(-pastSpan).Truncate(pastEvery) }
