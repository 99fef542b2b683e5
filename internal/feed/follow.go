package feed

import (
	"context"
	"math"
	"time"

	"tracker/internal/store"
)

// FromNow follows from the journal's end.
const FromNow = -1

// Follow gives the entries beyond one, or FromNow, until ctx ends, the hub does, or give
// fails. When nothing has come for so long, it gives none: whoever listens learns that the
// line holds. From now it gives none at once: whoever listens learns from where to go on.
// So he does where there is no such entry, since a database has lost its last ones: he goes
// on with those that come in their place. It returns nil where the hub has ended.
func (h *Hub) Follow(ctx context.Context, after int64, quiet time.Duration, give func(entries []store.EventsEntry, reached int64) error) error {
	h.count(1)
	defer h.count(-1)
	silence := time.NewTimer(quiet)
	defer silence.Stop()
	began, lowest := time.Now(), int64(math.MaxInt64) // end that was known since it was before his entry
	for {
		s := h.since(after, began)
		switch {
		case after <= s.end:
			lowest = math.MaxInt64
		case s.end >= 0:
			lowest = min(lowest, s.end)
		}
		if s.beyond {
			after = lowest
			if err := give(nil, after); err != nil {
				return err
			}
			continue
		}
		if after == FromNow && s.end >= 0 {
			after = s.end
			if err := give(nil, after); err != nil {
				return err
			}
			continue
		}
		if s.over {
			return nil
		}
		if s.behind {
			read, until, err := h.catchUp(ctx, after, s.end)
			if err != nil {
				return err
			}
			s.entries, s.end = read, until
		}
		if s.behind || len(s.entries) > 0 {
			if err := give(s.entries, s.end); err != nil {
				return err
			}
			after = s.end
			silence.Reset(quiet)
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.grown:
		case <-silence.C:
			if err := give(nil, after); err != nil {
				return err
			}
			silence.Reset(quiet)
		}
	}
}

// catchUp reads for one follower what is no longer kept for all.
func (h *Hub) catchUp(ctx context.Context, after, end int64) (read []store.EventsEntry, until int64, err error) {
	if err := h.catching.Acquire(ctx, 1); err != nil {
		return nil, 0, err
	}
	defer h.catching.Release(1)
	until = min(end, after+readMost)
	read, err = h.store.EventsBetween(ctx, after, until)
	return read, until, err
}
