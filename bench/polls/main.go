// Command polls measures how many polls the tracker stores per second, and per
// second of CPU that it and its Postgres spend, beside a naive baseline that
// stores every answer as jsonb (bench/naive), on the same upstream
// (bench/upstream): once with a quarter of all answers new, once with
// practically none; of the first also how many bytes on disk a poll of a window
// takes, by table and index. (What the first answers of all jobs take, which bring
// a whole run each, counts as little as the CPU that they cost.) Each has a Postgres
// server of its own, which it talks to over TCP. The baseline runs as fast as it can,
// the tracker by its schedule: 10,000 jobs each second. They take turns; medians and
// ratios are printed.
//
// With -crowd it measures instead how one tracker keeps up with many jobs that are
// polled rarely: how long their registration takes, how late polls are, how much memory
// the tracker takes, how long a claim. With -heavy it measures what one job can cost.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan says what is measured.
type plan struct {
	jobs   int
	turns  int
	warmUp time.Duration // let pass before a window
	window time.Duration
	bar    float64 // least ratio of polls per CPU second where a quarter of the answers is new

	crowd string // schedule of -jobs jobs that one tracker is to keep up with, instead of a comparison; empty: none

	heavy bool // measure what heavy jobs cost, instead of a comparison

	// Of the tracker alone, instead of a comparison:
	profile    string // file that takes its CPU profile; empty: none
	statements bool   // tell what its statements cost Postgres
	unchanged  bool   // practically no answer is new
	kept       int    // polls of the past that are stored before
	journal    bool   // tell how soon what is new stands in the journal
}

// alone reports whether the tracker alone is measured.
func (p plan) alone() bool { return p.profile != "" || p.statements || p.journal }

// mixes are the kinds of load: how many equal answers lie between two runs of
// twenty that differ.
var mixes = []struct {
	name string
	idle int
}{{"25 % changed", 60}, {"unchanged", 100_000}}

func run(ctx context.Context, args []string, out io.Writer) error {
	var p plan
	flags := flag.NewFlagSet("polls", flag.ContinueOnError)
	flags.IntVar(&p.jobs, "jobs", 10_000, "datasets that are polled")
	flags.IntVar(&p.turns, "turns", 3, "windows of each program and mix")
	flags.DurationVar(&p.warmUp, "warm-up", 30*time.Second, "let pass before each window")
	flags.DurationVar(&p.window, "window", 30*time.Second, "length of a window")
	flags.Float64Var(&p.bar, "bar", 2.5, "fail where the tracker's polls per CPU second at 25 % change are less than so many times the baseline's")
	flags.StringVar(&p.profile, "profile", "", "compare nothing: write a CPU profile of the tracker at 25 % change to this file")
	flags.StringVar(&p.crowd, "crowd", "", "compare nothing: measure how one tracker keeps up with -jobs jobs, each polled by this `schedule`")
	flags.BoolVar(&p.heavy, "heavy", false, "compare nothing: measure what a long log costs, and 32 answers of 16 MiB that change with each poll")
	flags.BoolVar(&p.statements, "statements", false, "compare nothing: tell what the tracker's statements cost Postgres at 25 % change (needs pg_stat_statements)")
	flags.BoolVar(&p.journal, "journal", false, "compare nothing: tell how soon what is new stands in the tracker's journal, at 25 % change")
	flags.BoolVar(&p.unchanged, "unchanged", false, "with -profile or -statements: practically no answer is new")
	flags.IntVar(&p.kept, "kept", 0, "with -profile or -statements: store so many polls of the past before")
	if err := flags.Parse(args); err != nil {
		return err
	}
	lab, err := newLab(ctx, p)
	if err != nil {
		return err
	}
	defer lab.close(ctx)
	if p.crowd != "" {
		return lab.measureCrowd(ctx, p, out)
	}
	if p.heavy {
		return lab.measureHeavy(ctx, p, out)
	}
	if p.alone() {
		return lab.dissect(ctx, p, out)
	}
	var report report
	for _, mix := range mixes {
		for turn := range p.turns {
			for _, program := range []string{naive, tracker} {
				w, err := lab.measure(ctx, p, program, mix.idle)
				if err != nil {
					return fmt.Errorf("measure %s, %s: %w", program, mix.name, err)
				}
				report.add(mix.name, program, w)
				fmt.Fprintf(out, "%-12s  turn %d  %-8s %s\n", mix.name, turn+1, program, w)
			}
		}
	}
	for _, program := range []string{naive, tracker} {
		grown, polls := report.grown(mixes[0].name, program)
		grown.print(out, program, polls)
	}
	report.print(out)
	if ratio := report.ratio(mixes[0].name); ratio < p.bar {
		return fmt.Errorf("%.2f times the baseline per CPU second at %s, the bar is %.2f", ratio, mixes[0].name, p.bar)
	}
	return nil
}
