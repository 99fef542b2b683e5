package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// print writes a line for each change, where there is no terminal to draw on.
func (w *watcher) print(ctx context.Context) error {
	p := &watchPrinter{watcher: w, page: terminal.NewPage(terminal.Screen{}), heads: map[int64]store.WatchHead{}}
	trouble := outage{stderr: w.app.stderr}
	for {
		err := p.look(ctx, !trouble.worked)
		if !trouble.survives(ctx, err) {
			return unlessEnded(ctx, err)
		}
		text := p.page.String()
		p.page = terminal.NewPage(terminal.Screen{})
		if _, err := fmt.Fprint(w.app.stdout, text); err != nil {
			return err
		}
		if !w.wait(ctx) {
			return nil
		}
	}
}

// watchPrinter tells what has changed since it looked last.
type watchPrinter struct {
	*watcher
	page     *terminal.Page
	heads    map[int64]store.WatchHead // of removed jobs, too: they may be revived
	lookedAt time.Time
}

// look writes what is new. It keeps in mind only what it has written.
func (p *watchPrinter) look(ctx context.Context, first bool) error {
	now, err := p.store.Now(ctx)
	if err != nil {
		return err
	}
	heads, err := p.store.WatchHeads(ctx, p.jobIDs)
	if err != nil {
		return err
	}
	if first {
		if err := p.begin(ctx); err != nil {
			return err
		}
		p.keep(heads, now)
		return nil
	}
	var changed []store.WatchHead
	var failing []int64
	unseen := map[string]bool{} // registered, or revived, since
	for _, head := range heads {
		was, seen := p.heads[head.JobID]
		unseen[head.Job] = !seen
		if head.SnapshotNo > was.SnapshotNo {
			changed = append(changed, store.WatchHead{JobID: head.JobID, SnapshotNo: was.SnapshotNo})
		}
		if head.Failures > 0 && was.Failures == 0 {
			failing = append(failing, head.JobID)
		}
	}
	changes, err := p.store.WatchChanges(ctx, changed)
	if err != nil {
		return err
	}
	errs, err := p.store.LastErrors(ctx, failing)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if !unseen[change.Job] || change.ObservedAt.After(p.lookedAt) {
			p.change(change)
		}
	}
	for i, head := range heads {
		if !unseen[head.Job] || head.PolledAt.After(p.lookedAt) {
			p.looking(head, p.heads[head.JobID], errs[head.JobID], now)
		} else {
			heads[i].Failures = 0 // nobody was told of them: the next one is news
		}
	}
	if p.beside != nil {
		p.beside(p.page)
	}
	p.keep(heads, now)
	return nil
}

func (p *watchPrinter) keep(heads []store.WatchHead, lookedAt time.Time) {
	p.lookedAt = lookedAt
	for _, head := range heads {
		p.heads[head.JobID] = head
	}
}

// begin tells how things stand before anything changes.
func (p *watchPrinter) begin(ctx context.Context) error {
	view, err := p.watcher.look(ctx, p.jobIDs)
	if err != nil {
		return err
	}
	p.line(view.Now, "", terminal.Plain("watching "), terminal.Plain(english.Plural(view.Total(), "job", "")), terminal.Plain(": "), terminal.Plain(terminal.Join(view.Summary())))
	if text := view.Unserved(); text != "" {
		fmt.Fprintln(p.app.stderr, text+"; start one:  tracker serve")
	}
	if len(p.jobIDs) == 0 {
		return nil
	}
	runs, err := p.store.LatestRuns(ctx, p.jobIDs)
	if err != nil {
		return err
	}
	slices.Reverse(runs) // the longest unchanged first
	for _, run := range runs {
		since := run.StartedAt
		if run.EndedAt != nil {
			since = *run.EndedAt
		}
		if !run.Reported {
			since = words.CeilSecond(since)
		}
		p.line(since, run.Job, append([]terminal.Span{words.Marked(run.State, run.State), terminal.Plain("  ")}, words.RunSentence(run)...)...)
	}
	return nil
}

// change tells of a transition.
func (p *watchPrinter) change(c store.WatchChange) {
	spans := []terminal.Span{words.Marked(c.ToState, c.ToState), terminal.Plain("  ")}
	switch {
	case c.Superseded():
		spans = append(spans, terminal.Plain(fmt.Sprintf("run %d superseded, its end was not seen", c.RunNo)))
	case c.Run != nil && c.Run.State == c.ToState:
		spans = append(spans, words.RunSentence(*c.Run)...)
	default:
		spans = append(spans, terminal.Plain(fmt.Sprintf("run %d", c.RunNo)))
	}
	at := c.Effective()
	if at.Equal(c.ObservedAt) {
		at = words.CeilSecond(at)
	}
	p.line(at, c.Job, spans...)
}

// looking tells that nobody can look at a job, or somebody can again.
func (p *watchPrinter) looking(head, was store.WatchHead, message string, now time.Time) {
	switch {
	case head.Failures > 0 && was.Failures == 0:
		p.line(now, head.Job, terminal.Plain("cannot look  "), terminal.Plain(words.Failure(string(head.Outcome), message)))
	case head.Failures == 0 && was.Failures > 0:
		p.line(now, head.Job, terminal.Plain("answers again"))
	}
}

// line writes one line, which begins with a time.
func (p *watchPrinter) line(at time.Time, job string, spans ...terminal.Span) {
	timedLine(p.page, at, job, spans...)
}

// timedLine writes one line, which begins with a time.
func timedLine(p *terminal.Page, at time.Time, job string, spans ...terminal.Span) {
	lead := []terminal.Span{terminal.Plain(at.UTC().Format(time.RFC3339)), terminal.Plain("  ")}
	if job != "" {
		lead = append(lead, terminal.Plain(job), terminal.Plain("  "))
	}
	p.Line(append(lead, spans...)...)
}
