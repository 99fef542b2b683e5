package metrics

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tracker/internal/store"
)

const (
	// censusEvery is how old the counts of jobs and sources may be: to count a
	// million jobs is dear.
	censusEvery = 15 * time.Second
	// censusTimeout bounds the counting, for which a scrape waits.
	censusTimeout = 5 * time.Second
	// noState is the label of jobs no run of which was ever seen.
	noState = "none"
)

var (
	jobsDesc   = prometheus.NewDesc("tracker_jobs", "Registered jobs, by what is done with them and the state of their latest run.", []string{"tracking", "state"}, nil)
	pausedDesc = prometheus.NewDesc("tracker_sources_paused", "Sources of which no job is polled.", nil, nil)
	waitDesc   = prometheus.NewDesc("tracker_deliveries_waiting_seconds", "For how long the oldest delivery of a notification waits that was tried in vain.", []string{"rule"}, nil)
	heldDesc   = prometheus.NewDesc("tracker_sources_held", "Sources that are left alone for a while, as they asked.", nil, nil)
)

// census tells counts over the whole database: the last that could be read.
type census struct {
	count  func(context.Context) (store.Census, error)
	last   atomic.Pointer[store.Census] // nil: none was read yet
	errors atomic.Uint64

	reading sync.Mutex // held while they are read
	tried   time.Time  // when they were last asked for
}

func newCensus(count func(context.Context) (store.Census, error)) *census {
	return &census{count: count}
}

// databaseCensus counts what a database holds, by its own clock.
func databaseCensus(db *store.Store) func(context.Context) (store.Census, error) {
	return func(ctx context.Context) (store.Census, error) {
		now, err := db.Now(ctx)
		if err != nil {
			return store.Census{}, err
		}
		return db.Census(ctx, now)
	}
}

// refresh reads the counts again where it was last tried long enough ago, and nobody
// else is at it. Where it fails the last ones stay.
func (c *census) refresh(ctx context.Context, now time.Time) {
	if !c.reading.TryLock() {
		return
	}
	defer c.reading.Unlock()
	if !c.tried.IsZero() && now.Sub(c.tried) < censusEvery {
		return
	}
	c.tried = now
	ctx, cancel := context.WithTimeout(ctx, censusTimeout)
	defer cancel()
	switch read, err := c.count(ctx); {
	case err == nil:
		c.last.Store(&read)
	case !errors.Is(err, context.Canceled): // who scrapes has gone
		c.errors.Add(1)
	}
}

// Describe implements prometheus.Collector.
func (c *census) Describe(descs chan<- *prometheus.Desc) {
	descs <- jobsDesc
	descs <- pausedDesc
	descs <- heldDesc
	descs <- waitDesc
}

// Collect implements prometheus.Collector.
func (c *census) Collect(metrics chan<- prometheus.Metric) {
	last := c.last.Load()
	if last == nil {
		return
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, n := range last.Jobs {
		gauge(jobsDesc, float64(n.Jobs), string(n.Tracking), cmp.Or(string(n.State), noState))
	}
	gauge(pausedDesc, float64(last.SourcesPaused))
	gauge(heldDesc, float64(last.SourcesHeld))
	for _, w := range last.Waiting {
		gauge(waitDesc, w.For.Seconds(), w.Rule)
	}
}
