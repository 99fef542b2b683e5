package redact

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"slices"
	"strings"
)

// MinSecret is the length in bytes from which on a source's own secret is
// looked for; what is shorter would be found in any text.
const MinSecret = 6

// needle is what a view holds where a text holds the secret.
type needle struct {
	chars []byte
	end   []byte // of base64: what is behind it where the secret ends the encoded text
}

// needles gives what a view holds where a text holds the secret, whether as it
// is, escaped in any way, in hexadecimal, or in base64 (alone or, as in basic
// authentication, behind other bytes).
func needles(secret string) []needle {
	if len(secret) < MinSecret {
		return nil
	}
	inHex := hex.EncodeToString([]byte(secret))
	var needles []needle
	add := func(form, end string) {
		var seen view
		seen.plain([]byte(form))
		seen.undo()
		if chars := newBroken(seen.chars).joined; !strings.Contains(mark, string(chars)) {
			needles = append(needles, needle{chars, []byte(end)})
		}
	}
	for _, form := range []string{secret, strings.ReplaceAll(secret, " ", "+"), inHex, strings.ToUpper(inHex)} {
		add(form, "")
	}
	inURL := strings.NewReplacer("+", "-", "/", "_")
	for before := range 3 {
		encoded, end := inBase64(secret, before)
		add(encoded, end)
		add(inURL.Replace(encoded), inURL.Replace(end))
	}
	compare := func(a, b needle) int {
		return cmp.Or(bytes.Compare(a.chars, b.chars), bytes.Compare(a.end, b.end))
	}
	slices.SortFunc(needles, compare)
	return slices.CompactFunc(needles, func(a, b needle) bool { return compare(a, b) == 0 })
}

// inBase64 gives those chars of an encoded text that the secret alone
// determines when so many bytes stand before it, and what is behind them when
// nothing follows it.
func inBase64(secret string, before int) (chars, end string) {
	encoded := base64.StdEncoding.EncodeToString([]byte("..."[:before] + secret))
	determined := (before + len(secret)) * 8 / 6
	return encoded[(before*8+5)/6 : determined], encoded[determined:]
}

// endIn tells where the secret ends that a text has at some place: behind the
// end of base64, too, padded or not.
func (n needle) endIn(text []byte, at int) int {
	behind := at + len(n.chars)
	rest, bare := text[behind:], bytes.TrimRight(n.end, "=")
	switch {
	case bytes.HasPrefix(rest, n.end):
		return behind + len(n.end)
	case bytes.HasPrefix(rest, bare) && span64(rest[:min(len(rest), len(bare)+1)]) == len(bare):
		return behind + len(bare)
	default:
		return behind
	}
}

// occurrence is where a needle is found next.
type occurrence struct {
	needle needle
	at     int
}

// findSecret gives the spans of a view where one of the needles is, in order
// and apart from each other. It may be broken over lines.
func findSecret(v *view, needles []needle) iter.Seq[span] {
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

func findNeedles(chars []byte, needles []needle) iter.Seq[span] {
	return func(yield func(span) bool) {
		var ahead []occurrence
		for _, needle := range needles {
			if at := bytes.Index(chars, needle.chars); at >= 0 {
				ahead = append(ahead, occurrence{needle, at})
			}
		}
		found := span{end: -1}
		for len(ahead) > 0 {
			i := nearest(ahead)
			start, end := ahead[i].at, ahead[i].needle.endIn(chars, ahead[i].at)
			if found.end < start {
				if found.end >= 0 && !yield(found) {
					return
				}
				found = span{start, end, mark}
			}
			found.end = max(found.end, end)
			if next := bytes.Index(chars[end:], ahead[i].needle.chars); next >= 0 {
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
func holdsSecret(v *view, needles []needle) bool {
	for range findSecret(v, needles) {
		return true
	}
	return false
}
