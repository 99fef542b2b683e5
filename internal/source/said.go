package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"tracker/internal/redact"
)

// keptBody bounds what is kept of the body of an answer that is no status, in bytes.
const keptBody = 4 << 10

// Failure is what is kept of an answer that is no status.
type Failure struct {
	Text string // what went wrong and what the service said, redacted, on one line, at most 500 runes
	Body string // the beginning of the body, redacted, at most 4 KiB; empty where there was none
}

// Malformed tells of a 2xx whose body is not what the provider's contract says.
func (a *Account) Malformed(body []byte, err error) Failure {
	said, kept := a.said(body)
	text := err.Error()
	if said != "" {
		text += "; the service said: " + said
	}
	return Failure{Text: errorText(text, a.Secret), Body: kept}
}

// Rejected tells of a 2xx with which the service said that it cannot tell a status.
func (a *Account) Rejected(body []byte, rejection *Rejection) Failure {
	_, kept := a.said(body)
	return Failure{Text: errorText(rejection.Text, a.Secret), Body: kept}
}

// explain adds what a service said to why a poll failed, and keeps the
// beginning of the body.
func (r *Response) explain(a *Account) {
	if len(r.said) == 0 {
		return
	}
	said, kept := a.said(r.said)
	r.ErrorBody, r.said = kept, nil
	if said != "" && !strings.HasSuffix(strings.ToLower(r.Error), strings.ToLower(said)) {
		r.Error += ": " + said
	}
}

// said finds what a service said in a body of any form, and gives the beginning
// of the body as it may be kept. All is redacted before any is cut off.
func (a *Account) said(body []byte) (sentence, kept string) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	cut := len(body) > messageLimit
	body = body[:min(len(body), messageLimit)]
	if json.Valid(body) {
		body = redact.JSON(body, a.Secret, redact.Places{Links: a.Provider.Links, Signed: a.Provider.Signed})
		if root, err := parse(body); err == nil {
			sentence = message(root, maxMessageDepth)
		}
		return sentence, keep(string(body))
	}
	text := redact.Markup(string(body), a.Secret)
	if cut { // the end may be half a secret, whatever way it is escaped
		text = text[:max(0, len(text)-6*a.Secret.Longest())]
	}
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "{"), strings.HasPrefix(trimmed, "["): // the beginning of some JSON
	case !isText(text):
	case strings.HasPrefix(trimmed, "<"):
		sentence = firstSentence(markupText(trimmed))
	default:
		sentence = firstSentence(trimmed)
	}
	return sentence, keep(text)
}

// isText reports whether a body is meant to be read: most of it can be.
func isText(body string) bool {
	odd := 0
	for _, r := range body {
		if r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) {
			odd++
		}
	}
	return odd*3 < len(body)
}

// keep gives the beginning of a redacted body as text that can be stored and
// shown: control characters beside line ends and tabs become U+FFFD.
func keep(body string) string {
	body = strings.ReplaceAll(body[:min(len(body), 2*keptBody)], "\r\n", "\n")
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(body, "\uFFFD"))
	if len(text) <= keptBody {
		return text
	}
	end := keptBody
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// firstSentence gives the first sentence of a text, on one line.
func firstSentence(text string) string {
	paragraph, _, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n\n")
	line := strings.Join(strings.Fields(paragraph), " ")
	for i, c := range line {
		if c != '.' && c != '!' && c != '?' || i+2 >= len(line) || line[i+1] != ' ' {
			continue
		}
		next, _ := utf8.DecodeRuneInString(line[i+2:])
		word := line[strings.LastIndexByte(line[:i], ' ')+1 : i]
		if !unicode.IsLower(next) && len(word) > 1 && !strings.Contains(word, ".") {
			return line[:i+1]
		}
	}
	return line
}

// markupText gives what a page of HTML, or a document of XML, says: its title
// and first heading, else its message, else its first text.
func markupText(page string) string {
	tokens := html.NewTokenizer(strings.NewReader(page))
	texts, inside := map[string]string{}, ""
	for {
		kind := tokens.Next()
		name, _ := tokens.TagName()
		switch kind {
		case html.ErrorToken:
			return tell(texts)
		case html.StartTagToken:
			if tag := string(name); isTelling(tag) && texts[tag] == "" {
				inside = tag
			}
		case html.EndTagToken:
			if inside == string(name) {
				inside = ""
			}
		case html.TextToken:
			text := strings.TrimSpace(string(tokens.Text()))
			if text != "" && (inside != "" || texts[""] == "") {
				texts[inside] = strings.TrimSpace(texts[inside] + " " + text)
			}
		}
	}
}

func isTelling(tag string) bool {
	switch tag {
	case "title", "h1", "message", "faultstring", "detail", "script", "style":
		return true
	default:
		return false
	}
}

// tell puts together what the telling parts of a page say.
func tell(texts map[string]string) string {
	title, heading := texts["title"], texts["h1"]
	if title != "" && heading != "" && !strings.Contains(strings.ToLower(title), strings.ToLower(heading)) {
		return title + ": " + heading
	}
	return cmp.Or(title, heading, texts["message"], texts["faultstring"], texts["detail"], texts[""])
}
