package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"tracker/internal/redact"
)

// Redact gives a body as it may be kept, and its comparison key. It replaces,
// in all strings and names, the secret and what a URL may hide: user-info,
// query values and fragment. Everything else stays byte for byte. A body that
// is not JSON gives ErrNotJSON. The result may share memory with raw.
func (p Provider) Redact(raw []byte, secret redact.Secret) (body []byte, key [KeySize]byte, err error) {
	if !json.Valid(raw) {
		return nil, key, notJSON(raw)
	}
	body = redact.JSON(raw, secret, redact.Places{Links: p.Links, Signed: p.Signed})
	return body, p.key(body), nil
}

// notJSON says where a body ceases to be JSON, and quotes none of it.
func notJSON(raw []byte) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return fmt.Errorf("the body is empty: %w", ErrNotJSON)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(raw, new(json.RawMessage))); ok {
		return fmt.Errorf("the body is %w, from byte %d of %d", ErrNotJSON, syntax.Offset, len(raw))
	}
	return fmt.Errorf("the body is %w", ErrNotJSON)
}
