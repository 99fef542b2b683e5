package sync

import (
	"context"
	"crypto/sha256"
	"fmt"

	"tracker/internal/history"
	"tracker/internal/store"
)

// compare gives each new answer its finding. Where the job's head is not the one
// that the claim saw, somebody else has taken over the job: the poll is late.
func (r *recorder) compare(ctx context.Context, batch []*result) ([]*result, error) {
	var forgotten []store.Answered
	for _, res := range batch {
		if res.answer == nil {
			continue
		}
		if res.known = r.cache.recall(res.claim.Cursor, res.answer.RunID); res.known == nil {
			forgotten = append(forgotten, store.Answered{JobID: res.job.ID, RunID: res.answer.RunID})
		}
	}
	var read map[int64]*store.Known
	var broken map[int64]error
	if len(forgotten) > 0 {
		if err := r.retry.do(ctx, "read what is known", func(ctx context.Context) (err error) {
			read, broken, err = r.db.Known(ctx, forgotten)
			return err
		}); err != nil {
			return nil, err
		}
	}
	var compared []*result
	for _, res := range batch {
		if res.answer == nil {
			compared = append(compared, res)
			continue
		}
		var why error
		if res.known == nil {
			res.known, why = read[res.job.ID], broken[res.job.ID]
		}
		if why == nil && res.known.SnapshotNo != res.claim.SnapshotNo {
			res.after, _ = res.advance() // what the poll has cost its source
			res.poll.Advance = &res.after
			if err := r.retry.do(ctx, "record a late poll", func(ctx context.Context) error {
				return r.db.RecordLate(ctx, res.poll)
			}); err != nil {
				return nil, err
			}
			r.late(res)
			continue
		}
		if why == nil {
			why = res.tryFind()
		}
		if why != nil {
			if err := r.abandon(ctx, res, unreadable(why)); err != nil {
				return nil, err
			}
			continue
		}
		compared = append(compared, res)
	}
	return compared, nil
}

// find compares a new answer with what is known, and keeps the result as the finding.
func (r *result) find() {
	seen := history.Bounds{NotBefore: r.claim.ConfirmedAt, ObservedAt: r.observedAt}
	change := history.Compare(r.known.Known, *r.answer, seen)
	r.poll.SnapshotNo = change.SnapshotNo
	r.poll.Finding = &store.Finding{
		ObservedAt: r.observedAt, NotBefore: seen.NotBefore, PreviousPolls: r.claim.Confirmations,
		Body: r.known.NextBody(change, r.body), SHA256: sha256.Sum256(r.body), Interpretation: r.account.Provider.Interpretation, Change: change,
	}
}

// tryFind is find, with a panic made an error: a row that nobody has foreseen ends
// neither the batch nor the daemon.
func (r *result) tryFind() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("compare: %v", p)
		}
	}()
	r.find()
	return nil
}

// abandon pauses a job whose poll cannot be recorded, for a value that its rows
// hold, and gives the claim back. The answer is lost.
func (r *recorder) abandon(ctx context.Context, res *result, reason string) error {
	r.cache.forget(res.job.ID)
	err := r.retry.do(ctx, "release a claim", func(ctx context.Context) error {
		return r.db.ReleaseClaims(ctx, []store.Claim{res.claim})
	})
	if err != nil {
		return err
	}
	if _, err := r.change(ctx, res.job, func(ctx context.Context, by store.Author, name string) (bool, error) {
		return r.db.PauseJob(ctx, by, name, reason)
	}); err != nil {
		return err
	}
	r.tell(Event{Job: res.job, Kind: Skipped, Error: reason})
	r.tell(Event{Job: res.job, Kind: Paused, Reason: fmt.Sprintf("job %s is paused: %s", res.job.Name, reason)})
	return nil
}

// unreadable is why a job is paused whose stored rows cannot be read or contradict
// each other: there is nothing to compare an answer with.
func unreadable(why error) string {
	return fmt.Sprintf("what is stored of it cannot be read: %v; run  tracker rebuild", why)
}
