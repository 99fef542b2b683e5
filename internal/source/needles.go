package source

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
)

// minSecret is the length in bytes from which on a source's own secret is
// looked for; what is shorter would be found in any text.
const minSecret = 6

// needles gives what a view holds where a text holds the secret, whether as it
// is, escaped in any way, or in base64 (alone or, as in basic authentication,
// behind other bytes).
func needles(secret string) [][]byte {
	if len(secret) < minSecret {
		return nil
	}
	forms := []string{secret, strings.ReplaceAll(secret, " ", "+")}
	for before := range 3 {
		encoded := inBase64(secret, before)
		forms = append(forms, encoded, strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
	}
	var needles [][]byte
	for _, form := range forms {
		var seen, spare view
		seen.plain([]byte(form))
		seen.undo(&spare)
		if !strings.Contains(mark, string(seen.chars)) {
			needles = append(needles, seen.chars)
		}
	}
	slices.SortFunc(needles, bytes.Compare)
	return slices.CompactFunc(needles, bytes.Equal)
}

// inBase64 gives those chars of an encoded text that the secret alone
// determines when so many bytes stand before it.
func inBase64(secret string, before int) string {
	encoded := base64.RawStdEncoding.EncodeToString([]byte("..."[:before] + secret))
	return encoded[(before*8+5)/6 : (before+len(secret))*8/6]
}

// findSecret gives the spans of a view where one of the needles is, in order
// and apart from each other.
func findSecret(v *view, needles [][]byte) []span {
	var found []span
	for _, needle := range needles {
		for i := 0; ; {
			next := bytes.Index(v.chars[i:], needle)
			if next < 0 {
				break
			}
			i += next + len(needle)
			found = append(found, span{i - len(needle), i, mark})
		}
	}
	slices.SortFunc(found, func(a, b span) int { return a.start - b.start })
	apart := found[:0]
	for _, s := range found {
		if last := len(apart) - 1; last >= 0 && s.start <= apart[last].end {
			apart[last].end = max(apart[last].end, s.end)
			continue
		}
		apart = append(apart, s)
	}
	return apart
}
