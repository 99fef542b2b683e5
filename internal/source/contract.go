package source

import (
	"fmt"
	"slices"
	"strings"
)

// contract names the fields that a provider reads, by the kind of object that
// has them: "" is the answer itself, "steps[]" an element of its steps. A kind
// without any is kept as it comes, whatever it holds.
type contract map[string][]string

// checkUnread refuses a path that leads to, or into, what the contract names.
func (c contract) checkUnread(p path) error {
	if c == nil { // what a definition reads only running it tells
		return nil
	}
	at, field := "", ""
	for i, step := range p {
		if names, known := c[at]; known {
			switch {
			case len(names) == 0:
				return nil
			case step.elements:
				return fmt.Errorf("%s is an object, no list", subjectOf(at))
			case !slices.Contains(names, step.name):
				return nil
			}
			field = joinPath(at, step.name)
		}
		if step.elements {
			at += "[]"
		} else {
			at = joinPath(at, step.name)
		}
		if _, known := c[at]; !known && i+1 < len(p) && !c.leadsOn(at) {
			break
		}
	}
	return fmt.Errorf("the history is made of %s: a change of it has to be seen", field)
}

// leadsOn reports whether a kind of object lies below a place.
func (c contract) leadsOn(at string) bool {
	for kind := range c {
		if strings.HasPrefix(kind, at+"[]") || strings.HasPrefix(kind, at+".") {
			return true
		}
	}
	return false
}

func subjectOf(kind string) string {
	if kind == "" {
		return "the answer"
	}
	return kind
}
