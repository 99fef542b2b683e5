package source

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"
)

const (
	// messageLimit bounds what is read of an answer that is no status, in bytes.
	messageLimit = 64 << 10

	// maxMessageDepth bounds how deep a message is looked for.
	maxMessageDepth = 4

	// maxErrorText bounds an error, in runes.
	maxErrorText = 500
)

// statusText tells an answer's status and why it came: the refusal of a
// redirect, or the message that its body holds.
func statusText(answer *http.Response, refusal string) string {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode)))
	reason := refusal
	if reason == "" {
		body, _ := io.ReadAll(io.LimitReader(answer.Body, messageLimit)) // a part is as good as none
		if root, err := parse(body); err == nil && root.kind() == kindObject {
			reason = message(root, maxMessageDepth)
		}
	}
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

// message finds what a body says went wrong: a string, a list of what is wrong
// with single fields, or an object that has one of these under a usual name.
func message(v value, depth int) string {
	if depth == 0 {
		return ""
	}
	switch v.kind() {
	case kindString:
		return v.text()
	case kindList:
		var parts []string
		for _, element := range v.elements() {
			if part := message(element, depth-1); part != "" {
				parts = append(parts, part)
			}
		}
		return strings.Join(parts, "; ")
	case kindObject:
		return objectMessage(&fields{members: v.members()}, depth)
	default:
		return ""
	}
}

func objectMessage(object *fields, depth int) string {
	for _, name := range []string{"detail", "details", "message", "msg", "error"} {
		v, found := object.optional(name)
		if !found {
			continue
		}
		text := message(v, depth-1)
		if where := location(object); where != "" {
			text = where + ": " + text
		}
		return text
	}
	return ""
}

// location joins the loc of an error about a single field: body.data.0.id.
func location(object *fields) string {
	loc, found := object.optional("loc")
	if !found || loc.kind() != kindList {
		return ""
	}
	var parts []string
	for _, element := range loc.elements() {
		part := element.raw()
		if element.kind() == kindString {
			part = element.text()
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ".")
}

// errorText makes a text fit to be kept as an error: redacted, without the
// query of any URL, on one line, short.
func errorText(text string, secret Secret) string {
	if text == "" {
		return ""
	}
	text = storable(redactText(text, secret, dropAll))
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxErrorText {
		return string(runes[:maxErrorText-1]) + "…"
	}
	return text
}
