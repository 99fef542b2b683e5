package sync

import (
	"context"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

// open gives what is needed to ask a source, whose credential read reads. An
// error says why it cannot be asked.
func (s schedules) open(from store.Source, read func(ref string) (source.Credential, error)) (account source.Account, warning string, err error) {
	provider, err := source.Lookup(from.Provider)
	if err == nil {
		err = s.check(from)
	}
	if err != nil {
		return source.Account{}, "", err
	}
	credential, err := read(from.Credential)
	if err != nil {
		return source.Account{}, "", err
	}
	return source.Account{Provider: provider.Ignoring(from.Volatile), BaseURL: from.BaseURL, Secret: credential.Secret}, credential.Warning, nil
}

// settleDoubts reads the heads of jobs whose cursors may be behind from the
// snapshots and polls. Where a source leaves other fields out of the comparison
// than it did, the key is made anew of the head that is stored: else the next
// answer would be news whatever it says. provider gives that of a job.
func (s *Syncer) settleDoubts(ctx context.Context, claims []store.Claim, provider func(jobID int64) source.Provider) error {
	var doubtful []int64
	for _, claim := range claims {
		if claim.Doubt || claim.SnapshotNo > 0 && !provider(claim.JobID).IsKey(claim.Key) {
			doubtful = append(doubtful, claim.JobID)
		}
	}
	if len(doubtful) == 0 {
		return nil
	}
	heads, err := s.Store.Heads(ctx, doubtful)
	if err != nil {
		return err
	}
	for i := range claims {
		head, ok := heads[claims[i].JobID]
		if !ok {
			continue
		}
		key := provider(claims[i].JobID).Key(head.Body)
		c := &claims[i].Cursor
		c.Key = key[:]
		if !claims[i].Doubt && c.SnapshotNo == head.SnapshotNo {
			continue
		}
		c.SnapshotNo, c.State = head.SnapshotNo, head.State
		c.ChangedAt, c.ConfirmedAt, c.Confirmations = head.ObservedAt, head.ConfirmedAt, head.Confirmations
		c.PolledAt = later(c.PolledAt, head.LastPolledAt)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
