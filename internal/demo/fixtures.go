package demo

import (
	"context"
	"fmt"

	"tracker/internal/store"
)

// SpeedError means that a demo was to go on at another speed than it began with.
type SpeedError struct {
	Dir   string
	Speed float64 // that it began with
}

// Error implements error.
func (e *SpeedError) Error() string {
	return fmt.Sprintf("the demo on %s began with --speed %v, by which its services tell the times of its imports; "+
		"for another speed set TRACKER_DATA_DIR to another directory", e.Dir, e.Speed)
}

// Fixtures are the demo on one data directory: simulated services, and jobs that
// are polled at them.
type Fixtures struct {
	Dir        string  // where its notes and credentials are kept
	Speed      float64 // by which imports go faster
	SpeedGiven bool    // the user gave it; else the speed of the first start is kept
	Store      *store.Store
	Actor      string // who registers the jobs
	Owner      string // the process that polls

	services *services
}

// SetUp starts the services, registers the jobs and, at the first start, makes up
// their past. From then on their live imports run.
func (d *Fixtures) SetUp(ctx context.Context) error {
	fixtures, err := d.findJobs(ctx)
	if err != nil {
		return err
	}
	before, err := d.addresses(ctx)
	if err != nil {
		return err
	}
	if d.services, err = startServices(ctx, d.Speed, before); err != nil {
		return err
	}
	if err := d.registerPast(ctx, fixtures); err != nil {
		return err
	}
	if err := d.makePasts(ctx, fixtures); err != nil {
		return fmt.Errorf("make up a past: %w", err)
	}
	if err := d.register(ctx, fixtures); err != nil {
		return err
	}
	for _, one := range fixtures {
		d.services.play(one.job, one.began)
	}
	return nil
}

// Close ends the services.
func (d *Fixtures) Close() {
	if d.services != nil {
		d.services.close()
	}
}
