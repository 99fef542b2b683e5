package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tracker/internal/archive"
	"tracker/internal/audit"
	"tracker/internal/metrics"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

const serveHelp = `Polls every job on its schedule until it is told to end. Any number of trackers
may serve one database: each due poll is done once, and the rate limits hold for
all of them together. SIGTERM or Ctrl-C ends it within ten seconds, with what
was fetched recorded; a second one ends it at once. SIGHUP has it register the
file of --apply again, and go on.

A database that does not answer is waited for, at the start, too; an old schema
is refused. /healthz answers 200 as long as the process lives, whatever else is
wrong. /readyz answers 503 where the database does not answer, its schema is not
this tracker's or nothing was looked for in 30 s, with a line for each reason.
/metrics tells Prometheus what it does; docs/operations.md has the list, and
what to do when one of its alerts fires.

On a loopback address its pages and /api/v1 are for whoever is on this machine.
Anywhere else it wants TLS, or a proxy that speaks it, and a token from whoever
asks: see  tracker token --help. /healthz and /readyz want none.

A source whose key is refused, or cannot be read, is paused; see
 tracker source list. Its credential may be any file and any variable that the
daemon can read, and is sent to its base_url: where others than you register
sources, bound that by --credential-dir and --credential-env.

What is older than it is to be kept goes, each hour, as  tracker retain  tells:
whole months of polls after --retention-polls, runs that ended after
--retention-history.

What was recorded is sealed in a log each 20 seconds, so that nobody alters it
unseen: sign its checkpoints with --ledger-key, and have them leave the machine
with --publish-checkpoints. See  tracker ledger --help.

Who is told of what happens is declared under  notify  in the file of --apply;
see  tracker notify --help.

Every flag can be set in the environment: --listen is TRACKER_LISTEN.`

func (a *app) serveCommand() *cobra.Command {
	var path, pages string
	var web *webFlags
	var budget *memoryBudget
	var keep func() tracking.Retention
	var seals func(*store.Store) (audit.Sealer, *audit.Publisher, error)
	var holdFailed bool
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Poll every job on its schedule: the daemon",
		Long:    serveHelp,
		Example: "  tracker serve --apply tracker.yaml\n  tracker serve --listen off --log-format json",
		Args:    exactly(0, "no arguments"),
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.fromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			if err := web.check(cmd.Context()); err != nil {
				return err
			}
			return a.prepare() // another logger, perhaps
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDatabase(cmd.Context(), func(url string, options store.Options) error {
				options.HoldFailed, options.KeepJudged = holdFailed, true
				s, err := store.Open(cmd.Context(), url, options)
				if err != nil {
					return err
				}
				defer s.Close()
				// Whatever is asked by the web, polling has connections of its own.
				shown, err := store.Open(cmd.Context(), url, options)
				if err != nil {
					return err
				}
				defer shown.Close()
				fit := func(ctx context.Context) error { return a.fit(ctx, s, url, options) }
				how := serving{path: path, shown: shown, web: web, budget: budget, keep: keep(), pages: pages}
				if how.sealer, how.publisher, err = seals(s); err != nil {
					return err
				}
				return a.serve(cmd.Context(), s, fit, how)
			})
		},
	}
	cmd.Flags().StringVar(&path, "apply", "", "register `FILE` first, as  tracker apply -f  does")
	web = listenFlags(cmd)
	cmd.Flags().StringVar(&pages, "pages-url", "", "`URL` at which people reach the web pages, for what they are told by  notify  rules")
	budget = memoryBudgetFlag(cmd)
	keep = retentionFlags(cmd)
	seals = a.ledgerFlags(cmd)
	cmd.Flags().BoolVar(&holdFailed, "hold-failed", false, "put a run on hold when it ends failed, as  tracker job hold  does")
	a.credentialScopeFlags(cmd)
	_ = cmd.MarkFlagFilename("apply", "yaml", "yml")
	return cmd
}

// serving is what the flags of serve say.
type serving struct {
	path   string       // of the file to register; empty: none
	shown  *store.Store // for the web
	web    *webFlags
	budget *memoryBudget
	keep   tracking.Retention

	sealer    audit.Sealer
	publisher *audit.Publisher

	pages string // the address of the web pages, for who is told of something; empty: there is none
}

func (a *app) serve(ctx context.Context, s *store.Store, fit func(context.Context) error, how serving) error {
	how.budget.limit(a.getenv)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client := source.NewClient(a.version)
	defer client.Close()
	syncer := &sync.Syncer{Store: s, Client: client, Getenv: a.getenv, Scope: a.scope, Owner: owner(), Logger: a.logger, MemoryBudget: int64(*how.budget)}
	counted := metrics.New(a.version, syncer, s)
	syncer.Recorded, syncer.Claimed = counted.Recorded, counted.Claimed
	var running errgroup.Group
	if a.getenv("GOGC") == "" {
		running.Go(func() error { collectGarbage(ctx); return nil })
	}
	keeper := archive.New(s, a.getenv, a.logger)
	see := func(e sync.Event) {
		counted.See(e)
		if e.ResultLink != nil && e.Kind == sync.Polled && e.Outcome.Answered() {
			keeper.Offer(*e.Job, e.SnapshotNo, e.ResultLink)
		}
		a.logEvent(ctx, e)
	}
	keeper.Look = func(ctx context.Context, name string) error {
		job, err := s.Job(ctx, name)
		if err != nil {
			return err
		}
		return syncer.Once(ctx, []store.Job{job}, see)
	}
	notifier := a.notifier(s, how.pages, counted.Delivered)
	admit := func() error { return nil }
	if how.web.listens() {
		website := a.newWebsite(ctx, behindWeb{store: how.shown, daemon: syncer, notifier: notifier, metrics: counted.Handler(), logger: a.logger, tell: see})
		listener, err := how.web.open(ctx, website)
		if err != nil {
			return err
		}
		running.Go(func() error {
			defer cancel()
			return website.serve(ctx, listener)
		})
		if listener != nil {
			admit = a.admission(ctx, s, website.guard, listener.Addr())
		}
	}
	running.Go(func() error {
		defer cancel()
		if err := a.begin(ctx, s, fit, how.path); err != nil {
			if ctx.Err() != nil { // told to end before it has begun
				return nil
			}
			return err
		}
		if err := admit(); err != nil {
			return err
		}
		running.Go(func() error { a.obeyHangups(ctx, s, hangups, how.path); return nil })
		running.Go(func() error { (&retainer{app: a, store: s, keep: how.keep}).run(ctx); return nil })
		running.Go(func() error { keeper.Run(ctx); return nil })
		running.Go(func() error { notifier.Run(ctx); return nil })
		running.Go(func() error { a.keepSealed(ctx, sealEvery, how.sealer, how.publisher); return nil })
		a.logger.InfoContext(ctx, "serving", "version", a.version, "owner", owner())
		restless := restlessJobs{quiet: map[int64]int{}}
		return syncer.Serve(ctx, func(e sync.Event) {
			see(e)
			if restless.see(e) {
				job := *e.Job
				running.Go(func() error { a.tellRestless(ctx, s, job, &restless); return nil })
			}
		})
	})
	err := running.Wait()
	if err == nil {
		a.logger.InfoContext(context.WithoutCancel(ctx), "stopped")
	}
	return err
}

// begin waits for the database and registers what the file declares.
func (a *app) begin(ctx context.Context, s *store.Store, fit func(context.Context) error, path string) error {
	if path == "" {
		return a.awaitDatabase(ctx, fit)
	}
	declared, err := a.openDeclared(path)
	if err == nil {
		_, err = declared.read()
	}
	if err != nil && !errors.Is(err, source.ErrUnknownProvider) {
		return usageError{err}
	}
	return a.awaitDatabase(ctx, func(ctx context.Context) error {
		if err := fit(ctx); err != nil {
			return err
		}
		return a.applyDeclared(ctx, s, declared, applyRequest{})
	})
}

// obeyHangups registers the file again with each SIGHUP, until ctx ends.
func (a *app) obeyHangups(ctx context.Context, s *store.Store, hangups <-chan os.Signal, path string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		if path == "" {
			a.logger.InfoContext(ctx, "SIGHUP: nothing to read again, since no --apply names a file")
			continue
		}
		declared, err := a.openDeclared(path)
		if err == nil {
			err = a.applyDeclared(ctx, s, declared, applyRequest{})
		}
		if err != nil {
			a.logger.ErrorContext(ctx, "SIGHUP: the file is left aside", "file", path, "error", err)
			continue
		}
		a.logger.InfoContext(ctx, "SIGHUP: read again", "file", path)
	}
}

// logEvent writes a line for each poll that changed something, and one each for
// the beginning and the end of a streak of failures.
func (a *app) logEvent(ctx context.Context, e sync.Event) {
	if e.Kind == sync.Polled && e.Failures == 0 && e.FailedBefore == 0 && (e.Change == nil || !a.logger.Enabled(ctx, slog.LevelInfo)) {
		return // as most polls
	}
	log := a.logger.With("job", e.Job.Name, "source", e.Job.Source)
	switch {
	case e.Kind == sync.Polled && e.Change != nil:
		log.InfoContext(ctx, "changed", "state", e.Change.State, "status", e.Change.Status, "run_no", e.Change.RunNo,
			"snapshot_no", e.Change.SnapshotNo, "what", words.News(*e.Change))
		if e.FailedBefore > 0 {
			log.InfoContext(ctx, "polls succeed again", "failures", e.FailedBefore)
		}
	case e.Kind == sync.Polled && e.Failures == 1:
		log.WarnContext(ctx, "polls fail", "outcome", e.Outcome, "error", e.Error)
	case e.Kind == sync.Polled && e.Failures == 0 && e.FailedBefore > 0:
		log.InfoContext(ctx, "polls succeed again", "failures", e.FailedBefore)
	case e.Kind == sync.Late:
		log.WarnContext(ctx, "poll dropped", "reason", e.Reason)
	case e.Kind == sync.Paused:
		log.ErrorContext(ctx, "paused", "reason", e.Reason)
	case e.Kind == sync.Finished:
		log.InfoContext(ctx, "finished")
	}
}
