// Command web measures how long programs wait for the API of a tracker that polls, on
// the database that make seed has filled, and what open streams take in memory. It prints
// a table and fails where a bar is missed.
//
// It registers a source seed-web of its own with jobs that are polled each second, and
// pauses it at the end. The next make seed takes it away.
//
//	go run ./bench/web -tracker bin/tracker -polls 1000
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"tracker/bench/program"
	"tracker/bench/seed/seeddb"
)

// The bars.
const (
	waitMost   = 50 * time.Millisecond // of 99 in 100 requests
	memoryMost = 100 << 20             // of all streams
)

// request is what is measured.
type request struct {
	tracker string
	rate    int
	lasting time.Duration
	polls   int
	streams int
}

func main() { program.Run("web", run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	var asked request
	flags := flag.NewFlagSet("web", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&asked.tracker, "tracker", "bin/tracker", "the built program")
	flags.IntVar(&asked.rate, "rate", 200, "requests a second")
	flags.DurationVar(&asked.lasting, "for", 20*time.Second, "how long they are sent")
	flags.IntVar(&asked.polls, "polls", 1000, "polls a second beside them")
	flags.IntVar(&asked.streams, "streams", 1000, "open streams")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return seeddb.With(ctx, getenv, nil, func(db seeddb.Database) error {
		d, err := startDaemon(ctx, asked, db.URL, stderr)
		if err != nil {
			return err
		}
		defer d.stop(context.WithoutCancel(ctx))
		return measure(ctx, d, asked, stdout)
	})
}

// measure sends requests to a daemon, then opens streams, and tells what came of it.
func measure(ctx context.Context, d *daemon, asked request, stdout io.Writer) error {
	targets, err := d.targets(ctx)
	if err != nil {
		return err
	}
	before, err := d.counted(ctx)
	if err != nil {
		return err
	}
	waits := load(ctx, d, targets, asked)
	after, err := d.counted(ctx)
	if err != nil {
		return err
	}
	missed := printWaits(stdout, waits)
	polls := after["tracker_polls_total"] - before["tracker_polls_total"]
	fmt.Fprintf(stdout, "%d requests a second, beside %.0f polls a second\n", asked.rate, polls/asked.lasting.Seconds())
	took, err := d.openStreams(ctx, asked.streams)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d open streams take %.0f MB\n", asked.streams, took/(1<<20))
	if missed || took > memoryMost {
		return program.ErrMissed
	}
	return ctx.Err()
}
