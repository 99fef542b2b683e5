package redact

import (
	"bytes"
	"slices"
)

// Places are the paths of strings whose links are redacted otherwise, written as
// in "data[].url": names joined by dots, [] for any element of a list.
type Places struct {
	Links  []string // for people: query values stay whose names do not look like credentials
	Signed []string // maybe signed anew each time: a single mark stands for the query
}

// JSON gives a valid JSON text without the secret, what is the secret of
// others, and what URLs hide: user-info, query values and fragment, in all
// strings and names. Everything else stays byte for byte. The result may share
// memory with raw.
func JSON(raw []byte, secret Secret, where Places) []byte {
	r := redactor{needles: secret.reveal().needles}
	secretSeen := slices.ContainsFunc(r.needles, func(n needle) bool { return bytes.Contains(raw, n.chars) })
	e := edit{text: raw}
	for l := range literals(raw) {
		start, end := l.start+1, l.end-1
		switch {
		case !l.name && r.takeNamed(&e, l):
		case secretSeen || !harmless(raw[start:end]):
			r.redact(&e, start, end, (*view).decoded, where.leniency(l))
		}
	}
	return e.result()
}

func (p Places) leniency(l literal) leniency {
	switch {
	case l.name:
		return keepNames
	case isAt(p.Links, l.path):
		return keepValues
	case isAt(p.Signed, l.path):
		return keepNone
	default:
		return keepNames
	}
}

// isAt reports whether a path, which may be as long as a body, is one of some.
func isAt(places []string, path []byte) bool {
	return slices.ContainsFunc(places, func(place string) bool { return place == string(path) })
}
