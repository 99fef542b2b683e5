// Command web measures the web on the database that make seed has filled: how long pages
// take at the server, with a run of 20 steps and 5,000 log entries that it adds; how long
// programs wait for the API of a tracker that polls, and by how much they slow that; and
// what open streams take in memory. It prints each figure beside its bar, and fails where
// one is missed.
//
// What it registers is paused at the end, and the next make seed takes it away. All other
// sources are paused meanwhile.
//
//	go run ./bench/web -tracker bin/tracker
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"tracker/bench/program"
	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
)

// The bars.
const (
	overviewMost = 150 * time.Millisecond
	runMost      = 200 * time.Millisecond
	waitMost     = 50 * time.Millisecond // of 99 in 100 requests
	slowedMost   = 0.1                   // of all polls
	memoryMost   = 100 << 20             // of all streams
)

// request is what is measured.
type request struct {
	tracker string
	times   int
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
	flags.IntVar(&asked.times, "times", 20, "how often each page is measured, after once to warm up")
	flags.IntVar(&asked.rate, "rate", 200, "requests a second to the API")
	flags.DurationVar(&asked.lasting, "for", 30*time.Second, "how long they are sent, and polls are counted without them, before and after")
	flags.IntVar(&asked.polls, "polls", 1000, "polls a second beside them")
	flags.IntVar(&asked.streams, "streams", 1000, "open streams")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if asked.times < 1 || asked.rate < 1 || asked.polls < 1 || asked.lasting < time.Second {
		return errors.New("want -times, -rate and -polls of 1 or more, and -for of 1s or more")
	}
	return seeddb.With(ctx, getenv, nil, func(db seeddb.Database) error {
		s, err := store.Open(ctx, db.URL, store.Options{KeepJudged: true}) // as the daemon does
		if err != nil {
			return err
		}
		defer s.Close()
		var f figures
		if err := measurePages(ctx, s, asked.times, &f, stdout, stderr); err != nil {
			return err
		}
		if err := measureDaemon(ctx, s, db.URL, asked, &f, stdout, stderr); err != nil {
			return err
		}
		return f.print(stdout)
	})
}

// measureDaemon measures a tracker that polls and is asked, and then one that is at rest
// and has listeners.
func measureDaemon(ctx context.Context, s *store.Store, url string, asked request, f *figures, stdout, stderr io.Writer) (err error) {
	targets, err := targetsOf(ctx, s)
	if err != nil {
		return err
	}
	l, err := newLab(ctx, s, url, asked, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close(context.WithoutCancel(ctx))) }()
	if err := l.measureAPI(ctx, targets, asked, f, stdout); err != nil {
		return fmt.Errorf("measure the API: %w", err)
	}
	if err := l.measureStreams(ctx, asked.streams, f); err != nil {
		return fmt.Errorf("measure streams: %w", err)
	}
	return nil
}
