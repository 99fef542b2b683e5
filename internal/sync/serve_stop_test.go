package sync_test

import (
	"context"
	"testing"
	"time"

	"tracker/internal/testkit"
)

// TestServeLeavesNoClaimBehind: one that is told to end as soon as it has claimed gives
// that back, so that another daemon polls those jobs at once.
func TestServeLeavesNoClaimBehind(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("a", testkit.WoosmapRun("r1", "success"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	claimed := ""
	l.syncer.Claimed = func(time.Duration) {
		claimed = l.claims()
		stop()
	}
	if err := l.syncer.Serve(ctx, (&events{}).tell); err != nil {
		t.Error(err)
	}
	if left := l.claims(); claimed != "1" || left != "0" {
		t.Errorf("it has claimed %s, and leaves %s", claimed, left)
	}
}
