package cli

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// followLog shows a log and goes on with what comes, until ctx ends.
func (a *app) followLog(ctx context.Context, s *store.Store, request logRequest) error {
	job, err := tracking.FindJob(ctx, s, request.job)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	f := &follower{app: a, store: s, request: request, jobID: job.ID, ticks: ticker.C, withdrawn: map[entryKey]bool{}, hints: hints{out: a.stderr}}
	return f.run(ctx)
}

// follower tells of a job's log what it has not told yet.
type follower struct {
	app     *app
	store   *store.Store
	request logRequest
	jobID   int64
	ticks   <-chan time.Time // when to read again

	snapshotNo int               // that the job was at when we read last
	current    store.RunRow      // the run that is followed; RunNo 0: none yet
	withdrawn  map[entryKey]bool // of each entry that is known, whether it was
	columns    logColumns
	hints      hints
}

// entryKey names an entry among those of its job.
type entryKey struct{ runNo, stepNo, entryNo int32 }

// run reads until ctx ends, which is what ends it well, or until nobody will
// poll, so that nothing can come any more.
func (f *follower) run(ctx context.Context) error {
	trouble := outage{stderr: f.app.stderr}
	for {
		polling, err := f.polling(ctx) // first: what was seen before polling stopped is told
		if err == nil {
			err = f.read(ctx, !trouble.worked)
		}
		if !trouble.survives(ctx, err) {
			return unlessEnded(ctx, err)
		}
		if err == nil {
			f.hints.tell(words.NotPolled(polling))
		}
		if err == nil && polling.Stopped() {
			return exitError{exitUnseen}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-f.ticks:
		}
	}
}

// polling finds out whether there will be more to see.
func (f *follower) polling(ctx context.Context) (tracking.Polling, error) {
	job, err := tracking.FindJob(ctx, f.store, f.request.job)
	if err != nil {
		return tracking.Polling{}, err
	}
	return tracking.ReadPolling(ctx, f.store, job)
}

// read tells what is new. It reads the log only where a new answer has come.
func (f *follower) read(ctx context.Context, first bool) error {
	heads, err := f.store.WatchHeads(ctx, []int64{f.jobID})
	if err != nil {
		return err
	}
	snapshotNo := 0 // of a removed job, too: its log is read once more
	for _, head := range heads {
		snapshotNo = head.SnapshotNo
	}
	if !first && snapshotNo == f.snapshotNo {
		return nil
	}
	latest, err := tracking.ReadRun(ctx, f.store, f.request.job, f.request.runNo)
	if err != nil {
		return err
	}
	now, err := f.store.Now(ctx)
	if err != nil {
		return err
	}
	f.columns.Clock = words.Clock{ReadAt: now}
	if first {
		err = f.begin(latest)
	} else {
		err = f.goOn(ctx, latest)
	}
	if err == nil {
		f.snapshotNo = snapshotNo
	}
	return err
}

// begin shows the log up to now.
func (f *follower) begin(latest store.History) error {
	f.columns.today = f.columns.ReadAt
	f.columns.widen(latest.LogEntries)
	if len(latest.Runs) > 0 {
		f.current = latest.Runs[0]
	}
	if f.request.format == formatJSON {
		return f.tell(latest)
	}
	entries := words.LogAt(f.request.level, latest.LogEntries)
	for _, e := range latest.LogEntries {
		f.withdrawn[keyOfEntry(e)] = e.WithdrawnAt != nil
	}
	if n := len(entries); n > 0 {
		f.columns.today = words.LoggedAt(entries[n-1])
	}
	_, err := fmt.Fprint(f.app.stdout, logText(latest, entries, f.request.level, f.columns.Clock, f.app.screen()))
	return err
}

// goOn tells what has come since. Where another run has begun, the one before
// is read to its end first.
func (f *follower) goOn(ctx context.Context, latest store.History) error {
	if len(latest.Runs) == 0 {
		return nil
	}
	run := latest.Runs[0]
	if f.current.RunNo > 0 && f.current.RunNo != run.RunNo {
		before, err := tracking.ReadRun(ctx, f.store, f.request.job, int(f.current.RunNo))
		if err != nil {
			return err
		}
		if err := f.tell(before); err != nil {
			return err
		}
	}
	if err := f.tell(latest); err != nil {
		return err
	}
	f.current = run
	return nil
}

// tell writes the entries of a run that are new, were withdrawn or have come
// back, and, for people, what became of the run.
func (f *follower) tell(h store.History) error {
	p := terminal.NewPage(f.app.screen())
	if run := h.Runs; len(run) > 0 && run[0].RunNo != f.current.RunNo {
		f.heading(p, run[0])
	}
	for _, e := range words.LogAt(f.request.level, h.LogEntries) {
		was, known := f.withdrawn[keyOfEntry(e)]
		is := e.WithdrawnAt != nil
		if known && was == is {
			continue
		}
		if err := f.entry(p, e, known); err != nil {
			return err
		}
	}
	for _, e := range h.LogEntries {
		f.withdrawn[keyOfEntry(e)] = e.WithdrawnAt != nil
	}
	if run := h.Runs; len(run) > 0 && run[0].RunNo == f.current.RunNo && run[0].State != f.current.State {
		f.heading(p, run[0])
		f.current.State = run[0].State
	}
	_, err := fmt.Fprint(f.app.stdout, p.String())
	return err
}

// entry writes an entry; known: again, since it was withdrawn or has come back.
func (f *follower) entry(p *terminal.Page, e store.LogEntryRow, known bool) error {
	if f.request.format == formatJSON {
		return terminal.NewJSON(p).Encode(e)
	}
	f.columns.widen([]store.LogEntryRow{e})
	if known && e.WithdrawnAt == nil {
		e.Detail = "(listed again) " + e.Detail
	}
	f.columns.entry(p, e)
	return nil
}

// heading tells that a run has begun or ended.
func (f *follower) heading(p *terminal.Page, run store.RunRow) {
	if f.request.format == formatJSON {
		return
	}
	line := []terminal.Span{terminal.Plain(fmt.Sprintf("run %d", run.RunNo)), terminal.Plain("  "), words.Marked(run.State, run.State)}
	if took := words.Bounds(run.Duration, run.DurationMax); took != "" && history.State(run.State).Terminal() {
		line = append(line, terminal.Plain(" after "+took))
	}
	p.Line(line...)
}

func keyOfEntry(e store.LogEntryRow) entryKey { return entryKey{e.RunNo, e.StepNo, e.EntryNo} }
