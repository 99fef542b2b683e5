package evidence

import (
	"bytes"
	_ "embed" // the guide
	"text/template"
)

//go:embed guide.md
var guideText string

// guide is VERIFY.md: how to check a pack, by hand too. It is written before anything
// else is known of the pack than what was asked for.
func guide(d *Document) []byte {
	var text bytes.Buffer
	t := template.Must(template.New(guideName).Parse(guideText))
	if err := t.Execute(&text, d); err != nil { // its fields are there
		panic("evidence: " + err.Error())
	}
	return text.Bytes()
}
