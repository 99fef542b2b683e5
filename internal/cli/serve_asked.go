package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	stdsync "sync"

	"golang.org/x/sync/errgroup"

	"tracker/internal/pages"
	"tracker/internal/store"
	"tracker/internal/sync"
)

const (
	// askedMost is how many polls go on at once that were asked for by the web.
	askedMost = 8
	// askedOfSource is how many of them are of one source: where it is slow, or may seldom be
	// asked, others are polled still.
	askedOfSource = 4
	// askedMemory is how much memory the answers to one of them take.
	askedMemory = 64 << 20
)

// askedPolls are the polls that are asked for by the web, beside those by schedule.
type askedPolls struct {
	ctx     context.Context //nolint:containedctx // a poll lasts longer than the request that asks for it
	syncer  *sync.Syncer
	tell    func(sync.Event)
	running errgroup.Group

	mu stdsync.Mutex
	of map[int64]int // how many there are of a source
}

// newAskedPolls polls as a daemon does, until ctx ends.
func newAskedPolls(ctx context.Context, daemon *sync.Syncer, logger *slog.Logger, tell func(sync.Event)) *askedPolls {
	p := &askedPolls{ctx: ctx, tell: tell, of: map[int64]int{}, syncer: &sync.Syncer{
		Store: daemon.Store, Client: daemon.Client, Getenv: daemon.Getenv, Scope: daemon.Scope, Owner: daemon.Owner + " web", Logger: logger,
		MemoryBudget: askedMemory, Recorded: daemon.Recorded,
	}}
	p.running.SetLimit(askedMost)
	return p
}

// try begins what polls a job, unless too many are polled so already.
func (p *askedPolls) try(job store.Job, poll func() error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := job.From.ID
	if p.of[from] >= askedOfSource || !p.running.TryGo(func() error { defer p.leave(from); return poll() }) {
		return false
	}
	p.of[from]++
	return true
}

func (p *askedPolls) leave(source int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of[source]--; p.of[source] == 0 {
		delete(p.of, source)
	}
}

// begin begins to poll a job; false: too many are polled so already.
func (p *askedPolls) begin(job store.Job) bool {
	return p.try(job, func() error {
		if err := p.poll(p.ctx, job); err != nil && p.ctx.Err() == nil {
			p.syncer.Logger.WarnContext(p.ctx, "a poll that was asked for came to nothing", "job", job.Name, "error", err)
		}
		return nil
	})
}

// look polls a job and waits for what comes of it, unless too many are polled so already.
func (p *askedPolls) look(ctx context.Context, job store.Job) error {
	polled := make(chan error, 1)
	if !p.try(job, func() error { polled <- p.poll(ctx, job); return nil }) {
		return pages.ErrBusyLook
	}
	return <-polled
}

// poll polls a job.
func (p *askedPolls) poll(ctx context.Context, job store.Job) (err error) {
	looked := p.syncer.Once(ctx, []store.Job{job}, func(e sync.Event) {
		p.tell(e)
		if e.Kind == sync.Skipped || !e.Outcome.Answered() && e.Kind == sync.Polled {
			err = fmt.Errorf("%w: %s", pages.ErrVainLook, e.Error)
		}
	})
	return errors.Join(looked, err)
}
