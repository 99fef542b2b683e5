package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"slices"
	"strings"
)

// MinSecret is the length in bytes from which on a source's own secret is
// looked for; what is shorter would be found in any text.
const MinSecret = 6

// needles gives what a view holds where a text holds the secret, whether as it
// is, escaped in any way, in hexadecimal, or in base64 (alone or, as in basic
// authentication, behind other bytes).
func needles(secret string) [][]byte {
	if len(secret) < MinSecret {
		return nil
	}
	inHex := hex.EncodeToString([]byte(secret))
	forms := []string{secret, strings.ReplaceAll(secret, " ", "+"), inHex, strings.ToUpper(inHex)}
	for before := range 3 {
		encoded := inBase64(secret, before)
		forms = append(forms, encoded, strings.NewReplacer("+", "-", "/", "_").Replace(encoded))
	}
	var needles [][]byte
	for _, form := range forms {
		var seen view
		seen.plain([]byte(form))
		seen.undo()
		if needle := newBroken(seen.chars).joined; !strings.Contains(mark, string(needle)) {
			needles = append(needles, needle)
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

// occurrence is where a needle is found next.
type occurrence struct {
	needle []byte
	at     int
}

// findSecret gives the spans of a view where one of the needles is, in order
// and apart from each other. It may be broken over lines.
func findSecret(v *view, needles [][]byte) iter.Seq[span] {
	return func(yield func(span) bool) {
		if len(needles) == 0 {
			return
		}
		b := newBroken(v.chars)
		for s := range findNeedles(b.joined, needles) {
			start := b.of(s.start)
			if !yield(span{start, b.of(s.end-1) + 1, s.by}) {
				return
			}
		}
	}
}

func findNeedles(chars []byte, needles [][]byte) iter.Seq[span] {
	return func(yield func(span) bool) {
		var ahead []occurrence
		for _, needle := range needles {
			if at := bytes.Index(chars, needle); at >= 0 {
				ahead = append(ahead, occurrence{needle, at})
			}
		}
		found := span{end: -1}
		for len(ahead) > 0 {
			i := nearest(ahead)
			start, end := ahead[i].at, ahead[i].at+len(ahead[i].needle)
			if found.end < start {
				if found.end >= 0 && !yield(found) {
					return
				}
				found = span{start, end, mark}
			}
			found.end = max(found.end, end)
			if next := bytes.Index(chars[end:], ahead[i].needle); next >= 0 {
				ahead[i].at = end + next
			} else {
				ahead = slices.Delete(ahead, i, i+1)
			}
		}
		if found.end >= 0 {
			yield(found)
		}
	}
}

func nearest(ahead []occurrence) (index int) {
	for i := range ahead {
		if ahead[i].at < ahead[index].at {
			index = i
		}
	}
	return index
}

// holdsSecret reports whether a view has one of the needles in it.
func holdsSecret(v *view, needles [][]byte) bool {
	for range findSecret(v, needles) {
		return true
	}
	return false
}
