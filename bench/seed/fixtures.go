package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
	"tracker/internal/upstreamsim"
)

// The sources that have a trouble of their own.
const (
	sourceOld  = "seed-woosmap-old"  // its key is refused some time before the end: it is paused
	sourceSlow = "seed-woosmap-slow" // its rate limit allows half of what is planned: gaps
)

// namespace holds all requests of the seed.
const namespace = "products"

// jobPlan is a job of the seed and what becomes of it.
type jobPlan struct {
	no         int
	name       string
	source     string
	labels     map[string]string
	stallAfter time.Duration
	begins     time.Time // when it is registered
	runs       int
	ending     ending
}

// ending is what is special about a job at the end of the history.
type ending int

const (
	endsAsUsual   ending = iota
	endsStalled          // its last import never ends
	endsRunning          // its last import goes on
	endsFailing          // all of its imports have failed for some time
	endsUnreached        // its polls have failed for some time
	endsPaused           // somebody has paused it
	endsRemoved          // somebody has removed it
)

// endingOf spreads the endings over the jobs by their number.
func endingOf(no int) ending {
	switch no % 100 {
	case 5:
		return endsStalled
	case 6, 26:
		return endsRunning
	case 7:
		return endsFailing
	case 8:
		return endsUnreached
	case 9:
		return endsPaused
	case 19:
		return endsRemoved
	default:
		return endsAsUsual
	}
}

var (
	kinds     = []string{"stores", "shops", "parking", "depots", "stations"}
	countries = []string{"fr", "de", "it", "es", "uk", "us", "jp"}
	teams     = []string{"geo", "retail", "mobility", "partners"}
)

// jobPlans lists the jobs. Datasets are there from the start, requests begin one after the other.
func (s scale) jobPlans() []jobPlan {
	plans := make([]jobPlan, s.jobs)
	weights := 0.0
	for no := range plans {
		if !isRequest(no) {
			weights += weightOf(no)
		}
	}
	total, given, sum, requests := float64(s.runs()-s.requests()), 0, 0.0, 0
	for no := range plans {
		plan := &plans[no]
		plan.no, plan.ending, plan.begins = no, endingOf(no), s.start()
		plan.labels = map[string]string{seeddb.Label: strconv.FormatUint(s.seed, 10), "team": teams[no/3%len(teams)], "country": countries[no%len(countries)]}
		if isRequest(no) {
			plan.name, plan.runs = fmt.Sprintf("products-%05d", no), 1
			plan.source = []string{"seed-safetykit-1", "seed-safetykit-2"}[requests%2]
			plan.begins = s.start().Add(s.span() / time.Duration(s.requests()+1) * time.Duration(requests+1)).Truncate(time.Second)
			requests++
			continue
		}
		plan.name, plan.source = fmt.Sprintf("%s-%s-%05d", kinds[no%len(kinds)], countries[no%len(countries)], no), datasetSource(no)
		if no%20 == 11 {
			plan.stallAfter = 2 * time.Hour
		}
		sum += weightOf(no)
		plan.runs = max(1, int(sum/weights*total+0.5)-given)
		given += plan.runs
	}
	return plans
}

func isRequest(no int) bool { return no%requestShare == requestShare-2 }

// weightOf says how often a dataset is imported beside others: a tenth of them every few hours, some once a week.
func weightOf(no int) float64 {
	switch r := no / requestShare % 10; {
	case r == 0:
		return 4
	case r <= 4:
		return 1
	case r <= 7:
		return 0.5
	default:
		return 0.25
	}
}

func datasetSource(no int) string {
	switch no % 50 {
	case 0:
		return sourceOld
	case 1, 2:
		return sourceSlow
	default:
		return fmt.Sprintf("seed-woosmap-%d", no%4+1)
	}
}

// sources lists the sources. Their addresses lead nowhere.
func (s scale) sources() []store.SourceSpec {
	var specs []store.SourceSpec
	for _, name := range []string{"seed-woosmap-1", "seed-woosmap-2", "seed-woosmap-3", "seed-woosmap-4", sourceOld, sourceSlow} {
		specs = append(specs, store.SourceSpec{
			Name: name, Provider: "woosmap", BaseURL: "https://woosmap.invalid", Credential: "env:SEED_HAS_NO_KEY",
			Schedule: "@every " + s.every().String(), ActiveEvery: activeEvery, RateEvery: s.rateOf(name), RateBurst: 1,
		})
	}
	for _, name := range []string{"seed-safetykit-1", "seed-safetykit-2"} {
		specs = append(specs, store.SourceSpec{
			Name: name, Provider: "safetykit", BaseURL: "https://safetykit.invalid", Credential: "env:SEED_HAS_NO_KEY",
			Schedule: "@every 1m", ActiveEvery: activeEvery, RateEvery: time.Second, RateBurst: 5,
		})
	}
	return specs
}

// rateOf is the rate limit of a source: twice what is planned, of the slow one half of it.
func (s scale) rateOf(source string) time.Duration {
	jobs := 0
	for no := range s.jobs {
		if !isRequest(no) && datasetSource(no) == source {
			jobs++
		}
	}
	planned := s.every() / time.Duration(max(jobs, 1))
	if source == sourceSlow {
		return (2 * planned).Round(time.Millisecond)
	}
	return max(planned/2, time.Millisecond).Round(time.Millisecond)
}

// spec is how the job is registered. It is first polled soon after.
func (plan jobPlan) spec(random *rand.Rand) store.JobSpec {
	spec := store.JobSpec{
		Name: plan.name, Source: plan.source, Target: map[string]string{"dataset_id": upstreamsim.UUID(plan.name)}, Labels: plan.labels, StallAfter: plan.stallAfter,
		FirstPollAt: plan.begins.Add(time.Duration(random.Int64N(int64(time.Minute)))).Truncate(time.Millisecond),
	}
	if isRequest(plan.no) {
		spec.Target = map[string]string{"namespace": namespace, "request_id": upstreamsim.RequestID(plan.name)}
	}
	return spec
}
