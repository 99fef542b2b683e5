package cli

import (
	"context"
	"fmt"

	"tracker/internal/store"
)

// speedError means that a demo was to go on at another speed than it began with.
type speedError struct {
	dir   string
	speed float64 // that it began with
}

// Error implements error.
func (e *speedError) Error() string {
	return fmt.Sprintf("the demo on %s began with --speed %v, by which its services tell the times of its imports; "+
		"for another speed set TRACKER_DATA_DIR to another directory", e.dir, e.speed)
}

// stage is the demo on one data directory: simulated services, and jobs that
// are polled at them.
type stage struct {
	dir        string  // where its notes and credentials are kept
	speed      float64 // by which imports go faster
	speedGiven bool    // somebody asked for it: otherwise it stays as it was at the first start
	store      *store.Store
	actor      string // who registers the jobs
	owner      string // the process that polls

	services *demoServices
}

// set starts the services, registers the jobs and, at the first start, makes up
// their past. Polled from then on, they have live imports.
func (d *stage) set(ctx context.Context) error {
	cast, err := d.findCast(ctx)
	if err != nil {
		return err
	}
	if d.services, err = startDemoServices(ctx, d.speed); err != nil {
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
		d.services.play(one.demoJob, one.began)
	}
	return nil
}

// close ends the services.
func (d *stage) close() {
	if d.services != nil {
		d.services.close()
	}
}
