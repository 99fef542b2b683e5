package main

import (
	"errors"
	"flag"
	"fmt"
	"time"
)

// scale says how much history there is to be, and until when.
type scale struct {
	seed          uint64
	jobs          int
	runsPerJob    int
	entriesPerRun int
	pollsPerJob   int
	days          int
	end           time.Time
}

const (
	// requestShare is which part of the jobs are SafetyKit's, each with one run.
	requestShare = 10
	// requestPolls is how many polls such a job takes until it is finished.
	requestPolls = 25
	// runPolls is how many polls a run of Woosmap's takes beside those by schedule,
	// less those that are not made at jobs whose polling ends early.
	runPolls = 5.5
	// activeEvery is the cadence while a run is under way.
	activeEvery = time.Minute
)

func readScale(args []string, now time.Time) (scale, error) {
	var s scale
	flags := flag.NewFlagSet("seed", flag.ContinueOnError)
	flags.Uint64Var(&s.seed, "seed", 1, "number of the seed: the same number and end give the same rows")
	flags.IntVar(&s.jobs, "jobs", 10_000, "jobs, a tenth of them SafetyKit's, which have one run each")
	flags.IntVar(&s.runsPerJob, "runs-per-job", 100, "runs per job in the mean")
	flags.IntVar(&s.entriesPerRun, "entries-per-run", 10, "log entries per run in the mean")
	flags.IntVar(&s.pollsPerJob, "polls-per-job", 3000, "polls per job in the mean, roughly")
	flags.IntVar(&s.days, "days", 90, "days over which all of it is spread")
	end := flags.String("end", now.UTC().Truncate(time.Hour).Format(time.RFC3339), "when the history ends: RFC 3339")
	if err := flags.Parse(args); err != nil {
		return scale{}, err
	}
	var err error
	if s.end, err = time.Parse(time.RFC3339, *end); err != nil {
		return scale{}, fmt.Errorf("-end: %w", err)
	}
	s.end = s.end.UTC()
	return s, s.check(now)
}

func (s scale) check(now time.Time) error {
	switch {
	case s.end.After(now):
		return errors.New("-end is in the future: nothing can have been observed there")
	case s.jobs < requestShare || s.runsPerJob < 1 || s.entriesPerRun < 6 || s.days < 1:
		return fmt.Errorf("want -jobs of %d or more, -runs-per-job and -days of 1 or more, -entries-per-run of 6 or more", requestShare)
	case s.every() < 2*time.Minute:
		return errors.New("-polls-per-job is too many for -days: a job would be polled more often than every two minutes")
	case s.every() > s.span()/time.Duration(4*s.runsPerJob):
		return errors.New("-polls-per-job is too few for -runs-per-job: imports would pass unseen")
	}
	return nil
}

func (s scale) span() time.Duration { return time.Duration(s.days) * 24 * time.Hour }
func (s scale) start() time.Time    { return s.end.Add(-s.span()) }
func (s scale) requests() int       { return s.jobs / requestShare }
func (s scale) datasets() int       { return s.jobs - s.requests() }
func (s scale) runs() int           { return s.jobs * s.runsPerJob }

// every is how often a dataset is polled by schedule, so that all polls together are as many as asked for.
func (s scale) every() time.Duration {
	runs := float64(s.runs() - s.requests())
	scheduled := float64(s.jobs*s.pollsPerJob-s.requests()*requestPolls) - runPolls*runs
	if scheduled < 1 {
		return 0
	}
	return time.Duration(float64(s.span()) * float64(s.datasets()) / scheduled).Round(time.Second)
}
