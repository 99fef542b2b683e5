package feed

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"tracker/internal/store"
)

const (
	// lookEvery is how often the journal is asked whether it has grown.
	lookEvery = 500 * time.Millisecond
	// lookTimeout bounds one such question.
	lookTimeout = 10 * time.Second
	// kept is how many of the newest entries are kept for followers.
	kept = 2048
	// readMost is how many entries are read at once.
	readMost = 500
	// catchUps is how many followers read at once what is no longer kept.
	catchUps = 4
)

// Hub reads the journal for all followers.
type Hub struct {
	store    *store.Store
	logger   *slog.Logger
	catching *semaphore.Weighted

	mu        sync.Mutex
	followers int
	entries   []store.EventsEntry // the newest, without holes
	end       int64               // the number of the last entry that is known; -1: none was read yet
	size      int64               // how many entries there were
	sized     time.Time           // when that was asked
	grown     chan struct{}       // closed when there is more, or the hub has ended
	over      bool
	away      time.Time // since when the database has not answered; zero: it answers
}

// NewHub is a hub on a store. Run reads for it.
func NewHub(s *store.Store, logger *slog.Logger) *Hub {
	return &Hub{store: s, logger: logger, catching: semaphore.NewWeighted(catchUps), end: -1, grown: make(chan struct{})}
}

// Run reads the journal until ctx ends, and all following with it. While nobody follows it
// only looks how far the journal goes.
func (h *Hub) Run(ctx context.Context) {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	defer h.finish()
	failing := false
	for {
		asked := time.Now()
		err := h.look(ctx)
		h.tellAway(asked, err)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failing = false
		case !failing:
			failing = true
			level := slog.LevelWarn
			if errors.Is(h.store.CheckSchema(ctx), store.ErrSchemaOld) { // who waits for that tells of it
				level = slog.LevelDebug
			}
			h.logger.Log(ctx, level, "followers of the journal wait; it comes again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// tellAway takes in what came of asking the database.
func (h *Hub) tellAway(asked time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err == nil:
		h.away = time.Time{}
	case h.away.IsZero() && (store.IsAway(err) || errors.Is(err, context.DeadlineExceeded)):
		h.away = asked
	}
}

// Away tells since when the database has not answered; zero: it answers.
func (h *Hub) Away() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.away
}

// finish ends all following.
func (h *Hub) finish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
	close(h.grown)
}

// look reads what is new.
func (h *Hub) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	asked := time.Now()
	end, err := h.store.JournalSize(ctx)
	if err != nil {
		return err
	}
	h.resize(end, asked)
	for {
		from, goesOn := h.readFrom(end)
		if !goesOn {
			return nil
		}
		until := min(end, from+readMost)
		read, err := h.store.EventsBetween(ctx, from, until)
		if err != nil {
			return err
		}
		h.add(read, until)
	}
}

// resize takes in how many entries there are. Where the journal was never read, or nobody
// follows, none is to be: who follows from the past reads that by itself. Nor is one where
// a database has lost its last ones, as a copy may that takes another's place: what is
// known beyond its end counts for nothing.
func (h *Hub) resize(size int64, asked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.size, h.sized = size, asked
	if h.end < 0 || h.followers == 0 || size < h.end {
		h.entries = nil
		h.reach(size)
	}
}

// readFrom is beyond which entry the journal, which goes up to end, is to be read for the
// followers.
func (h *Hub) readFrom(end int64) (from int64, goesOn bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.end, h.end < end
}

// add takes in what was read up to an entry.
func (h *Hub) add(read []store.EventsEntry, end int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries, read...)
	if more := len(h.entries) - kept; more > 0 {
		h.entries = slices.Clone(h.entries[more:])
	}
	h.reach(end)
}

// reach notes how far the journal is known, and wakes who waits.
func (h *Hub) reach(end int64) {
	h.end = end
	if !h.over {
		close(h.grown)
		h.grown = make(chan struct{})
	}
}

// count counts followers.
func (h *Hub) count(more int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.followers += more
}

// state is what a follower that has read up to an entry can have at once.
type state struct {
	entries []store.EventsEntry // beyond it, without holes
	end     int64
	behind  bool // there are more entries than are kept
	beyond  bool // there is no such entry any more
	grown   <-chan struct{}
	over    bool
}

// since is the state for a follower who began at a time: another tracker may have given
// him entries before that were not known here yet.
func (h *Hub) since(after int64, began time.Time) state {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := state{end: h.end, grown: h.grown, over: h.over, beyond: after > h.size && h.sized.After(began)}
	if h.end <= after || h.end < 0 {
		return s
	}
	first := h.end + 1 - int64(len(h.entries))
	if s.behind = after+1 < first; !s.behind {
		s.entries = slices.Clone(h.entries[after+1-first:])
	}
	return s
}
