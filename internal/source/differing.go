package source

import (
	"bytes"
	"maps"
	"slices"
)

// Differing gives the paths of what differs between two redacted bodies, as
// CheckVolatile takes them and in order; nil where one of them cannot be
// volatile, or nothing differs. Where an object outside the contract has other
// names, or a list another length, the path is its own.
func (p Provider) Differing(was, now []byte) []string {
	before, err := parse(was)
	if err != nil {
		return nil
	}
	after, err := parse(now)
	if err != nil {
		return nil
	}
	d := difference{contract: p.contract, paths: map[string]bool{}}
	d.values(nil, "", before, after, p.omitted)
	paths := slices.Sorted(maps.Keys(d.paths))
	for _, text := range paths {
		if p.CheckVolatile(text) != nil {
			return nil
		}
	}
	return paths
}

type difference struct {
	contract contract
	paths    map[string]bool
}

// values compares what stands at a path, which is of a kind of the contract.
func (d *difference) values(at path, kind string, was, now value, without *omitted) {
	if without.drops() || without.blanks() || bytes.Equal(was, now) {
		return
	}
	switch {
	case was.kind() == kindObject && now.kind() == kindObject:
		d.objects(at, kind, membersByName(was), membersByName(now), without)
	case was.kind() == kindList && now.kind() == kindList:
		d.lists(at, kind, slices.Collect(values(was)), slices.Collect(values(now)), without)
	default:
		d.paths[at.String()] = true
	}
}

func (d *difference) objects(at path, kind string, was, now map[string]value, without *omitted) {
	names := maps.Clone(was)
	maps.Copy(names, now)
	_, known := d.contract[kind]
	if !known && (len(names) > len(was) || len(names) > len(now)) {
		d.paths[at.String()] = true
		return
	}
	for name := range names {
		next, under := append(slices.Clip(at), pathStep{name: name}), without.named(name)
		before, had := was[name]
		after, has := now[name]
		switch {
		case had && has:
			d.values(next, joinPath(kind, name), before, after, under)
		case !under.drops():
			d.paths[next.String()] = true
		}
	}
}

func (d *difference) lists(at path, kind string, was, now []value, without *omitted) {
	if len(was) != len(now) {
		d.paths[at.String()] = true
		return
	}
	next := append(slices.Clip(at), pathStep{elements: true})
	for i := range was {
		d.values(next, kind+"[]", was[i], now[i], without.element())
	}
}

// membersByName gives an object's members; of several with one name the last.
func membersByName(v value) map[string]value {
	members := map[string]value{}
	for _, m := range v.members() {
		members[string(m.name)] = m.value
	}
	return members
}

// values gives the elements of a list.
func values(v value) func(func(value) bool) {
	return func(yield func(value) bool) {
		for _, element := range v.elements() {
			if !yield(element) {
				return
			}
		}
	}
}
