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

// settleDoubts takes the truth into claims of cursors that may be behind it.
// Where a source leaves other fields out of the comparison than it did, the key
// is made anew of the head that is stored: else the next answer would be news
// whatever it says. provider gives that of a job.
func (s *Syncer) settleDoubts(ctx context.Context, claims []store.Claim, provider func(jobID int64) source.Provider) error {
	for i := range claims {
		claims[i].KeyStale = claims[i].SnapshotNo > 0 && !provider(claims[i].JobID).IsKey(claims[i].Key)
	}
	return s.Store.SettleDoubts(ctx, claims, func(jobID int64, body []byte) [32]byte { return provider(jobID).Key(body) })
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
