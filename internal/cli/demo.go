package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tracker/internal/audit"
	"tracker/internal/config"
	"tracker/internal/demo"
	"tracker/internal/ledger"
	"tracker/internal/metrics"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/terminal"
)

func (a *app) demoCommand() *cobra.Command {
	var lasting, listen string
	var speed float64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show what it does: simulated services, a few jobs, the daemon",
		Long: `Runs simulated Woosmap and SafetyKit services on this machine, registers a few
jobs at them, polls these as  tracker serve  does and shows them as
 tracker watch  does, until q or Ctrl-C. Try the other commands meanwhile in a
second terminal.

It keeps to the Postgres that the tracker runs itself, under TRACKER_DATA_DIR,
and asks nobody outside this machine. All of its jobs have the label
simulated=true. The first start makes up three weeks of history. A later one
goes on: what was recorded is still there, and what went on meanwhile was not
seen.

Its pages are at http://127.0.0.1:8080, or where --listen says; where that port
is taken, at a free one, which it tells.

What fails, recovers, stalls or is odd it tells to a receiver of its own, as
webhooks by the rule demo-events; see  tracker notify --help. The screen shows
what came there last.

In a pipe it prints a line for each change of a job's state, and for each event
that the receiver was told.`,
		Example: "  tracker demo\n  tracker demo --for 60s\n  TRACKER_DATA_DIR=/tmp/fast tracker demo --speed 3",
		Args:    exactly(0, "no arguments"),
	}
	cmd.Flags().StringVar(&lasting, "for", "", "end after `DURATION`, such as 60s or 10m (default: never)")
	cmd.Flags().Float64Var(&speed, "speed", 1, "`FACTOR` by which imports go faster; stays as it was at the first start")
	cmd.Flags().StringVar(&listen, "listen", demoListen, "`ADDRESS` of its pages")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		t := &tour{app: a, speed: speed, speedGiven: cmd.Flags().Changed("speed"), listen: listen, listenGiven: cmd.Flags().Changed("listen")}
		if err := checkListen(cmd.Context(), "listen", listen); err != nil {
			return err
		}
		if !isLoopback(cmd.Context(), listen) {
			return usageError{fmt.Errorf("--listen %s: the demo shows its pages to this machine alone, as at 127.0.0.1:8080", listen)}
		}
		if err := t.check(lasting); err != nil {
			return usageError{err}
		}
		return t.run(cmd.Context())
	}
	return cmd
}

// tour is the demo's services, jobs, daemon and screen in one process.
type tour struct {
	*app
	dir        string        // the data directory
	lasting    time.Duration // zero: until told to end
	speed      float64
	speedGiven bool

	listen      string
	listenGiven bool

	store *store.Store
	on    *demo.Fixtures
	at    string // where its pages are
}

// check reads the flags and finds the data directory.
func (t *tour) check(lasting string) (err error) {
	if !t.environment.DatabaseURL.IsZero() {
		return errors.New("the demo keeps to a Postgres of its own: unset DATABASE_URL and DATABASE_URL_FILE for it")
	}
	if !(t.speed >= minDemoSpeed && t.speed <= maxDemoSpeed) { // NaN is neither
		return fmt.Errorf("--speed %v: want a number from %v to %v", t.speed, minDemoSpeed, maxDemoSpeed)
	}
	if lasting != "" {
		if t.lasting, err = config.ParseDuration(lasting); err != nil {
			return fmt.Errorf("--for: %w", err)
		}
	}
	if t.dir, err = dataDir(t.environment); err != nil {
		return err
	}
	t.dir, err = filepath.Abs(t.dir)
	return err
}

// The speeds at which the imports can still be followed.
const (
	minDemoSpeed = 0.1
	maxDemoSpeed = 10.0
)

// run sets up the demo and shows it until ctx or the time ends.
func (t *tour) run(ctx context.Context) error {
	err := t.withDatabase(ctx, func(url string, options store.Options) error {
		if err := store.Migrate(ctx, url); err != nil {
			return err
		}
		s, err := store.Open(ctx, url, options)
		if err != nil {
			return err
		}
		defer s.Close()
		unlock, err := demo.Lock(t.dir)
		if err != nil {
			return err
		}
		defer unlock()
		t.store = s
		return t.play(ctx)
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // told to end before it had begun
	}
	return err
}

// play runs services, daemon and screen. The screen ends first.
func (t *tour) play(ctx context.Context) error {
	t.on = &demo.Fixtures{
		Dir: t.dir, Speed: t.speed, SpeedGiven: t.speedGiven, Store: t.store, Actor: t.environment.Actor, Owner: owner(),
	}
	defer t.on.Close()
	if err := t.on.SetUp(ctx); err != nil {
		if _, wrong := errors.AsType[*demo.SpeedError](err); wrong {
			return usageError{err}
		}
		return err
	}
	logger, closeLog, err := t.daemonLogger()
	if err != nil {
		return err
	}
	defer closeLog()
	client := source.NewClient(t.version)
	defer client.Close()
	syncer := &sync.Syncer{Store: t.store, Client: client, Getenv: t.getenv, Owner: owner(), Logger: logger}
	sealer, err := t.sealer()
	if err != nil {
		return err
	}
	if err := t.heartbeat(ctx); err != nil {
		return err
	}
	listener, err := t.listenWeb(ctx)
	if err != nil {
		return err
	}
	t.at = "http://" + listener.Addr().String() + "/"
	counted := metrics.New(t.version, syncer, t.store)
	syncer.Recorded, syncer.Claimed = counted.Recorded, counted.Claimed
	running, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	quiet := *t.app
	quiet.logger = logger
	notifier := quiet.notifier(t.store, t.at, counted.Delivered)
	website := t.newWebsite(ctx, behindWeb{store: syncer.Store, daemon: syncer, notifier: notifier, metrics: counted.Handler(), logger: logger, tell: counted.See})
	running.Go(func() error {
		defer cancel()
		return syncer.Serve(ctx, counted.See)
	})
	running.Go(func() error {
		defer cancel()
		return website.serve(ctx, listener)
	})
	running.Go(func() error { notifier.Run(ctx); return nil })
	running.Go(func() error {
		quiet.keepSealed(ctx, demoSealEvery, sealer, &audit.Publisher{})
		return nil
	})
	running.Go(func() error {
		defer cancel()
		return t.show(ctx)
	})
	return running.Wait()
}

// demoListen is where the demo's pages are, unless that is taken.
const demoListen = "127.0.0.1:8080"

// listenWeb listens where it was told to, else where it can.
func (t *tour) listenWeb(ctx context.Context) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", t.listen)
	if err != nil && !t.listenGiven {
		listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another address with --listen", t.listen, err)
	}
	return listener, nil
}

const (
	// demoLog is the name of the demo's log.
	demoLog = "tracker-demo"
	// demoSealEvery is how often the demo seals: nobody is to wait for it.
	demoSealEvery = 5 * time.Second
)

// sealer seals with a key that is kept beside the data.
func (t *tour) sealer() (audit.Sealer, error) {
	path := filepath.Join(t.dir, "demo-ledger.key")
	private, err := os.ReadFile(path)
	var key *ledger.Key
	switch {
	case errors.Is(err, os.ErrNotExist):
		key, err = audit.WriteKey(path, demoLog)
	case err == nil:
		key, err = ledger.ReadKey(string(private))
	}
	if err != nil {
		return audit.Sealer{}, fmt.Errorf("read the demo's key %s: %w", path, err)
	}
	return audit.Sealer{Store: t.store, Key: key}, nil
}

// heartbeat says that a tracker runs before the first screen would say that none does.
func (t *tour) heartbeat(ctx context.Context) error {
	now, err := t.store.Now(ctx)
	if err != nil {
		return err
	}
	return t.store.Heartbeat(ctx, store.Replica{Owner: owner(), StartedAt: now}, now)
}

// daemonLogger keeps the daemon's log off the screen: beside the data.
func (t *tour) daemonLogger() (*slog.Logger, func(), error) {
	if !terminal.Drawable(t.stdout, t.getenv) {
		return t.logger, func() {}, nil
	}
	file, err := os.OpenFile(filepath.Join(t.dir, "demo.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the demo's log: %w", err)
	}
	return slog.New(slog.NewTextHandler(file, nil)), func() { _ = file.Close() }, nil
}
