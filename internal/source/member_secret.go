package source

import "bytes"

// isNamedSecret reports whether a string in a body is the value of a member that
// is named like a secret, or of a list there. What has blanks in it is said of
// the secret, as by a validation.
func (r *redactor) isNamedSecret(l literal, inside []byte) bool {
	if looked := guess(inside[:min(len(inside), maxAssigned)]); bytes.IndexByte(looked, ' ') >= 0 || !looked.secret(leastStrong) {
		return false // most are words or times
	}
	name := bytes.TrimRight(l.path, "[]?")
	name = name[bytes.LastIndexByte(name, '.')+1:]
	name = name[max(0, len(name)-maxAssigned):]
	kind := judgeName(r.secrets.words(name))
	if kind == nameOfNone || !isName(name) {
		return false
	}
	r.load(inside, (*view).decoded)
	r.secrets.view = &r.view
	value := guess(r.view.chars[:min(len(r.view.chars), maxAssigned)])
	return value.secret(leastStrong) && !bytes.ContainsAny(value, " \t\n") && r.secrets.isSecret(0, len(value), kind, true)
}

// isName reports whether the name of a member is that of a field, and no text.
func isName(name []byte) bool {
	for _, c := range name {
		if !isNameChar(c) {
			return false
		}
	}
	return true
}
