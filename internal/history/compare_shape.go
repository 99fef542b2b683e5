package history

import (
	"maps"
	"slices"
)

// compareShape finds paths outside the provider's contract that came or went.
// A kind of object that an answer does not show (its list is empty, or the
// answer has the other form of a union) tells nothing: what was known of it stays.
func (c *comparison) compareShape() {
	var known Shape
	if head := c.known.HeadRun(); head != nil {
		known = head.Shape
	}
	for _, object := range slices.Sorted(maps.Keys(c.said.Shape)) {
		was, isKnown := known[object]
		if !isKnown {
			continue
		}
		now := c.said.Shape[object]
		for _, key := range now {
			if _, found := slices.BinarySearch(was, key); !found {
				c.anomaly(0, KindShapeChanged, nil, shapePath(object, key))
			}
		}
		for _, key := range was {
			if _, found := slices.BinarySearch(now, key); !found {
				c.anomaly(0, KindShapeChanged, shapePath(object, key), nil)
			}
		}
	}
	c.run.Shape = maps.Clone(known)
	if c.run.Shape == nil {
		c.run.Shape = Shape{}
	}
	maps.Copy(c.run.Shape, c.said.Shape)
	c.forgetShape(known)
}

// shapeMost bounds the kinds and keys of a shape that an answer does not show
// itself: more than any provider's body has.
const shapeMost = 1000

// forgetShape forgets the kinds that were below a key that is gone: objects
// keyed by ids would make the shape grow with every answer. What an answer
// leaves open stays, as far as there is room.
func (c *comparison) forgetShape(known Shape) {
	gone := map[string]bool{}
	for object, was := range known {
		now, shown := c.said.Shape[object]
		for _, key := range was {
			if _, found := slices.BinarySearch(now, key); shown && !found {
				gone[shapePath(object, key)] = true
			}
		}
	}
	kept := 0
	for _, object := range slices.Sorted(maps.Keys(c.run.Shape)) {
		if _, shown := c.said.Shape[object]; shown {
			continue
		}
		if kept += 1 + len(c.run.Shape[object]); kept > shapeMost || below(gone, object) {
			delete(c.run.Shape, object)
		}
	}
}

// below reports whether a kind of object is that of a path, or of one below it.
func below(paths map[string]bool, object string) bool {
	for i := range len(object) {
		if (object[i] == '.' || object[i] == '[') && paths[object[:i]] {
			return true
		}
	}
	return paths[object]
}

func shapePath(object, key string) string {
	if object == "" {
		return key
	}
	return object + "." + key
}
