package cli

import (
	"context"
	"errors"
	"time"

	"tracker/internal/audit"
	"tracker/internal/store"
)

const (
	// sealEvery is how often a daemon seals what is new.
	sealEvery = 20 * time.Second
	// sealTimeout bounds one turn: the next goes on.
	sealTimeout = 10 * time.Minute
)

// keepSealed seals the journal, and publishes the checkpoints, each so often until ctx
// ends. Of several trackers one at a time seals; each publishes where it was told to.
func (a *app) keepSealed(ctx context.Context, every time.Duration, sealer audit.Sealer, publisher *audit.Publisher) {
	publisher.Warn = func(text string) {
		a.logger.WarnContext(ctx, "the file of published checkpoints was mended", "what", text)
	}
	again := time.NewTicker(every)
	defer again.Stop()
	var told string // what failed the last time
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		err := a.sealTurn(ctx, &sealer, publisher)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			told = ""
		case err.Error() != told:
			told = err.Error()
			a.logger.WarnContext(ctx, "the history is not sealed or published; it comes again", "error", err)
		}
	}
}

func (a *app) sealTurn(ctx context.Context, sealer *audit.Sealer, publisher *audit.Publisher) error {
	ctx, cancel := context.WithTimeout(ctx, sealTimeout)
	defer cancel()
	_, sealing, publishing := sealer.SealAndPublish(ctx, publisher, func(store.Checkpoint) {})
	if errors.Is(sealing, store.ErrSealing) {
		sealing = nil
	}
	return errors.Join(sealing, publishing)
}
