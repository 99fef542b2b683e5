package redact_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"tracker/internal/redact"
)

// fragments are what decides where a secret begins and ends.
var fragments = strings.Split("password|token|api_key|Authorization|Cookie|Bearer |Basic |sig|x|name|=|:| = |: |=>|\"|'|`|;|,|&|&amp;|?|#|/|//|https://|\\|%20|%3D|%26|"+
	"%22|\\n|\n| |  |@|<|>|</|(|)|{|}|[|]|--|-----BEGIN PRIVATE KEY-----|-----END |REDACTED|hunter2|abc|ABC|a1B2c3D4e5F6g7H8|dTpw|eyJhbGciOi|.e30|sk_live_|"+
	"AKIA|ghp_|tok_|12|h.example|db|/token/|.csv|$|*|\u00e9|&#61;|&quot;|k3y/With", "|")

// TestRedactAgainChangesNothing redacts what was redacted, of texts at random.
func TestRedactAgainChangesNothing(t *testing.T) {
	t.Parallel()
	random, secret := rand.New(rand.NewPCG(1, 2)), redact.NewSecret("k3y/With+Odd") //nolint:gosec // the same texts each time
	for range 10_000 {
		var text strings.Builder
		for range 2 + random.IntN(14) {
			text.WriteString(fragments[random.IntN(len(fragments))])
		}
		once := redact.Text(text.String(), secret)
		if again := redact.Text(once, secret); again != once {
			t.Errorf("%q\nbecomes %q\nand then %q", text.String(), once, again)
		}
	}
}
