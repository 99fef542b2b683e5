package source

import "tracker/internal/jsonscan"

// omitted says what a comparison leaves out, as a tree of the fields' names. A
// nil one leaves out nothing.
type omitted struct {
	members  map[string]*omitted
	elements *omitted

	dropped bool // the field, whatever it holds and whether it is there
	blanked bool // what a string says, not that there is one
}

func (o *omitted) drops() bool  { return o != nil && o.dropped }
func (o *omitted) blanks() bool { return o != nil && o.blanked }

// member is what is left out of the member with a name, which is a JSON literal.
func (o *omitted) member(literal []byte) *omitted {
	if o == nil || o.members == nil {
		return nil
	}
	return o.members[string(jsonscan.Unquote(literal))]
}

// named is what is left out of the member with a name.
func (o *omitted) named(name string) *omitted {
	if o == nil {
		return nil
	}
	return o.members[name]
}

// element is what is left out of each element of a list.
func (o *omitted) element() *omitted {
	if o == nil {
		return nil
	}
	return o.elements
}

// at gives the node of a path, and makes it where there is none.
func (o *omitted) at(p path) *omitted {
	for _, s := range p {
		next := o.members[s.name]
		if s.elements {
			next = o.elements
		}
		switch {
		case next != nil:
		case s.elements:
			next = &omitted{}
			o.elements = next
		default:
			if o.members == nil {
				o.members = map[string]*omitted{}
			}
			next = &omitted{}
			o.members[s.name] = next
		}
		o = next
	}
	return o
}
