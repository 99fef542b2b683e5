package pages

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tracker/internal/store"
	"tracker/internal/timeline"
	"tracker/internal/tracking"
)

// stopsMost is how many looks the slider stops at; of more, only at answers that had changed.
const stopsMost = 400

// runMoment is the moment that a page is of, and the looks to move it over.
type runMoment struct {
	KnownAt, AsOf           string // as given
	KnownAtWrong, AsOfWrong string // why it cannot be read
	Earlier, Later          string // addresses; empty: there is none
	Stops                   string // milliseconds since the first of them
	From, To, Now           int64  // the slider's ends, and where it stands, in milliseconds
	First                   int64

	knownAt, asOf time.Time
	stops         []time.Time
	req           *request
}

// newRunMoment reads the moment that is asked for.
func newRunMoment(req *request) runMoment {
	m := runMoment{KnownAt: req.query.Get("known_at"), AsOf: req.query.Get("as_of"), req: req}
	m.knownAt, m.KnownAtWrong = readMoment(req, "known_at", m.KnownAt)
	m.asOf, m.AsOfWrong = readMoment(req, "as_of", m.AsOf)
	return m
}

func readMoment(req *request, name, text string) (at time.Time, wrong string) {
	if text == "" {
		return time.Time{}, ""
	}
	at, err := tracking.PastTime(name, text, req.ReadAt)
	if err != nil {
		return time.Time{}, err.Error()
	}
	return at, ""
}

// Wrong reports that a time cannot be read.
func (m runMoment) Wrong() bool { return m.KnownAtWrong != "" || m.AsOfWrong != "" }

// Example is a time as one may write it.
func (m runMoment) Example() string {
	return m.req.ReadAt.UTC().Add(-time.Hour).Format("2006-01-02 15:04")
}

// follow finds the looks before and after the moment.
func (m *runMoment) follow(looks []store.PollRow, answers []store.SnapshotHead) {
	read := map[int]time.Time{}
	for _, a := range answers {
		read[int(a.SnapshotNo)] = a.ObservedAt
		m.stops = append(m.stops, a.ObservedAt)
	}
	if len(looks) <= stopsMost {
		seen := map[int]bool{}
		for _, look := range looks {
			no := int(store.OrZero(look.SnapshotNo))
			if _, changed := read[no]; changed && !seen[no] {
				seen[no] = true // the answer was read when it was, which is a stop already
				continue
			}
			m.stops = append(m.stops, look.PolledAt.Add(time.Duration(look.Latency)))
		}
	}
	slices.SortFunc(m.stops, time.Time.Compare)
	m.stops = slices.Compact(m.stops)
	at := m.knownAt
	for _, stop := range m.stops {
		switch {
		case slid(stop).Equal(at): // it is the moment
		case at.IsZero() || stop.Before(at):
			m.Earlier = m.address(stop)
		case stop.After(at) && m.Later == "":
			m.Later = m.address(stop)
		}
	}
}

func (m *runMoment) address(at time.Time) string {
	return with(m.req.query, "known_at", at.UTC().Format(time.RFC3339Nano), "as_of", "")
}

// place puts the slider below the timeline.
func (m *runMoment) place(t *timeline.Timeline) {
	m.From, m.To = t.From.UnixMilli(), t.To.UnixMilli()
	if n := len(m.stops); n > 0 { // what was found long after the run
		m.To = max(m.To, m.stops[n-1].Add(time.Millisecond).UnixMilli())
	}
	if m.Now = m.To; !m.knownAt.IsZero() {
		m.Now = m.knownAt.UnixMilli()
	}
	if len(m.stops) == 0 {
		return
	}
	m.First = m.stops[0].UnixMilli()
	var texts []string
	for _, stop := range m.stops {
		texts = append(texts, strconv.FormatInt(slid(stop).UnixMilli()-m.First, 10))
	}
	m.Stops = strings.Join(texts, " ")
}

// slid is the moment to which the slider goes for a stop: the next millisecond, by which
// the answer had been read.
func slid(stop time.Time) time.Time { return stop.Add(time.Millisecond - 1).Truncate(time.Millisecond) }
