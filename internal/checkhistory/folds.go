package checkhistory

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/google/go-cmp/cmp"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/store"
)

// diffMost bounds how much of a difference is shown.
const diffMost = 4000

// checkFolds derives each job's history from its snapshots, as the provider
// reads them now: the report views show just that.
func (c *check) checkFolds(ctx context.Context) error {
	for _, job := range c.jobs {
		trail, err := c.fold(ctx, job)
		if err != nil {
			return err
		}
		shown, err := c.store.History(ctx, store.HistoryParams{Job: job.Name, Most: math.MaxInt32})
		if err != nil {
			return err
		}
		folded, err := store.TrailHistory(shown.Job, trail)
		if err != nil {
			return err
		}
		shown.Taken = folded.Taken
		c.shown[job.ID] = shown
		folded.Polled, folded.Gaps, folded.Retention, folded.Erasures = shown.Polled, shown.Gaps, shown.Retention, shown.Erasures // not of the snapshots
		for i := range min(len(folded.Runs), len(shown.Runs)) {                                                                   // but of other runs, and of now
			folded.Runs[i].UsualDuration, folded.Runs[i].Stalled = shown.Runs[i].UsualDuration, shown.Runs[i].Stalled
			folded.Runs[i].HeldAt = shown.Runs[i].HeldAt
		}
		if diff := difference(folded, shown); diff != "" {
			c.violated(job.Name, "the report views show what the snapshots tell, but (-snapshots +views):\n%s", diff)
		}
		if err := c.checkItems(ctx, job, trail); err != nil {
			return err
		}
	}
	return nil
}

func (c *check) fold(ctx context.Context, job store.Job) (*history.Trail, error) {
	provider, err := definition.Of(ctx, c.store, job.From.Provider, job.From.Interpretation)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", job.Name, err)
	}
	return c.store.Fold(ctx, job.ID, noTime, provider.For(job.Target).Interpret)
}

func (c *check) checkItems(ctx context.Context, job store.Job, trail *history.Trail) error {
	shown, err := c.store.ResultItems(ctx, job.ID)
	if err != nil {
		return err
	}
	if diff := difference(store.TrailItems(trail), shown); diff != "" {
		c.violated(job.Name, "the results are those of the last snapshot of each run that lists them, but (-listed +stored):\n%s", diff)
	}
	return nil
}

// difference compares two values as their JSON says, whatever order its members
// have; it is empty where they are equal.
func difference(want, got any) string {
	wanted, err := json.Marshal(want)
	if err != nil {
		return err.Error()
	}
	gotten, err := json.Marshal(got)
	if err != nil {
		return err.Error()
	}
	if bytes.Equal(wanted, gotten) {
		return ""
	}
	diff := cmp.Diff(read(wanted), read(gotten))
	return diff[:min(len(diff), diffMost)]
}

func read(text []byte) (v any) {
	_ = json.Unmarshal(text, &v) // it was written just now
	return v
}
