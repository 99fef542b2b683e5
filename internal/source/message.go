package source

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"tracker/internal/redact"
)

const (
	// messageLimit bounds what is read of an answer that is no status, in bytes.
	messageLimit = 64 << 10

	// maxMessageDepth bounds how deep a message is looked for.
	maxMessageDepth = 4

	// maxErrorText bounds an error, in runes.
	maxErrorText = 500
)

// statusText tells an answer's status and, where it is a redirect that was not
// followed, why.
func statusText(answer *http.Response, refusal string) string {
	text := strings.TrimSpace(fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode)))
	if refusal == "" {
		return text
	}
	return text + ": " + refusal
}

// message finds what a body says went wrong: the first sentence of a string, of
// all of a list, or of what an object has under a usual name.
func message(v value, depth int) string {
	if depth == 0 {
		return ""
	}
	switch v.kind() {
	case kindString:
		return firstSentence(v.text())
	case kindList:
		var parts []string
		for _, element := range v.elements() {
			if part := message(element, depth-1); part != "" {
				parts = append(parts, part)
			}
		}
		return strings.Join(parts, "; ")
	case kindObject:
		return objectMessage(v.members(), depth)
	default:
		return ""
	}
}

// messageNames are where services say what went wrong, in lower case. Of several
// the first that says anything counts.
var messageNames = []string{
	"detail", "details", "message", "msg", "error_description", "error_message", "errormessage",
	"errors", "error", "title", "reason", "description", "fault", "faultstring",
}

func objectMessage(members []member, depth int) string {
	for _, name := range messageNames {
		v, found := memberNamed(members, name)
		if !found {
			continue
		}
		text := message(v, depth-1)
		if text == "" && v.kind() == kindObject && (name == "errors" || name == "error" || strings.HasPrefix(name, "detail")) {
			text = fieldMessages(v.members(), depth-1)
		}
		if text == "" {
			continue
		}
		if title, found := memberNamed(members, "title"); found && name != "title" && title.kind() == kindString {
			text = strings.TrimSuffix(firstSentence(title.text()), ".") + ": " + text
		}
		if where := location(&fields{members: members}); where != "" {
			text = where + ": " + text
		}
		return text
	}
	return ""
}

// memberNamed finds a member by its name in lower case.
func memberNamed(members []member, name string) (v value, found bool) {
	for _, m := range members {
		if strings.EqualFold(string(m.name), name) {
			return m.value, true
		}
	}
	return nil, false
}

// fieldMessages joins what is said of each field by its name.
func fieldMessages(members []member, depth int) string {
	var parts []string
	for _, m := range members {
		if depth <= 0 {
			break
		}
		if text := message(m.value, depth-1); text != "" {
			parts = append(parts, storable(string(m.name))+": "+text)
		}
	}
	return strings.Join(parts, "; ")
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
func errorText(text string, secret redact.Secret) string {
	if text == "" {
		return ""
	}
	text = storable(redact.TextWithoutQueries(text, secret))
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
