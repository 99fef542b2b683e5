package history

import (
	"hash/maphash"
	"strconv"
)

// stepKey is what a step is known by within its run, all of it or a part.
type stepKey struct{ name, start, end, status, entries string }

// stepFacts is all that is known of one step, or said of it. entries tells its
// log entries whatever their order, and first the earliest of them: entries
// come at the end as long as a step lasts.
type stepFacts struct{ name, start, end, status, entries, first string }

// stepMatch pairs the steps that an answer lists with those known. All maps,
// no loop within a loop: an answer may list a hundred thousand.
type stepMatch struct {
	known    []stepFacts
	vanished []bool // of known
	said     []stepFacts
	places   []int  // of said: the place in known, -1 where there is none yet
	taken    []bool // of known: paired
	open     []int  // places in known that a listed step without one may yet be at
	left     int    // how many of said have no place yet
	seed     maphash.Seed
}

func newStepMatch(known []Step, said []ReportedStep) *stepMatch {
	m := &stepMatch{
		known: make([]stepFacts, len(known)), vanished: make([]bool, len(known)), said: make([]stepFacts, len(said)),
		places: make([]int, len(said)), taken: make([]bool, len(known)), left: len(said), seed: maphash.MakeSeed(),
	}
	for i, s := range known {
		m.known[i] = stepFacts{name: s.Name, start: s.Start.Raw, end: s.End.Raw, status: s.Status}
		m.vanished[i] = !s.VanishedAt.IsZero()
	}
	for i, s := range said {
		m.said[i] = stepFacts{name: s.Name, start: s.Start.Raw, end: s.End.Raw, status: s.Status}
		m.places[i] = -1
	}
	return m
}

// keyOf gives the part of what is known of a step by which to pair it; false:
// the step lacks it.
type keyOf func(stepFacts) (stepKey, bool)

func nameAndStart(f stepFacts) stepKey { return stepKey{name: f.name, start: f.start} }

// all pairs steps by all that is known of them first, then by less and less. Of
// those that are equal in name and start, an end tells most: it does not
// change. That all comes first also has steps that become equal in name and
// start keep their places when the same answer comes again.
func (m *stepMatch) all(known []Step, said []ReportedStep) []int {
	m.alone()
	if m.left == 0 {
		return m.places
	}
	m.findOpen()
	m.readEntries(known, said)
	exact := []keyOf{
		func(f stepFacts) (stepKey, bool) { return stepKey{f.name, f.start, f.end, f.status, f.entries}, true },
		func(f stepFacts) (stepKey, bool) {
			return stepKey{f.name, f.start, f.end, f.status, f.first}, f.end != "" && f.first != ""
		},
		func(f stepFacts) (stepKey, bool) { return stepKey{f.name, f.start, f.end, f.status, ""}, f.end != "" },
		func(f stepFacts) (stepKey, bool) { return stepKey{f.name, f.start, "", "", f.entries}, f.entries != "" },
		func(f stepFacts) (stepKey, bool) { return stepKey{f.name, f.start, "", "", f.first}, f.first != "" },
		func(f stepFacts) (stepKey, bool) { return stepKey{f.name, f.start, "", f.status, ""}, true },
		func(f stepFacts) (stepKey, bool) { return nameAndStart(f), true },
	}
	for _, vanished := range []bool{false, true} {
		for _, key := range exact {
			m.by(key, vanished)
		}
	}
	for _, key := range []keyOf{
		func(f stepFacts) (stepKey, bool) { return stepKey{f.name, "", "", "", f.first}, f.first != "" },
		func(f stepFacts) (stepKey, bool) { return stepKey{name: f.name}, f.name != "" },
		func(f stepFacts) (stepKey, bool) { return stepKey{start: f.start}, f.start != "" },
	} {
		m.by(key, false)
		m.by(key, true)
	}
	return m.places
}

// alone pairs the steps that no other one shares its name and start with, on
// either side: nearly all, without a look at their entries.
func (m *stepMatch) alone() {
	type count struct{ known, said, place int }
	counts := make(map[stepKey]count, len(m.known))
	for i, f := range m.known {
		if !m.vanished[i] {
			key := nameAndStart(f)
			counts[key] = count{known: counts[key].known + 1, place: i}
		}
	}
	for _, f := range m.said {
		key := nameAndStart(f)
		c := counts[key]
		c.said++
		counts[key] = c
	}
	for i, f := range m.said {
		if c := counts[nameAndStart(f)]; c.known == 1 && c.said == 1 {
			m.pair(i, c.place)
		}
	}
}

// findOpen leaves out what shares neither name nor start with any listed step
// that has no place: most of what has vanished.
func (m *stepMatch) findOpen() {
	names, starts := map[string]bool{}, map[string]bool{}
	for i, f := range m.said {
		if m.places[i] < 0 {
			names[f.name], starts[f.start] = true, true
		}
	}
	for i, f := range m.known {
		if !m.taken[i] && (names[f.name] || starts[f.start]) {
			m.open = append(m.open, i)
		}
	}
}

// by pairs the steps that are equal in a part of what is known, in their order:
// with those that vanished, or those that did not.
func (m *stepMatch) by(key keyOf, vanished bool) {
	if m.left == 0 {
		return
	}
	free := map[stepKey][]int{}
	for _, i := range m.open {
		if k, has := key(m.known[i]); has && !m.taken[i] && m.vanished[i] == vanished {
			free[k] = append(free[k], i)
		}
	}
	if len(free) == 0 {
		return
	}
	for i, f := range m.said {
		k, has := key(f)
		if places := free[k]; has && m.places[i] < 0 && len(places) > 0 {
			m.pair(i, places[0])
			free[k] = places[1:]
		}
	}
}

// pair gives the listed step i a place.
func (m *stepMatch) pair(i, place int) {
	m.places[i], m.taken[place] = place, true
	m.left--
}

// readEntries reads the log entries of the steps that are not paired yet.
func (m *stepMatch) readEntries(known []Step, said []ReportedStep) {
	for _, i := range m.open {
		s, sum := known[i], entrySum{}
		for _, e := range s.Entries {
			// What vanished with its step is what the step would come back with.
			if e.WithdrawnAt.IsZero() || !s.VanishedAt.IsZero() && e.WithdrawnAt.Equal(s.VanishedAt) {
				sum.add(m.seed, e.key())
			}
		}
		m.known[i].entries, m.known[i].first = sum.texts()
	}
	for i, s := range said {
		if m.places[i] >= 0 {
			continue
		}
		sum := entrySum{}
		for _, e := range s.Entries {
			sum.add(m.seed, e.key())
		}
		m.said[i].entries, m.said[i].first = sum.texts()
	}
}

// entrySum adds up log entries, whatever their order. least is the earliest by
// what the upstream wrote, so that it too is the same in any order.
type entrySum struct {
	count int
	sum   uint64
	least entryKey
}

func (s *entrySum) add(seed maphash.Seed, key entryKey) {
	if s.count == 0 || key.less(s.least) {
		s.least = key
	}
	s.count++
	s.sum += maphash.Comparable(seed, key)
}

// texts gives the sum and the earliest entry; both are empty where there is none.
func (s *entrySum) texts() (all, first string) {
	if s.count == 0 {
		return "", ""
	}
	return strconv.Itoa(s.count) + ":" + strconv.FormatUint(s.sum, 36), s.least.created + "\x00" + s.least.level + "\x00" + s.least.detail
}
