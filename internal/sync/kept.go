package sync

import (
	"context"
	"slices"
	"sync"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

// keptLate is how late a poll under a kept claim may start: of the claim there is time
// left for the poll.
const keptLate = 3 * time.Second

// keptClaims are the claims that were kept, as polls were recorded whose next one comes
// soon. The recorder puts them in, and the next turn that claims takes them out: what a
// job costs that is polled each second is a third less.
type keptClaims struct {
	mu     sync.Mutex
	claims []store.KeptClaim
}

func (k *keptClaims) put(claims ...store.KeptClaim) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.claims = append(k.claims, claims...)
}

// take takes those that are due by a time, no more of a source than it has free, and
// those that are overdue.
func (k *keptClaims) take(now time.Time, free map[int64]int) (due, overdue []store.KeptClaim) {
	k.mu.Lock()
	defer k.mu.Unlock()
	taken := make(map[int64]int, len(free))
	k.claims = slices.DeleteFunc(k.claims, func(c store.KeptClaim) bool {
		switch {
		case c.NextPollAt.Before(now.Add(-keptLate)):
			overdue = append(overdue, c)
		case !c.NextPollAt.After(now.Add(dueAhead)) && taken[c.SourceID] < free[c.SourceID]:
			taken[c.SourceID]++
			due = append(due, c)
		default:
			return false
		}
		return true
	})
	return due, overdue
}

// all takes all out.
func (k *keptClaims) all() []store.KeptClaim {
	k.mu.Lock()
	defer k.mu.Unlock()
	claims := k.claims
	k.claims = nil
	return claims
}

// goOn starts a task for each kept claim of a poll that is due. Those that do not go on are
// tried again until they are due; then they are given back, for whoever is to claim the
// jobs. Where the database fails, all are tried again.
func (d *daemon) goOn(ctx context.Context, clock clock, open map[int64]*source.Account, free map[int64]int) error {
	due, over := d.recorder.kept.take(clock.read, free)
	going, resting, err := d.syncer.Store.GoOn(ctx, clock.read, due)
	if err != nil {
		d.recorder.kept.put(append(due, over...)...)
		return err
	}
	for _, c := range resting {
		if c.NextPollAt.After(clock.read) {
			d.recorder.kept.put(c)
		} else {
			over = append(over, c)
		}
	}
	claims := make([]store.Claim, len(going))
	for i, c := range going {
		claims[i] = c.Claim
	}
	if err = d.syncer.Store.ReleaseKept(ctx, over); err == nil {
		err = d.start(ctx, clock, claims, open, free)
	}
	if err != nil {
		d.recorder.kept.put(append(going, over...)...)
	}
	return err
}
