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

// castJob is a job of the demo as it is, or is to be, registered.
type castJob struct {
	job
	began time.Time
	known bool // registered already
}

// seeded reports whether the job is new and gets a past.
func (j castJob) seeded() bool { return j.past.every > 0 && !j.known }

// findCast finds out when each job's live scenario began, and how fast it
// goes: what a service has once said must still be so in a later demo.
func (d *Stage) findCast(ctx context.Context) ([]castJob, error) {
	now, err := d.now(ctx)
	if err != nil {
		return nil, err
	}
	notes, err := readNotes(d.Dir)
	if err != nil {
		return nil, err
	}
	var cast []castJob
	for _, job := range jobs() {
		one := castJob{job: job, began: now}
		_, err := d.Store.Job(ctx, job.name)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			one.known = true
			if err := d.goOn(&one, notes); err != nil {
				return nil, fmt.Errorf("job %s: %w", job.name, err)
			}
		}
		cast = append(cast, one)
	}
	return cast, nil
}

// now is the time to the second.
func (d *Stage) now(ctx context.Context) (time.Time, error) {
	now, err := d.Store.Now(ctx)
	return now.Truncate(time.Second), err
}

// goOn takes from the notes of an earlier demo how it has begun.
func (d *Stage) goOn(job *castJob, notes noted) error {
	began, found := notes.Began[job.name]
	if !found {
		return fmt.Errorf("no demo has registered it: %s has no note of it; set TRACKER_DATA_DIR to another directory", filepath.Join(d.Dir, notesName))
	}
	if d.SpeedGiven && notes.Speed != d.Speed {
		return &SpeedError{d.Dir, notes.Speed}
	}
	d.Speed, job.began = notes.Speed, began
	return nil
}

// note keeps when the live scenarios of the cast began, for later demos.
func (d *Stage) note(cast []castJob) error {
	notes := noted{Speed: d.Speed, Began: map[string]time.Time{}}
	for _, one := range cast {
		notes.Began[one.name] = one.began
	}
	return notes.write(d.Dir)
}

// sources gives the sources at the addresses of this start.
func (d *Stage) sources() ([]store.SourceSpec, error) {
	key, old, err := writeKeys(d.Dir)
	if err != nil {
		return nil, err
	}
	return []store.SourceSpec{
		d.sourceSpec(sourceWoosmap, "woosmap", d.services.woosmapAt, key),
		d.sourceSpec(sourceWoosmapOld, "woosmap", d.services.woosmapAt, old),
		d.sourceSpec(sourceSafetyKit, "safetykit", d.services.safetykitAt, key),
	}, nil
}

// registerPast declares new jobs that get a past, at its beginning.
func (d *Stage) registerPast(ctx context.Context, cast []castJob) error {
	sources, err := d.sources()
	if err != nil {
		return err
	}
	by := store.Author{Actor: d.Actor}
	early := store.Declaration{Sources: sources[:1]}
	for _, one := range cast {
		if one.seeded() {
			early.Jobs, by.At = append(early.Jobs, d.jobSpec(one)), pastOf(one.began)
		}
	}
	if len(early.Jobs) == 0 {
		return nil
	}
	if err := d.note(cast); err != nil {
		return err
	}
	_, err = d.Store.Apply(ctx, by, early)
	return err
}

// register declares all sources and jobs. What is new begins now: to make up a
// past took a while, in which nobody could look.
func (d *Stage) register(ctx context.Context, cast []castJob) error {
	now, err := d.Store.Now(ctx)
	if err != nil {
		return err
	}
	by := store.Author{Actor: d.Actor, At: now}
	var all store.Declaration
	if all.Sources, err = d.sources(); err != nil {
		return err
	}
	for i := range cast {
		if !cast[i].known {
			cast[i].began = by.At.Truncate(time.Second)
		}
		all.Jobs = append(all.Jobs, d.jobSpec(cast[i]))
	}
	if err := d.note(cast); err != nil {
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
		if _, err := d.Store.ResumeSource(ctx, by, name); err != nil { // our own services listen elsewhere than last time
			return err
		}
	}
	return nil
}

func (d *Stage) jobSpec(one castJob) store.JobSpec {
	return store.JobSpec{
		Name: one.name, Source: one.source, Target: one.target(), StallAfter: one.stallAfter, FirstPollAt: one.began,
		Labels: map[string]string{labelSimulated: "true"},
	}
}

func (d *Stage) sourceSpec(name, provider, at, credential string) store.SourceSpec {
	return store.SourceSpec{
		Name: name, Provider: provider, BaseURL: at, Credential: credential, Schedule: "@every 5s",
		ActiveEvery: time.Second, RateEvery: 100 * time.Millisecond, RateBurst: 5,
	}
}

// pastOf is when the past of a job began whose live scenario began then.
func pastOf(began time.Time) time.Time { return began.Add(-pastSpan).Truncate(pastEvery) }
