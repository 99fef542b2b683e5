package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tracker/internal/history"
	"tracker/internal/metrics"
	"tracker/internal/store"
)

// TestCensus counts again after fifteen seconds, and tells the last counts where it cannot.
func TestCensus(t *testing.T) {
	t.Parallel()
	asked, failing := 0, false
	census := metrics.NewCensus(func(context.Context) (store.Census, error) {
		asked++
		if failing {
			return store.Census{}, errors.New("no answer")
		}
		return store.Census{SourcesPaused: int64(asked), Waiting: []store.DeliveryWait{{Rule: "geo", For: time.Minute}}, Jobs: []store.JobCount{
			{Tracking: store.TrackingActive, State: history.StateFailed, Jobs: 3}, {Tracking: store.TrackingPaused, Jobs: 2},
		}}, nil
	})
	if told := testutil.CollectAndCount(census); told != 0 {
		t.Errorf("before it was asked it tells %d numbers", told)
	}
	begin := time.Now()
	for _, step := range []struct {
		after   time.Duration
		failing bool
		paused  string
		asked   int
		errors  uint64
	}{
		{0, false, "1", 1, 0},
		{14 * time.Second, false, "1", 1, 0},
		{15 * time.Second, false, "2", 2, 0},
		{31 * time.Second, true, "2", 3, 1},
		{45 * time.Second, true, "2", 3, 1},
		{46 * time.Second, false, "4", 4, 1},
	} {
		failing = step.failing
		census.Refresh(t.Context(), begin.Add(step.after))
		want := `# HELP tracker_deliveries_waiting_seconds For how long the oldest delivery of a notification waits that was tried in vain.
# TYPE tracker_deliveries_waiting_seconds gauge
tracker_deliveries_waiting_seconds{rule="geo"} 60
# HELP tracker_jobs Registered jobs, by what is done with them and the state of their latest run.
# TYPE tracker_jobs gauge
tracker_jobs{state="failed",tracking="active"} 3
tracker_jobs{state="none",tracking="paused"} 2
# HELP tracker_sources_held Sources that are left alone for a while, as they asked.
# TYPE tracker_sources_held gauge
tracker_sources_held 0
# HELP tracker_sources_paused Sources of which no job is polled.
# TYPE tracker_sources_paused gauge
tracker_sources_paused ` + step.paused + "\n"
		if err := testutil.CollectAndCompare(census, strings.NewReader(want)); err != nil {
			t.Errorf("after %s: %v", step.after, err)
		}
		if asked != step.asked || census.Errors() != step.errors {
			t.Errorf("after %s: asked %d times, %d errors", step.after, asked, census.Errors())
		}
	}
}
