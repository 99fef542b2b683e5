package redact

import (
	"bytes"
	"iter"

	"tracker/internal/jsonscan"
)

// literal is a string literal in a JSON text.
type literal struct {
	start, end int    // text[start:end] has the quotes
	name       bool   // it names a member
	path       []byte // where the value stands, as "data[].url"; valid until the next literal
}

// literals gives every string literal of a JSON text, in order. It needs one
// pass and no recursion, and stops at the end of a text that is not valid.
func literals(text []byte) iter.Seq[literal] {
	return func(yield func(literal) bool) {
		var at place
		for i := 0; i < len(text); {
			if text[i] != '"' {
				at.pass(text[i])
				i++
				continue
			}
			l := literal{start: i, end: jsonscan.SkipString(text, i), name: at.name}
			if l.name {
				at.member(text[l.start:l.end])
			}
			l.path = at.path
			if !yield(l) {
				return
			}
			i = l.end
		}
	}
}

// place is where in a JSON text a walk stands.
type place struct {
	path  []byte
	outer []container
	name  bool // the next literal names a member
}

// container is an object or a list that is open.
type container struct {
	path   int // the length of its own path
	object bool
}

// pass takes note of a character outside all literals.
func (p *place) pass(c byte) {
	switch c {
	case '{', '[':
		p.outer = append(p.outer, container{len(p.path), c == '{'})
		p.name = c == '{'
		if c == '[' {
			p.path = append(p.path, "[]"...)
		}
	case '}', ']':
		if len(p.outer) > 0 {
			p.path = p.path[:p.inner().path]
			p.outer = p.outer[:len(p.outer)-1]
		}
		p.name = false
	case ',':
		p.name = len(p.outer) > 0 && p.inner().object
	case ':':
		p.name = false
	}
}

func (p *place) inner() container { return p.outer[len(p.outer)-1] }

// member puts the name of a member at the end of the path. A name that looks
// like a path itself must not be taken for one.
func (p *place) member(literal []byte) {
	p.path = p.path[:p.inner().path]
	if len(p.path) > 0 {
		p.path = append(p.path, '.')
	}
	name := literal
	if len(literal) > 1 {
		name = jsonscan.Unquote(literal)
	}
	p.path = append(p.path, name...)
	if bytes.ContainsAny(name, ".[]") {
		p.path = append(p.path, '?')
	}
}
