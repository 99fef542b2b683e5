package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tracker/internal/history"
)

// fieldError is what a body has that its provider's contract does not allow.
type fieldError struct {
	path    string // "steps[2].start"; empty for the body itself
	problem string
}

func (e fieldError) Error() string {
	if e.path == "" {
		return e.problem
	}
	return e.path + ": " + e.problem
}

// under puts prefix before the path of a fieldError.
func under(prefix string, err error) error {
	field, ok := errors.AsType[fieldError](err)
	if !ok {
		return err
	}
	if field.path == "" {
		return fieldError{prefix, field.problem}
	}
	return fieldError{prefix + "." + field.path, field.problem}
}

// reader reads one body by its provider's contract and collects what the body
// has beyond it.
type reader struct {
	contract contract
	extras   *extras
	members  []member // of the objects that are being read, the innermost last
}

func newReader(c contract) *reader { return &reader{contract: c, extras: newExtras()} }

// object opens an object of the given kind, such as "steps[]".
func (r *reader) object(v value, kind string) *fields {
	f := &fields{reader: r}
	if v.kind() != kindObject {
		f.err = fieldError{problem: fmt.Sprintf("want %s, got %s", kindObject, v.kind())}
		return f
	}
	from := len(r.members)
	r.members = v.appendMembers(r.members)
	f.members = r.members[from:]
	r.extras.object(kind, f.members, r.contract[kind])
	return f
}

// shape gives what the objects opened so far have outside their contracts.
func (r *reader) shape() history.Shape { return r.extras.shape() }

// fields reads the fields of one object. It keeps the first error, and after
// it reads nothing more.
type fields struct {
	reader  *reader
	members []member
	err     error
}

// get finds a field by its exact name; of several the last counts.
func (f *fields) get(name string) (v value, found bool) {
	for _, m := range slices.Backward(f.members) {
		if string(m.name) == name {
			return m.value, true
		}
	}
	return nil, false
}

// optional finds a field that is neither absent nor null.
func (f *fields) optional(name string) (v value, found bool) {
	v, found = f.get(name)
	return v, found && v.kind() != kindNull
}

// want gives a field that has to be there and of one of the given kinds; nil
// after an error.
func (f *fields) want(name string, kinds ...jsonKind) value {
	if f.err != nil {
		return nil
	}
	v, found := f.get(name)
	if !found {
		f.err = fieldError{name, "missing"}
		return nil
	}
	if !slices.Contains(kinds, v.kind()) {
		f.err = fieldError{name, fmt.Sprintf("want %s, got %s", anyOf(kinds), v.kind())}
		return nil
	}
	return v
}

// require fails where one of the named fields is absent.
func (f *fields) require(names ...string) {
	for _, name := range names {
		if _, found := f.get(name); !found && f.err == nil {
			f.err = fieldError{name, "missing"}
		}
	}
}

func anyOf(kinds []jsonKind) string {
	var words []string
	for _, k := range kinds {
		words = append(words, string(k))
	}
	return strings.Join(words, " or ")
}

// text gives a field that has to be a string.
func (f *fields) text(name string) string {
	v := f.want(name, kindString)
	if v == nil {
		return ""
	}
	return v.text()
}

// textOrNull gives a field that has to be a string or null, which gives nil.
func (f *fields) textOrNull(name string) *string {
	v := f.want(name, kindString, kindNull)
	if v == nil || v.kind() == kindNull {
		return nil
	}
	return new(v.text())
}

// optionalText gives a field that may be absent; where it is not, it has to be
// a string or null.
func (f *fields) optionalText(name string) *string {
	if _, found := f.get(name); !found {
		return nil
	}
	return f.textOrNull(name)
}

// readList reads a field that has to be a list, element by element.
func readList[T any](f *fields, name string, read func(*reader, value) (T, error)) []T {
	var list []T
	outer := len(f.reader.members)
	for i, element := range f.want(name, kindList).elements() {
		item, err := read(f.reader, element)
		f.reader.members = f.reader.members[:outer] // the element's are read
		if err != nil {
			f.err = under(fmt.Sprintf("%s[%d]", name, i), err)
			return nil
		}
		list = append(list, item)
	}
	return list
}
