package sync_test

import (
	"cmp"
	"context"
	"slices"
	gosync "sync"
	"testing"
	"time"

	"tracker/internal/sync"
)

// once polls jobs once and returns the events.
func (l *lab) once(names ...string) *events {
	l.t.Helper()
	told := &events{}
	if err := l.syncer.Once(l.t.Context(), l.jobs(names...), told.tell); err != nil {
		l.t.Fatal(err)
	}
	return told
}

// expect polls one job once and checks how that came out.
func (l *lab) expect(job, outcome string) {
	l.t.Helper()
	if told := l.once(job).texts(); !slices.Contains(told, "polled "+job+" "+outcome) {
		l.t.Fatalf("%s is not %s: %q", job, outcome, told)
	}
}

// running is a round that goes on.
type running struct {
	*events
	t    *testing.T
	stop context.CancelFunc
	err  chan error
}

// start begins to poll jobs once. The round is to be waited for.
func (l *lab) start(s *sync.Syncer, names ...string) *running {
	l.t.Helper()
	ctx, stop := context.WithCancel(l.t.Context())
	r := &running{events: &events{news: make(chan struct{}, 1)}, t: l.t, stop: stop, err: make(chan error, 1)}
	jobs := l.jobs(names...)
	go func() { r.err <- s.Once(ctx, jobs, r.tell) }()
	l.t.Cleanup(stop)
	return r
}

// await waits until the round has told something.
func (r *running) await(text string) {
	r.t.Helper()
	for !slices.Contains(r.texts(), text) {
		receive(r.t, r.news, text)
	}
}

// wait returns the round's error.
func (r *running) wait() error {
	r.t.Helper()
	return receive(r.t, r.err, "the round's end")
}

// receive waits for a value, but not for ever.
func receive[T any](t *testing.T, from <-chan T, what string) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(2 * time.Minute):
		t.Fatalf("waited in vain for %s", what)
	}
	return value
}

// events collects what a round tells.
type events struct {
	mu   gosync.Mutex
	list []sync.Event
	news chan struct{} // there is another one; nil: nobody waits
}

func (e *events) tell(event sync.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, event)
	select {
	case e.news <- struct{}{}:
	default:
	}
}

func (e *events) all() []sync.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// texts gives the events in words: their kind, job and outcome or reason.
func (e *events) texts() []string {
	texts := []string{}
	for _, event := range e.all() {
		kind := [...]string{
			sync.Polled: "polled", sync.Elsewhere: "elsewhere", sync.Skipped: "skipped",
			sync.Late: "late", sync.Paused: "paused", sync.Finished: "finished",
		}[event.Kind]
		text := kind + " " + event.Job.Name
		if event.Kind == sync.Polled || event.Kind == sync.Elsewhere {
			text += " " + string(event.Outcome)
		}
		if why := cmp.Or(event.Reason, skippedFor(event)); why != "" {
			text += ": " + why
		}
		texts = append(texts, text)
	}
	return texts
}

// skippedFor is why a job could not be polled; the error of a poll is no part of its text.
func skippedFor(event sync.Event) string {
	if event.Kind != sync.Skipped {
		return ""
	}
	return event.Error
}
