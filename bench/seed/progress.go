package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
	"golang.org/x/term"

	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
)

// linesMost is how many lines tell of the progress where there is no terminal.
const linesMost = 10

// progressBar shows how far the seed has come: a bar on a terminal, else lines.
type progressBar struct {
	stderr  io.Writer
	bar     progress.Writer
	tracker *progress.Tracker
	began   time.Time
	span    time.Duration
	done    time.Duration
	lines   int
}

func newProgress(stderr io.Writer, s scale) *progressBar {
	p := &progressBar{stderr: stderr, began: time.Now(), span: s.span()}
	file, ok := stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return p
	}
	p.bar = progress.NewWriter()
	p.bar.SetOutputWriter(file)
	p.bar.SetTrackerLength(30)
	p.bar.Style().Visibility.Speed = false
	p.tracker = &progress.Tracker{Message: "seed", Total: int64(s.span() / time.Hour)}
	p.bar.AppendTracker(p.tracker)
	go p.bar.Render()
	return p
}

// tell says what comes next.
func (p *progressBar) tell(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if p.tracker != nil {
		p.tracker.UpdateMessage(text)
		return
	}
	fmt.Fprintf(p.stderr, "%7s  %s\n", p.elapsed(), text)
}

func (p *progressBar) advance(by time.Duration, f *filled) {
	p.done += by
	if p.tracker != nil {
		p.tracker.Increment(int64(by / time.Hour))
		return
	}
	if line := int(p.done * linesMost / p.span); line > p.lines {
		p.lines = line
		fmt.Fprintf(p.stderr, "%7s  %3d %%  %d polls, %d runs, %d log entries\n", p.elapsed(), min(100, p.done/(p.span/100)), f.polls, f.runs, f.entries)
	}
}

func (p *progressBar) elapsed() time.Duration { return time.Since(p.began).Round(time.Second) }

func (p *progressBar) end() {
	if p.bar != nil {
		p.tracker.MarkAsDone()
		p.bar.Stop()
	}
}

// filledPart counts what was recorded.
type filledPart struct{ polls, snapshots, runs, entries, transitions, anomalies int }

// filled is what a seed holds.
type filled struct{ filledPart }

func (f *filled) add(part filledPart) {
	f.polls += part.polls
	f.snapshots += part.snapshots
	f.runs += part.runs
	f.entries += part.entries
	f.transitions += part.transitions
	f.anomalies += part.anomalies
}

func (f *filledPart) count(polls []store.Poll) {
	f.polls += len(polls)
	for _, poll := range polls {
		if poll.Finding == nil {
			continue
		}
		change := poll.Finding.Change
		f.snapshots++
		f.transitions += len(change.Transitions)
		f.anomalies += len(change.Anomalies)
		for _, t := range change.Transitions {
			if t.StepNo == 0 && t.FromState == "" {
				f.runs++
			}
		}
		for _, e := range change.Entries {
			if e.New {
				f.entries++
			}
		}
	}
}

// print sums up.
func (f *filled) print(out io.Writer, s scale, db seeddb.Database, took time.Duration) {
	fmt.Fprintf(out, "seed %d: %d jobs, %d runs, %d log entries, %d polls, %d snapshots, %d transitions, %d anomalies\n",
		s.seed, s.jobs, f.runs, f.entries, f.polls, f.snapshots, f.transitions, f.anomalies)
	fmt.Fprintf(out, "from %s to %s, in %s\n", s.start().Format(time.RFC3339), s.end.Format(time.RFC3339), took.Round(time.Second))
	if db.Dir != "" {
		fmt.Fprintf(out, "kept in %s; read it with  TRACKER_DATA_DIR=%s bin/tracker history JOB\n", db.Dir, db.Dir)
	}
}
