package source

import (
	"slices"

	"tracker/internal/history"
)

const (
	// maxExtras bounds how many kinds and names a shape holds together, so
	// that a body that uses ids for names stays readable.
	maxExtras = 1000

	// maxExtrasDepth bounds how deep unknown values are walked: each level
	// reads the text below it once more.
	maxExtrasDepth = 16

	// maxExtrasName bounds a name in a shape, in bytes.
	maxExtrasName = 200
)

// extras collects what the objects of a body have outside the contract. Past
// maxExtras it takes no more, in the order of the body.
type extras struct {
	kinds map[string]map[string]struct{}
	size  int
}

func newExtras() *extras { return &extras{kinds: map[string]map[string]struct{}{}} }

// object notes an object of a kind, and walks the values of those of its
// members that the contract does not name.
func (e *extras) object(kind string, members []member, contract []string) {
	e.walkMembers(kind, members, contract, maxExtrasDepth)
}

func (e *extras) walkMembers(kind string, members []member, contract []string, depth int) {
	names := e.names(kind)
	if names == nil {
		return
	}
	for _, m := range members {
		if slices.Contains(contract, string(m.name)) {
			continue
		}
		name := extrasName(m.name)
		if _, known := names[name]; !known {
			if e.size == maxExtras {
				return
			}
			e.size++
			names[name] = struct{}{}
		}
		if k := m.value.kind(); k == kindObject || k == kindList {
			e.walk(joinPath(kind, name), m.value, depth-1)
		}
	}
}

// names gives the names noted for a kind, nil where there is no more room.
func (e *extras) names(kind string) map[string]struct{} {
	names, known := e.kinds[kind]
	if known || e.size == maxExtras {
		return names
	}
	names = map[string]struct{}{}
	e.kinds[kind] = names
	e.size++
	return names
}

func (e *extras) walk(path string, v value, depth int) {
	if depth == 0 {
		return
	}
	switch v.kind() {
	case kindObject:
		e.walkMembers(path, v.members(), nil, depth)
	case kindList:
		path += "[]"
		for _, element := range v.elements() {
			e.walk(path, element, depth-1)
		}
	}
}

func (e *extras) shape() history.Shape {
	shape := make(history.Shape, len(e.kinds))
	for kind, names := range e.kinds {
		sorted := make([]string, 0, len(names))
		for name := range names {
			sorted = append(sorted, name)
		}
		slices.Sort(sorted)
		shape[kind] = sorted
	}
	return shape
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// extrasName gives a member's name as storable text of bounded length.
func extrasName(name []byte) string {
	return storable(string(name[:min(len(name), maxExtrasName)]))
}
