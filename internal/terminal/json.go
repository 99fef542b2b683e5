package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// NewJSON gives an encoder of documents that are safe to show.
func NewJSON(out io.Writer) *json.Encoder {
	encoder := json.NewEncoder(VisibleJSON{out})
	encoder.SetEscapeHTML(false)
	return encoder
}

// VisibleJSON writes JSON with escapes for what printable does not let pass,
// which stands for the same. It takes a document, or a line, at once.
type VisibleJSON struct{ Out io.Writer }

// Write implements io.Writer.
func (v VisibleJSON) Write(document []byte) (int, error) {
	var visible []byte // nil: all of it is, so far
	kept := 0
	for i, size := 0, 0; i < len(document); i += size {
		var r rune
		r, size = utf8.DecodeRune(document[i:])
		if !isUnsafe(r) && (r != utf8.RuneError || size > 1) {
			continue
		}
		visible = append(visible, document[kept:i]...)
		for _, unit := range utf16.Encode([]rune{r}) {
			visible = fmt.Appendf(visible, `\u%04x`, unit)
		}
		kept = i + size
	}
	if visible == nil {
		return v.Out.Write(document)
	}
	if _, err := v.Out.Write(append(visible, document[kept:]...)); err != nil {
		return 0, err
	}
	return len(document), nil
}
