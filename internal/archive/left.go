package archive

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

const (
	// takeUpEvery is how often it is looked what was left.
	takeUpEvery = 10 * time.Minute
	// tryLong is for how long after its end the file of a run is tried that fails.
	tryLong = 24 * time.Hour
)

// takeUp has jobs polled whose files were left: at once, by who has ended since; later
// on, by who has given up.
func (k *Keeper) takeUp(ctx context.Context) {
	if k.Look == nil {
		return
	}
	ticks := time.NewTicker(takeUpEvery)
	defer ticks.Stop()
	for ago := time.Duration(0); ; ago = fetchTimeout {
		k.lookAt(ctx, ago)
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// lookAt polls the jobs whose files were left so long ago. Schedules bring no link of a
// job that is finished.
func (k *Keeper) lookAt(ctx context.Context, ago time.Duration) {
	jobs, err := k.Store.ResultsLeft(ctx, ago, tryLong)
	for i := 0; err == nil && i < len(jobs); i++ {
		err = k.Look(ctx, jobs[i])
	}
	if err != nil && ctx.Err() == nil {
		k.Logger.WarnContext(ctx, "results that were left wait", "error", err)
	}
}

// sweep removes what is left of files whose fetching was cut.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, temporaryFiles)) // the pattern is well formed
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > fetchTimeout {
			_ = os.Remove(path) // else the next one does
		}
	}
}
