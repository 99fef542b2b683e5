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

// Stage is the demo on one data directory: simulated services, and jobs that
// are polled at them.
type Stage struct {
	Dir        string  // where its notes and credentials are kept
	Speed      float64 // by which imports go faster
	SpeedGiven bool    // somebody asked for it: otherwise it stays as it was at the first start
	Store      *store.Store
	Actor      string // who registers the jobs
	Owner      string // the process that polls

	services *services
}

// Set starts the services, registers the jobs and, at the first start, makes up
// their past. Polled from then on, they have live imports.
func (d *Stage) Set(ctx context.Context) error {
	cast, err := d.findCast(ctx)
	if err != nil {
		return err
	}
	if d.services, err = startServices(ctx, d.Speed); err != nil {
		return err
	}
	if err := d.registerPast(ctx, cast); err != nil {
		return err
	}
	if err := d.seed(ctx, cast); err != nil {
		return fmt.Errorf("make up a past: %w", err)
	}
	if err := d.register(ctx, cast); err != nil {
		return err
	}
	for _, one := range cast {
		d.services.play(one.job, one.began)
	}
	return nil
}

// Close ends the services.
func (d *Stage) Close() {
	if d.services != nil {
		d.services.close()
	}
}
