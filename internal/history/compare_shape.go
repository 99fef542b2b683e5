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
			if !slices.Contains(was, key) {
				c.anomaly(0, KindShapeChanged, nil, shapePath(object, key))
			}
		}
		for _, key := range was {
			if !slices.Contains(now, key) {
				c.anomaly(0, KindShapeChanged, shapePath(object, key), nil)
			}
		}
	}
	c.run.Shape = maps.Clone(known)
	if c.run.Shape == nil {
		c.run.Shape = Shape{}
	}
	maps.Copy(c.run.Shape, c.said.Shape)
}

func shapePath(object, key string) string {
	if object == "" {
		return key
	}
	return object + "." + key
}
