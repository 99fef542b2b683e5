package cli

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// garbagePercent is how much garbage the daemon lets gather, in percent of
	// what lives, where GOGC does not say. What lives is small beside what polls
	// throw away: at Go's 100 a fifth of the daemon's time went into collecting.
	garbagePercent = 400
	// garbageMost bounds it, in bytes, where more lives, as with a million jobs.
	garbageMost = 96 << 20
	// garbageLeast is what Go's own default lets gather, in percent.
	garbageLeast = 100
	// garbageEvery is how often it is looked how much lives: it doubles within seconds
	// while hundreds of thousands of jobs are polled for the first time.
	garbageEvery = time.Second
)

// collectGarbage has garbage collected as often as fits what lives, until ctx ends.
func collectGarbage(ctx context.Context) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	again := time.NewTicker(garbageEvery)
	defer again.Stop()
	for percent := 0; ; {
		metrics.Read(live)
		if now := garbageFor(live[0].Value.Uint64()); now != percent {
			debug.SetGCPercent(now) // which stops all for a moment
			percent = now
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// garbageFor is how much garbage may gather where so many bytes live, in percent of
// them and in steps of fifty.
func garbageFor(live uint64) int {
	const step = 50
	percent := garbageMost * 100 / max(live, 1)
	return int(min(garbagePercent, max(garbageLeast, percent/step*step)))
}
