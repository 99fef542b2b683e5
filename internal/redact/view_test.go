package redact_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tracker/internal/redact"
)

// escapes are what views undo, and what only looks like it.
var escapes = []string{
	`\\`, `\"`, `\/`, `\n`, `\u0026`, `\u0025`, `\u005c`, `\u00e9`, `\\u003d`, `\\\\u002f`, `\\u00e9`, `\x26`, `\\xe9`, `\ud83d`, `\u00zz`,
	"%", "%25", "%2525", "%2F", "%252f", "%C3%A9", "%zz", "u", "x", "25", "2f", "/", "a", "é", "\xff",
}

// A view says of each char where in the source it stands, whatever was undone
// before it; long runs have widths of more than a byte.
func TestViewKnowsWhereItsCharsStand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(0, 12).Draw(t, "parts") {
			part := rapid.SampledFrom(escapes).Draw(t, "part")
			text.WriteString(strings.Repeat(part, rapid.SampledFrom([]int{1, 1, 1, 2, 3, 100, 300}).Draw(t, "times")))
		}
		for _, quoted := range []bool{false, true} {
			got, want := redact.ViewOf(text.String(), quoted), redact.WideViewOf(text.String(), quoted)
			if !slices.Equal(got, want) {
				t.Fatalf("%q\n got %v\nwant %v", text.String(), got, want)
			}
		}
	})
}
