package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"tracker/internal/store"
)

// readJSON is json.Unmarshal of a body that can be kept as it was sent: it refuses texts
// that are no UTF-8, lone surrogates among them, and U+0000.
func readJSON(body []byte, into any) error {
	read := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	for {
		token, err := read.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return json.Unmarshal(body, into)
		case err != nil:
			return err
		case token.Kind() == '"' && !store.IsText(token.String()):
			return errors.New("a text of it holds U+0000")
		}
	}
}
