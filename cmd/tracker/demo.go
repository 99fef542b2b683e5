package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tracker/internal/config"
	"tracker/internal/embeddedpg"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

func (a *app) demoCommand() *cobra.Command {
	var lasting string
	var speed float64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show what it does: simulated services, a few jobs, the daemon",
		Long: `Runs simulated Woosmap and SafetyKit services on this machine, registers a few
jobs at them, polls these as  tracker serve  does and shows them as
 tracker watch  does, until Ctrl-C. Try the other commands meanwhile in a second
terminal.

It keeps to the Postgres that the tracker runs itself, under TRACKER_DATA_DIR,
and asks nobody outside this machine. All of its jobs have the label
simulated=true. The first start makes up three weeks of history. A later one
goes on: what was recorded is still there, and what went on meanwhile was not
seen.

In a pipe it prints a line for each change of a job's state.`,
		Example: "  tracker demo\n  tracker demo --for 60s\n  TRACKER_DATA_DIR=/tmp/fast tracker demo --speed 3",
		Args:    exactly(0, "no arguments"),
	}
	cmd.Flags().StringVar(&lasting, "for", "", "end after `DURATION`, such as 60s or 10m (default: never)")
	cmd.Flags().Float64Var(&speed, "speed", 1, "`FACTOR` by which imports go faster; stays as it was at the first start")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d := &demo{app: a, speed: speed, speedGiven: cmd.Flags().Changed("speed")}
		if err := d.check(lasting); err != nil {
			return usageError{err}
		}
		return d.run(cmd.Context())
	}
	return cmd
}

// demo is the tour: services, jobs, daemon and screen in one process.
type demo struct {
	*app
	dir        string        // the data directory
	lasting    time.Duration // zero: until told to end
	speed      float64
	speedGiven bool

	store    *store.Store
	services *demoServices
}

// check reads the flags and finds the data directory.
func (d *demo) check(lasting string) (err error) {
	if !d.environment.DatabaseURL.IsZero() {
		return errors.New("the demo keeps to a Postgres of its own: unset DATABASE_URL and DATABASE_URL_FILE for it")
	}
	if !(d.speed >= minDemoSpeed && d.speed <= maxDemoSpeed) { // NaN is neither
		return fmt.Errorf("--speed %v: want a number from %v to %v", d.speed, minDemoSpeed, maxDemoSpeed)
	}
	if lasting != "" {
		if d.lasting, err = config.ParseDuration(lasting); err != nil {
			return fmt.Errorf("--for: %w", err)
		}
	}
	if d.dir = d.environment.DataDir; d.dir == "" {
		if d.dir, err = embeddedpg.DefaultDataDir(); err != nil {
			return err
		}
	}
	d.dir, err = filepath.Abs(d.dir)
	return err
}

// The speeds at which the imports can still be followed.
const (
	minDemoSpeed = 0.1
	maxDemoSpeed = 10.0
)

// run sets the stage and shows it until ctx or the time ends.
func (d *demo) run(ctx context.Context) error {
	err := d.withDatabase(ctx, func(url string, options store.Options) error {
		if err := store.Migrate(ctx, url); err != nil {
			return err
		}
		s, err := store.Open(ctx, url, options)
		if err != nil {
			return err
		}
		defer s.Close()
		unlock, err := lockDemo(d.dir)
		if err != nil {
			return err
		}
		defer unlock()
		d.store = s
		return d.play(ctx)
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to end before it had begun
	}
	return err
}

// play runs services, daemon and screen. The screen ends first.
func (d *demo) play(ctx context.Context) error {
	cast, err := d.findCast(ctx)
	if err != nil {
		return err
	}
	if d.services, err = startDemoServices(ctx, d.speed); err != nil {
		return err
	}
	defer d.services.close()
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

	logger, closeLog, err := d.daemonLogger()
	if err != nil {
		return err
	}
	defer closeLog()
	client := source.NewClient(version)
	defer client.Close()
	syncer := &sync.Syncer{Store: d.store, Client: client, Getenv: d.getenv, Owner: owner(), Logger: logger}
	if err := d.beat(ctx); err != nil {
		return err
	}
	running, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running.Go(func() error {
		defer cancel()
		return syncer.Serve(ctx, func(sync.Event) {})
	})
	running.Go(func() error {
		defer cancel()
		return d.show(ctx)
	})
	return running.Wait()
}

// beat says that a tracker runs before the first screen would say that none does.
func (d *demo) beat(ctx context.Context) error {
	now, err := d.store.Now(ctx)
	if err != nil {
		return err
	}
	return d.store.Beat(ctx, store.Replica{Owner: owner(), StartedAt: now}, now)
}

// daemonLogger keeps the daemon's log off the screen: beside the data.
func (d *demo) daemonLogger() (*slog.Logger, func(), error) {
	if _, live := d.newCanvas(); !live {
		return d.logger, func() {}, nil
	}
	file, err := os.OpenFile(filepath.Join(d.dir, "demo.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the demo's log: %w", err)
	}
	return slog.New(slog.NewTextHandler(file, nil)), func() { _ = file.Close() }, nil
}
