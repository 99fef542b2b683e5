package source

import (
	"encoding/base64"
	"errors"
	"strings"

	"tracker/internal/redact"
)

// signingLeast is how long a key is at least by which webhooks are signed, in bytes, as
// Standard Webhooks has it.
const signingLeast = 24

// ErrSigningKey refuses a secret; its text is no part of the error.
var ErrSigningKey = errors.New("the secret is none of Standard Webhooks: whsec_ and base64")

// SigningKey is the key in a secret of Standard Webhooks.
func SigningKey(secret redact.Secret) ([]byte, error) {
	encoded, marked := strings.CutPrefix(secret.Reveal(), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !marked || err != nil || len(key) < signingLeast {
		return nil, ErrSigningKey
	}
	return key, nil
}
