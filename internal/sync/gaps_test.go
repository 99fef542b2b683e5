package sync_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/sync"
)

// TestGapsEndedBy tells stretches of a job that is planned each 5 minutes.
func TestGapsEndedBy(t *testing.T) {
	t.Parallel()
	const every = 5 * time.Minute
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func(minutes float64) time.Time { return noon.Add(time.Duration(minutes * float64(time.Minute))) }
	// answered is a claim of a job whose last poll was answered at noon.
	answered := func(change func(*store.Claim)) store.Claim {
		claim := store.Claim{Cursor: store.Cursor{
			PolledAt: noon, Outcome: history.OutcomeUnchanged, NextPollAt: at(5), PlannedEvery: every, AccountedAt: noon,
		}}
		change(&claim)
		return claim
	}
	same := func(*store.Claim) {}
	for name, c := range map[string]struct {
		claim     store.Claim
		polledAt  time.Time
		answered  bool
		want      []store.Gap
		accounted time.Time
	}{
		"FirstPollIsNone":       {store.Claim{}, at(3), true, nil, at(3)},
		"AsPlannedIsNone":       {answered(same), at(5), true, nil, at(5)},
		"SoonerIsNone":          {answered(same), at(1), true, nil, at(1)},
		"TwiceTheIntervalIsNot": {answered(same), at(10), true, nil, at(10)},
		"MoreIsOneWithoutReason": {
			answered(same), at(10.1), true, []store.Gap{{From: noon, To: at(10.1)}}, at(10.1),
		},
		"NotByScheduleIsNone": {answered(func(c *store.Claim) { c.NextPollAt = time.Time{} }), at(500), true, nil, at(500)},
		"PausedTellsItsReason": {
			answered(func(c *store.Claim) { c.UnseenReason, c.NextPollAt = "paused", at(60) }), at(60), true,
			[]store.Gap{{From: noon, To: at(60), Reason: "paused"}},
			at(60),
		},
		"ShortPauseIsNone": {answered(func(c *store.Claim) { c.UnseenReason = "paused" }), at(9), true, nil, at(9)},
		"ADowntimeAfterAPauseCountsFromItsEnd": {
			answered(func(c *store.Claim) { c.AccountedAt, c.NextPollAt = at(60), at(60) }), at(75), true,
			[]store.Gap{{From: at(60), To: at(75)}},
			at(75),
		},
		"SoonAfterAPauseIsNone": {
			answered(func(c *store.Claim) { c.AccountedAt, c.NextPollAt = at(60), at(60) }), at(61), true,
			nil,
			at(61),
		},
		"FirstFailureIsNone": {answered(same), at(5), false, nil, noon},
		"FailureAfterADowntime": {
			answered(same), at(42), false, []store.Gap{{From: noon, To: at(42)}}, at(42),
		},
		"FailuresEndWithTheirOutcome": {
			answered(func(c *store.Claim) {
				c.PolledAt, c.NextPollAt, c.Failures, c.Outcome = at(11), at(12), 7, history.OutcomeTimeout
			}), at(12), true,
			[]store.Gap{{From: noon, To: at(12), Reason: "timeout"}},
			at(12),
		},
		"FewFailuresAreNone": {
			answered(func(c *store.Claim) {
				c.PolledAt, c.NextPollAt, c.Failures, c.Outcome = at(5), at(5.2), 1, history.OutcomeTimeout
			}), at(5.2), true, nil, at(5.2),
		},
		"FailuresThenADowntimeAreTwo": {
			answered(func(c *store.Claim) {
				c.PolledAt, c.NextPollAt, c.Failures, c.Outcome = at(20), at(25), 3, history.OutcomeUpstreamError
			}), at(60), true,
			[]store.Gap{{From: noon, To: at(20), Reason: "upstream_error"}, {From: at(20), To: at(60)}},
			at(60),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gaps, accounted := sync.GapsEndedBy(c.claim, c.polledAt, c.answered)
			if diff := cmp.Diff(c.want, gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if !accounted.Equal(c.accounted) {
				t.Errorf("accounted until %s, want %s", accounted, c.accounted)
			}
		})
	}
}
