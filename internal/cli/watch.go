package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

const (
	// watchEvery is how often watch, wait and log --follow look at the database.
	watchEvery = time.Second
	// watchRows is how many runs of a kind are read: more than a screen shows.
	watchRows = 100
	// leastJobs is how many lines the jobs must have for something else to stand below.
	leastJobs = 10
	// justEnded is how long the end of a run is news.
	justEnded = 5 * time.Minute
)

func (a *app) watchCommand() *cobra.Command {
	var lasting string
	var sel tracking.Selection
	cmd := &cobra.Command{
		Use:   "watch [JOB...]",
		Short: "Watch imports as they go on",
		Long: `Shows how the named jobs, or all that are selected, stand right now, and goes
on doing so until q or Ctrl-C: what runs and how long that usually takes, what
has failed, where nobody can look. It reads what trackers have recorded and
polls nothing itself.

A run is stalled when it goes on for longer than its job's stall_after, or,
where none is declared, three times as long as 95 % of the job's newest hundred
runs took (of a hundred runs of its source where fewer than five of the job's
have ended).

Which jobs are selected is settled when it begins: one that was failed then is
still watched when it has succeeded.

On a terminal, ↑ ↓ PgUp PgDn scroll where there are more rows than fit, / shows
the jobs whose names have a text in them, and ? tells all keys. In a pipe it
prints a line for each change of a job's state.`,
		Example: `  tracker watch
  tracker watch stores-eu products-7
  tracker watch --source woosmap-prod --state failed
  tracker watch --label team=geo --for 1h > changes.log`,
	}
	selectionFlags(cmd, &sel)
	stateFlag(cmd, &sel)
	cmd.Flags().StringVar(&lasting, "for", "", "end after `DURATION`, such as 10m or 2h (default: never)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := sel.Read(args); err != nil {
			return err
		}
		end, stop, err := timer("--for", lasting)
		if err != nil {
			return err
		}
		defer stop()
		err = a.withStore(cmd.Context(), func(s *store.Store) error {
			ids, err := watchedJobs(cmd.Context(), s, args, sel)
			if err != nil {
				return err
			}
			return a.watch(cmd.Context(), s, ids, end)
		})
		return unlessEnded(cmd.Context(), err) // as it may be before it has begun
	}
	return cmd
}

// timer reads a duration flag; a channel that is nil never says anything.
func timer(flag, text string) (end <-chan time.Time, stop func(), err error) {
	if text == "" {
		return nil, func() {}, nil
	}
	d, err := config.ParseDuration(text)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }, nil
}

// watch shows the jobs, or all, until ctx ends or end says so.
func (a *app) watch(ctx context.Context, s *store.Store, ids []int64, end <-chan time.Time) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	w := &watcher{app: a, store: s, jobIDs: ids, ticks: ticker.C, end: end}
	if live, ok := terminal.NewLive(a.stdin, a.stdout, a.getenv); ok {
		return w.live(ctx, live)
	}
	return w.print(ctx)
}

// watchedJobs gives the ids of the jobs that are named, or selected; none: all.
func watchedJobs(ctx context.Context, s *store.Store, names []string, sel tracking.Selection) ([]int64, error) {
	var ids []int64
	if !sel.Empty() {
		jobs, err := sel.Jobs(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, job := range jobs {
			if job.Tracking != store.TrackingRemoved {
				ids = append(ids, job.ID)
			}
		}
		if len(ids) == 0 {
			return nil, fmt.Errorf("nothing to watch: no job fits  %s", sel)
		}
		return ids, nil
	}
	for _, name := range names {
		job, err := tracking.FindJob(ctx, s, name)
		if err != nil {
			return nil, err
		}
		if job.Tracking == store.TrackingRemoved {
			return nil, fmt.Errorf("job %s is removed: nobody looks any more; see  tracker history %s", name, name)
		}
		if !slices.Contains(ids, job.ID) {
			ids = append(ids, job.ID)
		}
	}
	return ids, nil
}

// watcher looks at jobs again and again.
type watcher struct {
	app    *app
	store  *store.Store
	jobIDs []int64              // none: all
	ticks  <-chan time.Time     // when to look again
	end    <-chan time.Time     // when to end; nil: never
	below  func(*terminal.Page) // what to say below the jobs; nil: nothing
	beside func(*terminal.Page) // what to print, in a pipe, beside what has changed; nil: nothing
}

// wait lets the time pass until the next look, and reports whether there is to be one.
func (w *watcher) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-w.end:
		return false
	case <-w.ticks:
		return true
	}
}

// live shows the jobs on a terminal.
func (w *watcher) live(ctx context.Context, l *terminal.Live) error {
	l.Read, l.Ticks, l.End = w.reader(), w.ticks, w.end
	return unlessEnded(ctx, l.Run(ctx))
}

// reader gives what reads how the jobs stand whose names have a text in them.
// Trouble with the database is the end only at the first time: it may come
// back, and what was seen last stays.
func (w *watcher) reader() func(ctx context.Context, filter string) (terminal.Layout, error) {
	var last watchView
	var lookedAt time.Time // by our own clock
	return func(ctx context.Context, filter string) (terminal.Layout, error) {
		view, err := w.lookAt(ctx, filter)
		switch {
		case err != nil && lookedAt.IsZero():
			return nil, err
		case err != nil:
			view = last
			view.ReadAt = last.ReadAt.Add(time.Since(lookedAt))
			view.trouble = err.Error()
		default:
			last, lookedAt = view, time.Now()
		}
		return func(s terminal.Screen, height, skip int) terminal.Frame { return w.frame(view, s, height, skip) }, nil
	}
}

// frame is what the terminal shows, in so many lines at most (0: all): the jobs
// first.
func (w *watcher) frame(view watchView, s terminal.Screen, height, skip int) terminal.Frame {
	if w.below == nil {
		return watchText(view, s, height, skip)
	}
	p := terminal.NewPage(s)
	p.Blank()
	w.below(p)
	below, room := p.String(), 0
	if height > 0 {
		room = max(1, height-strings.Count(below, "\n"))
	}
	if height > 0 && room < leastJobs {
		return watchText(view, s, height, skip)
	}
	frame := watchText(view, s, room, skip)
	frame.Text = firstLines(frame.Text+below, height)
	return frame
}

// lookAt reads how those of the watched jobs stand whose names have a text in them.
func (w *watcher) lookAt(ctx context.Context, filter string) (watchView, error) {
	if filter == "" {
		return w.look(ctx, w.jobIDs)
	}
	heads, err := w.store.WatchHeads(ctx, w.jobIDs)
	if err != nil {
		return watchView{}, err
	}
	ids := []int64{-1} // no job's: none at all would be all
	for _, head := range heads {
		if strings.Contains(head.Job, filter) {
			ids = append(ids, head.JobID)
		}
	}
	view, err := w.look(ctx, ids)
	view.filter = filter
	return view, err
}

// look reads how jobs stand, or all.
func (w *watcher) look(ctx context.Context, ids []int64) (watchView, error) {
	rows, err := w.store.Watch(ctx, store.WatchParams{JobIDs: ids, Rows: watchRows, Ended: justEnded})
	if err != nil {
		return watchView{}, err
	}
	slices.SortStableFunc(rows.Running, func(x, y store.WatchRun) int {
		return cmp.Or(words.Began(x.RunRow).Compare(words.Began(y.RunRow)), cmp.Compare(x.Job, y.Job))
	})
	rows.Ended = slices.DeleteFunc(rows.Ended, func(run store.WatchRun) bool { // it was seen lately, that it had ended long ago
		return rows.Now.Sub(store.OrZero(run.EndedAt)) > justEnded
	})
	return watchView{Watch: words.Watch{Watch: rows, Clock: words.Clock{ReadAt: rows.Now}}}, nil
}
