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

// renewKeys makes the keys of heads anew where their source leaves other fields
// out of the comparison than it did: else the next answer would be news whatever
// it says. provider gives that of a job.
func (s *Syncer) renewKeys(ctx context.Context, claims []store.Claim, provider func(jobID int64) source.Provider) error {
	for i := range claims {
		claim := &claims[i]
		if claim.SnapshotNo == 0 || provider(claim.JobID).IsKey(claim.Key) {
			continue
		}
		body, err := s.Store.SnapshotBody(ctx, claim.JobID, claim.SnapshotNo)
		if err != nil {
			return err
		}
		key := provider(claim.JobID).Key(body)
		claim.Key = key[:]
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
