package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"tracker/internal/config"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

const (
	// listenOff is the --listen of a daemon without a web server.
	listenOff = "off"
	// healthTimeout bounds the question to the database behind /healthz.
	healthTimeout = 2 * time.Second
	// headerTimeout bounds the header of a request to us.
	headerTimeout = 5 * time.Second
	// webStopTimeout bounds the end of requests to us.
	webStopTimeout = 2 * time.Second
	// garbagePercent is how much garbage the daemon lets gather, in percent of
	// what lives, where GOGC does not say. What lives is small beside what polls
	// throw away: at Go's 100 a fifth of the daemon's time went into collecting.
	garbagePercent = 400
)

func (a *app) serveCommand() *cobra.Command {
	var path, listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Poll every job on its schedule: the daemon",
		Long: `Polls every job on its schedule until it is told to end. Any number of trackers
may serve one database: each due poll is done once, and the rate limits hold for
all of them together. SIGTERM or Ctrl-C ends it within ten seconds, with what
was fetched recorded; a second one ends it at once.

A source whose key is refused, or cannot be read, is paused; see
 tracker source list. Every flag can be set in the environment: --listen is
TRACKER_LISTEN.`,
		Example: "  tracker serve --apply tracker.yaml\n  tracker serve --listen off --log-format json",
		Args:    exactly(0, "no arguments"),
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.fromEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return a.prepare() // another logger, perhaps
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(s *store.Store) error { return a.serve(cmd.Context(), s, path, listen) })
		},
	}
	cmd.Flags().StringVar(&path, "apply", "", "register `FILE` first, as  tracker apply -f  does")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "`ADDRESS` where /healthz answers, or off")
	_ = cmd.MarkFlagFilename("apply", "yaml", "yml")
	return cmd
}

// fromEnvironment sets flags that the command line leaves out from their twins
// in the environment.
func (a *app) fromEnvironment(flags *pflag.FlagSet) error {
	var wrong error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := "TRACKER_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value := a.getenv(name)
		if flag.Changed || value == "" || wrong != nil {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			wrong = usageError{fmt.Errorf("%s: %w", name, err)}
		}
	})
	return wrong
}

func (a *app) serve(ctx context.Context, s *store.Store, path, listen string) error {
	if a.getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	if path != "" {
		file, err := config.Read(path)
		if err != nil {
			return usageError{err}
		}
		if err := a.apply(ctx, s, file, store.Declaration{}); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running errgroup.Group
	if listen != listenOff {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
		if err != nil {
			return fmt.Errorf("listen on %s: %w; choose another address with --listen, or --listen off", listen, err)
		}
		running.Go(func() error {
			defer cancel()
			return a.serveWeb(ctx, s, listener)
		})
		a.logger.InfoContext(ctx, "listening", "address", listener.Addr().String())
	}
	client := source.NewClient(version)
	defer client.Close()
	syncer := &sync.Syncer{Store: s, Client: client, Getenv: a.getenv, Owner: owner(), Logger: a.logger}
	running.Go(func() error {
		defer cancel()
		return syncer.Serve(ctx, func(e sync.Event) { a.logEvent(ctx, e) })
	})
	a.logger.InfoContext(ctx, "serving", "version", version, "owner", owner())
	err := running.Wait()
	a.logger.InfoContext(context.WithoutCancel(ctx), "stopped")
	return err
}

// serveWeb answers on a listener until ctx ends.
func (a *app) serveWeb(ctx context.Context, s *store.Store, listener net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
		defer cancel()
		if _, err := s.Now(ctx); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}
	stop := context.AfterFunc(ctx, func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), webStopTimeout)
		defer cancel()
		_ = server.Shutdown(ending)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve web: %w", err)
	}
	return nil
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
			"snapshot_no", e.Change.SnapshotNo, "what", changeText(*e.Change))
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
