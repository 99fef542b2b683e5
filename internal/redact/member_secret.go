package redact

import "bytes"

// label is a string that names the value beside it, as in {"name":…,"value":…}.
type label struct {
	kind   credentialName
	object []byte // the path of what has both
}

// takeNamed takes from a string in a body what is the secret of a member that is
// named so, and reports whether it did.
func (r *redactor) takeNamed(e *edit, l literal) (taken bool) {
	start, end := l.start+1, l.end-1
	kind := r.judgePlace(l.path, e.text[start:end])
	if kind == nameOfNone || start == end {
		return false
	}
	r.load(e.text[start:end], (*view).decoded)
	r.secrets.view = &r.view
	from, found := r.secrets.whole(kind)
	if found {
		at := offsets{view: &r.view}
		e.replace(start+at.of(from), end, mark)
	}
	return found
}

// whole gives where in the view the secret of such a name begins, which ends
// with it.
func (s *secrets) whole(kind credentialName) (start int, found bool) {
	if kind == nameOfCookie {
		return 0, s.isCookie(0)
	}
	if kind == nameOfHeader {
		if start = s.behindScheme(0, 0); start > 0 {
			kind = nameOfStrong
		}
	}
	return start, start < len(s.chars) && s.isSecret(start, min(len(s.chars), start+maxAssigned), kind, true)
}

// judgePlace tells what the name of a string is by its path: that of its member,
// or of what the member is the value of.
func (r *redactor) judgePlace(path, text []byte) credentialName {
	path = bytes.TrimRight(path, "[]?")
	dot := bytes.LastIndexByte(path, '.')
	object, name := path[:max(dot, 0)], path[dot+1:]
	switch string(name) {
	case "name", "key", "header":
		r.label = label{judgeMember(text), append(r.label.object[:0], object...)}
		return nameOfNone
	case "value":
		if r.label.kind != nameOfNone && bytes.Equal(r.label.object, object) {
			return r.label.kind
		}
		return judgeMember(object[bytes.LastIndexByte(object, '.')+1:])
	}
	if kind := judgeMember(name); kind != nameOfNone {
		return kind
	}
	if plural, found := bytes.CutSuffix(object, []byte("s")); found && !isAbout(r.secrets.words(name)) && judgeMember(plural[bytes.LastIndexByte(plural, '.')+1:]) == nameOfStrong {
		return nameOfWeak
	}
	return nameOfNone
}

// judgeMember judges the name of a member, if it is one and no text.
func judgeMember(name []byte) credentialName {
	for _, c := range name[max(0, len(name)-maxAssigned):] {
		if !isNameChar(c) {
			return nameOfNone
		}
	}
	return judge(name)
}
