package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/source"
	"tracker/internal/store"
)

const (
	// readEvery is how often it is looked what the journal has that is new.
	readEvery = 500 * time.Millisecond
	// lookEvery is how often it is looked what goes on, of which the journal tells nothing.
	lookEvery = 15 * time.Second
	// sendEvery is how often it is looked what is due.
	sendEvery = 500 * time.Millisecond
	// forgetEvery is how often what was delivered long ago is dropped.
	forgetEvery = time.Hour
	// keptFor is how long it is known what was delivered.
	keptFor = 90 * 24 * time.Hour
	// turnTimeout bounds what is asked of the database in one turn.
	turnTimeout = time.Minute
)

// Settings say how a Notifier works.
type Settings struct {
	Store       *store.Store
	Credentials *source.Credentials
	Owner       string // of this process
	Version     string // of the program
	Pages       string // address of the web pages, without a slash at its end; empty: there are none
	Logger      *slog.Logger

	// Counted is told of deliveries that came to a state, or were tried in vain
	// (store.DeliveryRetried); nil: nobody is.
	Counted func(rule, state string, count int)
}

// Notifier tells what happened by the rules that a database has. Any number of them may
// work on one database.
type Notifier struct {
	Settings
	channels channels

	// Of who reads the journal and looks what goes on.
	repeated map[string]bool // what Look had told again the last time, by key
	lookedAt time.Time
	trouble  error // of the last look
}

// New makes a Notifier.
func New(settings Settings) *Notifier {
	return &Notifier{Settings: settings, channels: newChannels(settings.Version)}
}

// Run tells until ctx ends. It waits out all trouble with the database.
func (n *Notifier) Run(ctx context.Context) {
	var running errgroup.Group
	running.Go(func() error { n.again(ctx, readEvery, "read what is to be told", n.readAndLook); return nil })
	running.Go(func() error { n.again(ctx, forgetEvery, "forget what was delivered", n.forget); return nil })
	running.Go(func() error { n.send(ctx); return nil })
	_ = running.Wait()
}

// again does something so often until ctx ends. What fails is logged, once in a row, and
// comes again.
func (n *Notifier) again(ctx context.Context, every time.Duration, what string, do func(context.Context) error) {
	var told string
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		err := do(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil || errors.Is(err, store.ErrOvertaken):
			told = ""
		case err.Error() != told:
			told = err.Error()
			n.Logger.WarnContext(ctx, "notifications wait", "doing", what, "error", err)
		}
		timer.Reset(every)
	}
}

// readAndLook reads the journal to its end, and looks what goes on when it is time for
// that. One comes after the other: a look that lasts is not overtaken by what is read.
func (n *Notifier) readAndLook(ctx context.Context) error {
	if err := n.readAll(ctx); err != nil && !errors.Is(err, store.ErrOvertaken) {
		return err
	}
	if time.Since(n.lookedAt) < lookEvery {
		return n.trouble
	}
	if n.trouble = n.look(ctx); !errors.Is(n.trouble, store.ErrOvertaken) { // by another tracker: else soon again
		n.lookedAt = time.Now()
	}
	return n.trouble
}

// readAll reads the journal to its end.
func (n *Notifier) readAll(ctx context.Context) error {
	for {
		turn, cancel := context.WithTimeout(ctx, turnTimeout)
		more, err := n.Read(turn)
		cancel()
		if err != nil || !more {
			return err
		}
	}
}

func (n *Notifier) look(ctx context.Context) error {
	turn, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	return n.Look(turn)
}

func (n *Notifier) forget(ctx context.Context) error {
	turn, cancel := context.WithTimeout(ctx, turnTimeout)
	defer cancel()
	now, err := n.Store.Now(turn)
	if err != nil {
		return err
	}
	return n.Store.ForgetDeliveries(turn, now.Add(-keptFor))
}

func (n *Notifier) count(rule, state string, count int) {
	if n.Counted != nil && count > 0 {
		n.Counted(rule, state, count)
	}
}
