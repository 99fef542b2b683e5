// Package archive keeps the files behind result links: it fetches them before the links
// expire and stores each by its SHA-256, in a directory or in a bucket. Which link, it
// tells nobody.
package archive

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tracker/internal/store"
)

const (
	// fetchTimeout bounds the fetching and storing of one file.
	fetchTimeout = 30 * time.Minute
	// sizeMost bounds a file, in bytes.
	sizeMost = 64 << 30
	// waitingMost is how many links wait; a later poll brings those again that find no room.
	waitingMost = 1000
	// storeTimeout bounds what is asked of the database.
	storeTimeout = 15 * time.Second
	// stallMost is how long nothing may come of a file.
	stallMost = time.Minute
	// temporaryFiles is the pattern of the names of files that are being fetched.
	temporaryFiles = ".tracker-result-*"
	// workers is how many files are fetched at once.
	workers = 4
)

// Keeper keeps results.
type Keeper struct {
	Store  *store.Store
	Getenv func(string) string // has what buckets are opened by
	Logger *slog.Logger
	Stall  time.Duration // how long nothing may come of a file; 0: a minute

	// Look polls a job by its name, so that its link is offered again; nil: nobody does.
	Look func(ctx context.Context, job string) error

	clients clients
	links   chan offered
	waiting chan wanted
	flight  flight // each link in it is known by its answer; what is fetched, by its run too
}

// offered is a link that a poll has seen. The link is read where it is followed.
type offered struct {
	job        store.Job
	snapshotNo int // of the answer that has the link
	link       func() string
}

// wanted is an offered link to the file of a run that is not kept.
type wanted struct {
	offered
	run store.RunKey
}

// New makes a Keeper.
func New(s *store.Store, getenv func(string) string, logger *slog.Logger) *Keeper {
	return &Keeper{
		Store: s, Getenv: getenv, Logger: logger, links: make(chan offered, waitingMost), waiting: make(chan wanted, waitingMost),
		clients: newClients(),
	}
}

// Offer hands over the link to results that an answer of a job has, and does not wait.
func (k *Keeper) Offer(job store.Job, snapshotNo int, link func() string) {
	o := offered{job, snapshotNo, link}
	if !k.flight.begin(o.answer()) {
		return
	}
	select {
	case k.links <- o:
	default:
		k.flight.end(o.answer())
	}
}

// Run keeps what is offered until ctx ends, and what was left before.
func (k *Keeper) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { k.note(ctx) })
	running.Go(func() { k.takeUp(ctx) })
	for range workers {
		running.Go(func() { k.work(ctx) })
	}
	running.Wait()
}

// note keeps of what is offered that it waits: whoever comes after this process is to
// know.
func (k *Keeper) note(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-k.links:
			run, isWanted, err := k.want(ctx, o)
			if err != nil && ctx.Err() == nil {
				k.Logger.WarnContext(ctx, "result not kept; the next poll brings it again", "job", o.job.Name, "error", err)
			}
			if !isWanted {
				k.flight.end(o.answer())
				continue
			}
			select {
			case k.waiting <- wanted{o, run}:
			case <-ctx.Done():
			}
		}
	}
}

// want reports whether the file that an answer links to is to be fetched, and of which
// run it is.
func (k *Keeper) want(ctx context.Context, o offered) (run store.RunKey, isWanted bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if run, err = k.Store.SnapshotRun(ctx, o.job.ID, o.snapshotNo); err != nil {
		return run, false, err
	}
	if place, err := k.Store.ResultPlace(ctx, run); err != nil || place != "" {
		return run, false, err
	}
	err = k.Store.BeginResult(ctx, run, o.job.From.Archive)
	return run, err == nil, err
}

func (k *Keeper) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-k.waiting:
			err := k.keep(ctx, w)
			k.flight.end(w.answer())
			if err != nil && ctx.Err() == nil {
				k.Logger.WarnContext(ctx, "result not kept; it is tried again", "job", w.job.Name, "error", err)
			}
		}
	}
}

// keep fetches the file of a run, unless it is kept meanwhile.
func (k *Keeper) keep(running context.Context, w wanted) error {
	if !k.flight.begin(w.run) {
		return nil // another answer of the run has brought it
	}
	defer k.flight.end(w.run)
	ctx, cancel := context.WithTimeout(running, fetchTimeout)
	defer cancel()
	if place, err := k.Store.ResultPlace(ctx, w.run); err != nil || place != "" {
		return err
	}
	r := store.Result{Run: w.run, Place: w.job.From.Archive}
	fetched := k.fetch(ctx, w.offered, &r)
	if fetched != nil && running.Err() != nil {
		return fetched // cut by our end: it is taken up again
	}
	if fetched != nil {
		r = store.Result{Run: w.run, Place: w.job.From.Archive, Error: fetched.Error()}
	}
	lasting, end := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer end()
	return errors.Join(fetched, k.Store.KeepResult(lasting, r))
}

// fetch streams a file to the archive.
func (k *Keeper) fetch(ctx context.Context, o offered, r *store.Result) error {
	coming, stall := watch(ctx, cmp.Or(k.Stall, stallMost))
	defer stall.timer.Stop()
	request, err := http.NewRequestWithContext(coming, http.MethodGet, o.link(), http.NoBody)
	if err != nil {
		return errors.New("the link cannot be read")
	}
	client, err := k.clients.to(request, o.job.From.BaseURL)
	if err != nil {
		return fmt.Errorf("fetch: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok { // whose own text has the link
			err = failed.Err
		}
		if cause := context.Cause(coming); cause != nil {
			err = cause
		}
		return fmt.Errorf("fetch: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch: it answers %d %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	dir := r.Place
	if inBucket(r.Place) {
		dir = os.TempDir()
	} else if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	sweep(dir)
	temporary, err := os.CreateTemp(dir, temporaryFiles)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // it has another name by then, or is not wanted
	hash := sha256.New()
	stall.body = response.Body
	size, err := io.Copy(io.MultiWriter(temporary, hash), io.LimitReader(stall, sizeMost+1))
	if stall.timer.Stop(); err != nil && context.Cause(coming) != nil {
		err = context.Cause(coming)
	}
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	switch {
	case err != nil:
		return fmt.Errorf("fetch: %w", err)
	case size > sizeMost:
		return fmt.Errorf("fetch: over %d bytes", int64(sizeMost))
	case response.ContentLength >= 0 && size != response.ContentLength:
		return fmt.Errorf("fetch: %d of %d bytes", size, response.ContentLength)
	}
	r.Size, r.SHA256 = size, hash.Sum(nil)
	name := hex.EncodeToString(r.SHA256)
	if inBucket(r.Place) {
		r.Place, err = k.upload(ctx, r.Place, name, temporary.Name())
		return err
	}
	r.Place = filepath.Join(r.Place, name[:2], name)
	if err := os.MkdirAll(filepath.Dir(r.Place), 0o750); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), r.Place)
}

func inBucket(place string) bool { return strings.HasPrefix(place, "s3://") }
