package history

// stepKey is what a step is known by within its run.
type stepKey struct{ name, start string }

// stepMatch pairs the steps that an answer lists with those known. All maps,
// no loop within a loop: an answer may list a hundred thousand.
type stepMatch struct {
	known  []Step
	said   []stepKey
	twin   []bool // of said: equal to one listed before it
	places []int  // of said: the place in known, -1 where there is none yet
	taken  []bool // of known: paired
	left   int    // how many of said have no place yet
}

func newStepMatch(known []Step, said []ReportedStep) *stepMatch {
	m := &stepMatch{
		known: known, said: make([]stepKey, len(said)), twin: make([]bool, len(said)),
		places: make([]int, len(said)), taken: make([]bool, len(known)), left: len(said),
	}
	listed := make(map[stepKey]bool, len(said))
	for i, s := range said {
		key := stepKey{s.Name, s.Start.Raw}
		m.said[i], m.twin[i], m.places[i] = key, listed[key], -1
		listed[key] = true
	}
	return m
}

// exactly pairs the steps that are equal in name and start, in their order.
func (m *stepMatch) exactly() {
	free := m.free(func(k stepKey) stepKey { return k })
	for i, key := range m.said {
		m.pair(i, key, free)
	}
}

// by pairs the steps that are equal in a part of the key, if they have it. A
// twin takes no part: it is another step than the one that it equals, and
// would change places with it when the same answer came again.
func (m *stepMatch) by(part func(stepKey) stepKey) {
	if m.left == 0 {
		return
	}
	free := m.free(part)
	for i, key := range m.said {
		if key = part(key); !m.twin[i] && key != (stepKey{}) {
			m.pair(i, key, free)
		}
	}
}

// free lists the known steps that are not paired yet, those that vanished last.
func (m *stepMatch) free(part func(stepKey) stepKey) map[stepKey][]int {
	free := make(map[stepKey][]int, len(m.known))
	for _, vanished := range []bool{false, true} {
		for i, step := range m.known {
			if !m.taken[i] && step.VanishedAt.IsZero() != vanished {
				key := part(stepKey{step.Name, step.Start.Raw})
				free[key] = append(free[key], i)
			}
		}
	}
	return free
}

// pair gives the listed step i the first free place under a key.
func (m *stepMatch) pair(i int, key stepKey, free map[stepKey][]int) {
	if places := free[key]; m.places[i] < 0 && len(places) > 0 {
		m.places[i], m.taken[places[0]], free[key] = places[0], true, places[1:]
		m.left--
	}
}
