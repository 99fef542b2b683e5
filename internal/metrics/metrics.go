package metrics

import (
	"net/http"
	gosync "sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

// scrapesMost is how many scrapes are answered at once.
const scrapesMost = 8

// Metrics are all that one daemon tells of itself.
type Metrics struct {
	registry  *prometheus.Registry
	census    *census
	providers gosync.Map // of ofProvider, by name
	open      func(name string) ofProvider

	lateness, batch, took, claim prometheus.Histogram
	late                         prometheus.Counter
	deliveries                   *prometheus.CounterVec
}

// ofProvider are the series of one provider. They are looked up by their labels
// once: a poll then costs a few additions.
type ofProvider struct {
	polls       map[history.Outcome]prometheus.Counter
	transitions map[history.State]prometheus.Counter
	latency     prometheus.Observer
	snapshots   prometheus.Counter
}

// New gives the metrics of a syncer that works on a database. They count what See,
// Recorded and Claimed are told.
func New(version string, syncer *sync.Syncer, db *store.Store) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), census: newCensus(databaseCensus(db))}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.census)
	known := promauto.With(m.registry)
	m.resolveProviders(known)
	m.lateness = known.NewHistogram(histogram("tracker_poll_lateness_seconds", "From when a poll was due to when its request was sent.",
		.01, .05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 300))
	m.batch = known.NewHistogram(histogram("tracker_record_batch_polls", "Polls that were recorded in one transaction.",
		1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
	m.took = known.NewHistogram(histogram("tracker_record_seconds", "How long recording a batch took, waits for a database that failed included.",
		.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60))
	m.claim = known.NewHistogram(histogram("tracker_claim_seconds", "How long the database took to claim due jobs, or to find none.",
		.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 5))
	m.late = known.NewCounter(prometheus.CounterOpts{
		Name: "tracker_polls_late_total", Help: "Polls that were made in vain: somebody else had taken over the job meanwhile.",
	})
	m.deliveries = known.NewCounterVec(prometheus.CounterOpts{
		Name: "tracker_deliveries_total", Help: "Deliveries of notifications that arrived (delivered), were tried in vain (retried), or were given up after a day (failed).",
	}, []string{"rule", "state"})
	m.tellLoad(known, syncer)
	known.NewGaugeVec(prometheus.GaugeOpts{Name: "tracker_build_info", Help: "Always 1; its label says which tracker runs."}, []string{"version"}).
		WithLabelValues(version).Set(1)
	return m
}

// histogram has classic buckets for any Prometheus, and native ones, which are a
// tenth wide, for those that take them.
func histogram(name, help string, buckets ...float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: time.Hour,
	}
}

func (m *Metrics) resolveProviders(known promauto.Factory) {
	polls := known.NewCounterVec(prometheus.CounterOpts{
		Name: "tracker_polls_total", Help: "Polls that were recorded, by what came of them.",
	}, []string{"provider", "outcome"})
	latency := known.NewHistogramVec(histogram("tracker_poll_latency_seconds", "How long polls took, from sending the request until its answer was read or given up.",
		.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20), []string{"provider"})
	snapshots := known.NewCounterVec(prometheus.CounterOpts{
		Name: "tracker_snapshots_total", Help: "Answers that differed from the one before, and were kept.",
	}, []string{"provider"})
	transitions := known.NewCounterVec(prometheus.CounterOpts{
		Name: "tracker_transitions_total", Help: "Changes of state of runs and of their steps.",
	}, []string{"provider", "to_state"})
	m.open = func(name string) ofProvider {
		of := ofProvider{
			polls: map[history.Outcome]prometheus.Counter{}, transitions: map[history.State]prometheus.Counter{},
			latency: latency.WithLabelValues(name), snapshots: snapshots.WithLabelValues(name),
		}
		for _, outcome := range history.Outcomes() {
			of.polls[outcome] = polls.WithLabelValues(name, string(outcome))
		}
		for _, state := range history.States() {
			of.transitions[state] = transitions.WithLabelValues(name, string(state))
		}
		return of
	}
	for _, provider := range source.Providers() {
		m.of(provider.Name)
	}
}

// of gives the series of a provider. Those of one that is written down begin with its
// first poll.
func (m *Metrics) of(name string) ofProvider {
	if of, known := m.providers.Load(name); known {
		return of.(ofProvider) //nolint:forcetypeassert // no other is kept
	}
	of, _ := m.providers.LoadOrStore(name, m.open(name))
	return of.(ofProvider) //nolint:forcetypeassert // no other is kept
}

// tellLoad tells what the syncer itself counts.
func (m *Metrics) tellLoad(known promauto.Factory, syncer *sync.Syncer) {
	known.NewGaugeFunc(prometheus.GaugeOpts{Name: "tracker_in_flight", Help: "Requests that were sent and are not answered yet."},
		func() float64 { return float64(syncer.Load().InFlight) })
	known.NewGaugeFunc(prometheus.GaugeOpts{Name: "tracker_unrecorded", Help: "Polls that were made and are not recorded yet."},
		func() float64 { return float64(syncer.Load().Unrecorded) })
	begun := time.Now()
	known.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tracker_claim_loop_age_seconds", Help: "How long ago the daemon last looked for due polls, or started, where it waits for its database yet.",
	}, func() float64 {
		ago, turned := syncer.Turned()
		if !turned {
			ago = time.Since(begun)
		}
		return ago.Seconds()
	})
	known.NewCounterFunc(prometheus.CounterOpts{
		Name: "tracker_claims_lost_total", Help: "Claims whose slot passed before the request was sent, or whose job somebody else took over meanwhile.",
	}, func() float64 { return float64(syncer.Load().ClaimsLost) })
	known.NewCounterFunc(prometheus.CounterOpts{
		Name: "tracker_database_errors_total", Help: "Times that the database failed, or refused, what polling and these metrics asked of it.",
	}, func() float64 { return float64(syncer.Load().DatabaseErrors + m.census.errors.Load()) })
}

// See counts what an event tells. It costs a daemon's poll well under a microsecond.
func (m *Metrics) See(e sync.Event) {
	if e.Kind == sync.Late {
		m.late.Inc()
	} else if e.Kind != sync.Polled {
		return
	}
	if !e.DueAt.IsZero() {
		m.lateness.Observe(max(0, e.SentAt.Sub(e.DueAt).Seconds()))
	}
	of := m.of(e.Job.From.Provider)
	if polls, known := of.polls[e.Outcome]; known {
		polls.Inc()
	}
	of.latency.Observe(e.Latency.Seconds())
	if e.Change == nil {
		return
	}
	of.snapshots.Inc()
	for _, transition := range e.Change.Transitions {
		if transitions, known := of.transitions[transition.ToState]; known {
			transitions.Inc()
		}
	}
}

// Recorded counts a batch, as sync.Syncer.Recorded tells of it.
func (m *Metrics) Recorded(polls int, took time.Duration) {
	m.batch.Observe(float64(polls))
	m.took.Observe(took.Seconds())
}

// Claimed counts a claim, as sync.Syncer.Claimed tells of it.
func (m *Metrics) Claimed(took time.Duration) { m.claim.Observe(took.Seconds()) }

// Delivered counts deliveries, as notify.Settings.Counted tells of them.
// Each state of a rule is told from the first on: what begins at one has not increased.
func (m *Metrics) Delivered(rule, state string, count int) {
	for _, each := range []string{store.DeliveryDelivered, store.DeliveryFailed, store.DeliveryRetried} {
		m.deliveries.WithLabelValues(rule, each)
	}
	m.deliveries.WithLabelValues(rule, state).Add(float64(count))
}

// Handler answers scrapes, in the text format, OpenMetrics or protobuf, as asked.
func (m *Metrics) Handler() http.Handler {
	exposition := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: scrapesMost, ErrorHandling: promhttp.ContinueOnError,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.census.refresh(r.Context(), time.Now())
		exposition.ServeHTTP(w, r)
	})
}
