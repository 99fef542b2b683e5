package sync

import (
	"context"
	"log/slog"
	"time"

	"tracker/internal/store"
)

// tightSources tells of sources at which more polls are planned than their rate limit
// allows, once for as long as that lasts.
type tightSources struct {
	rows   func(context.Context) ([]store.SourceRow, error)
	logger *slog.Logger
	told   map[string]bool // by name
}

// look logs a line for each source that has become tight, and for each that no longer
// is. One of which nobody polls is neither.
func (t *tightSources) look(ctx context.Context) error {
	rows, err := t.rows(ctx)
	if err != nil {
		return err
	}
	tight := map[string]bool{}
	for _, from := range rows {
		if from.PausedAt != nil || !from.Tight() {
			continue
		}
		tight[from.Source] = true
		if t.told[from.Source] {
			continue
		}
		t.logger.WarnContext(ctx, "more polls are planned than the rate limit allows; jobs wait for their turn", "source", from.Source,
			"planned_per_hour", int(*from.PlannedPerHour), "attainable_per_hour", int(from.AttainablePerHour),
			"each_running_every", seconds(from.AttainableEveryRunning), "each_other_every", seconds(from.AttainableEvery))
	}
	for name := range t.told {
		if !tight[name] {
			t.logger.InfoContext(ctx, "the rate limit allows what is planned again", "source", name)
		}
	}
	t.told = tight
	return nil
}

// seconds shows a cadence in whole seconds; empty: there is no such job.
func seconds(every *store.Interval) string {
	if every == nil {
		return ""
	}
	return time.Duration(*every).Round(time.Second).String()
}
