package redact

import "html"

// Text does to a plain text what JSON does to the strings of one.
func Text(text string, secret Secret) string { return redactText(text, secret, keepNames) }

// TextWithoutQueries is Text that leaves nothing of the query and the fragment of a URL,
// not even that there were any.
func TextWithoutQueries(text string, secret Secret) string { return redactText(text, secret, dropAll) }

// Markup is Text for one that may be HTML. Where it is only found without the escapes of
// HTML that it holds the secret, it loses them.
func Markup(text string, secret Secret) string {
	if plain := html.UnescapeString(text); plain != text {
		var seen view
		seen.plain([]byte(plain))
		if holdsSecret(&seen, secret.reveal().needles) {
			text = plain
		}
	}
	return Text(text, secret)
}

func redactText(text string, secret Secret, l leniency) string {
	r := redactor{needles: secret.reveal().needles}
	e := edit{text: []byte(text)}
	r.redact(&e, 0, len(text), (*view).plain, l)
	return string(e.result())
}
