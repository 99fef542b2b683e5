package main

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"tracker/bench/seed/seeddb"
	"tracker/internal/store"
)

// The sources whose fate differs from the others'.
const (
	sourceOld  = "seed-woosmap-old"  // its key is refused since a while before the end: paused
	sourceSlow = "seed-woosmap-slow" // it may be asked too rarely: gaps for want of budget
)

// namespace holds all requests of the seed.
const namespace = "products"

// member is a job of the seed and what becomes of it.
type member struct {
	no         int
	name       string
	source     string
	labels     map[string]string
	stallAfter time.Duration
	begins     time.Time // when it is registered
	runs       int
	fate       fate
}

// fate is what sets a job apart at the end of the history.
type fate int

const (
	fateNone      fate = iota
	fateStalled        // its last import never ends
	fateRunning        // its last import goes on
	fateBroken         // all of its imports fail since a while
	fateUnreached      // polls fail since a while
	fatePaused         // somebody has paused it
	fateRemoved        // somebody has removed it
)

// fateOf spreads the fates over the jobs by their number.
func fateOf(no int) fate {
	switch no % 100 {
	case 5:
		return fateStalled
	case 6, 26:
		return fateRunning
	case 7:
		return fateBroken
	case 8:
		return fateUnreached
	case 9:
		return fatePaused
	case 19:
		return fateRemoved
	default:
		return fateNone
	}
}

var (
	kinds     = []string{"stores", "shops", "parking", "depots", "stations"}
	countries = []string{"fr", "de", "it", "es", "uk", "us", "jp"}
	teams     = []string{"geo", "retail", "mobility", "partners"}
)

// cast lists the jobs. Datasets are there from the start, requests begin one after the other.
func (s scale) cast() []member {
	members := make([]member, s.jobs)
	weights := 0.0
	for no := range members {
		if !isRequest(no) {
			weights += weightOf(no)
		}
	}
	total, given, sum, requests := float64(s.runs()-s.requests()), 0, 0.0, 0
	for no := range members {
		m := &members[no]
		m.no, m.fate, m.begins = no, fateOf(no), s.start()
		m.labels = map[string]string{seeddb.Label: strconv.FormatUint(s.seed, 10), "team": teams[no/3%len(teams)], "country": countries[no%len(countries)]}
		if isRequest(no) {
			m.name, m.runs = fmt.Sprintf("products-%05d", no), 1
			m.source = []string{"seed-safetykit-1", "seed-safetykit-2"}[requests%2]
			m.begins = s.start().Add(s.span() / time.Duration(s.requests()+1) * time.Duration(requests+1)).Truncate(time.Second)
			requests++
			continue
		}
		m.name, m.source = fmt.Sprintf("%s-%s-%05d", kinds[no%len(kinds)], countries[no%len(countries)], no), datasetSource(no)
		if no%20 == 11 {
			m.stallAfter = 2 * time.Hour
		}
		sum += weightOf(no)
		m.runs = max(1, int(sum/weights*total+0.5)-given)
		given += m.runs
	}
	return members
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

// sources lists the accounts. Nobody can be asked there.
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

// rateOf allows a source twice what is planned, the slow one half of it.
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
func (m member) spec(random *rand.Rand) store.JobSpec {
	spec := store.JobSpec{
		Name: m.name, Source: m.source, Target: map[string]string{"dataset_id": uuid(m.name)}, Labels: m.labels, StallAfter: m.stallAfter,
		FirstPollAt: m.begins.Add(time.Duration(random.Int64N(int64(time.Minute)))).Truncate(time.Millisecond),
	}
	if isRequest(m.no) {
		spec.Target = map[string]string{"namespace": namespace, "request_id": m.requestID()}
	}
	return spec
}

// requestID is of the form of SafetyKit's.
func (m member) requestID() string {
	return fmt.Sprintf("request_01%.24X", sha256.Sum256([]byte(m.name)))[:len("request_")+26]
}

// uuid is a random UUID in form, always the same for the same text.
func uuid(text string) string {
	sum := sha256.Sum256([]byte(text))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // version 4, variant 10
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
