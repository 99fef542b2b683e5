package redact

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
)

// secretForm is a kind of key that is known by how it begins.
type secretForm struct {
	prefix string
	least  int // how many chars follow at least
}

// secretForms are those of widespread services, by their first char.
var secretForms = byFirstChar(
	secretForm{"sk_live_", 6}, secretForm{"sk_test_", 6}, secretForm{"rk_live_", 6}, secretForm{"rk_test_", 6}, secretForm{"whsec_", 6}, // Stripe
	secretForm{"AKIA", 16}, secretForm{"ASIA", 16}, // AWS
	secretForm{"ghp_", 6}, secretForm{"gho_", 6}, secretForm{"ghu_", 6}, secretForm{"ghs_", 6}, secretForm{"ghr_", 6}, secretForm{"github_pat_", 6},
	secretForm{"glpat-", 6}, secretForm{"gldt-", 6}, secretForm{"glrt-", 6}, // GitLab
	secretForm{"xoxa-", 10}, secretForm{"xoxb-", 10}, secretForm{"xoxe-", 10}, secretForm{"xoxo-", 10}, secretForm{"xoxp-", 10}, secretForm{"xoxr-", 10},
	secretForm{"xoxs-", 10}, secretForm{"xoxe.", 8}, secretForm{"xapp-", 6}, // Slack
	secretForm{"AIza", 20}, secretForm{"ya29.", 16}, secretForm{"GOCSPX-", 16}, // Google
	secretForm{"sk-", 20}, secretForm{"hf_", 20}, secretForm{"npm_", 20}, secretForm{"pypi-", 20}, secretForm{"dop_v1_", 20}, secretForm{"SG.", 20},
	secretForm{"shpat_", 16}, secretForm{"shpss_", 16}, secretForm{"dckr_pat_", 16}, secretForm{"AGE-SECRET-KEY-", 16}, secretForm{"hvs.", 16},
)

const (
	// webToken is how the header of a JSON Web Token begins, which is base64 of {".
	webToken = "eyJ"
	// leastToken is how long the header is at least.
	leastToken = 10
	bearer     = "Bearer "
	basic      = "Basic "
)

// formStarts are the first chars of all forms.
var formStarts = func() (starts [256]bool) {
	for c, forms := range secretForms {
		starts[c] = len(forms) > 0
	}
	starts[webToken[0]] = true
	for _, c := range []byte{bearer[0], basic[0]} {
		starts[c], starts[c|0x20] = true, true
	}
	return starts
}()

func byFirstChar(forms ...secretForm) (by [256][]secretForm) {
	for _, f := range forms {
		by[f.prefix[0]] = append(by[f.prefix[0]], f)
	}
	return by
}

// beginsForm reports whether a known form begins at i.
func beginsForm(chars []byte, i int) bool {
	c := chars[i]
	if !formStarts[c] || i > 0 && isAlphanumeric(chars[i-1]) {
		return false
	}
	within := i > 0 && chars[i-1] == '_'
	switch c {
	case 'e':
		return !within && bytes.HasPrefix(chars[i:], []byte(webToken))
	case 'B', 'b':
		return !within && (hasPrefixFold(chars[i:], bearer) || hasPrefixFold(chars[i:], basic))
	}
	return slices.ContainsFunc(secretForms[c], func(f secretForm) bool { return bytes.HasPrefix(chars[i:], []byte(f.prefix)) })
}

func hasPrefixFold(chars []byte, prefix string) bool {
	return len(chars) >= len(prefix) && bytes.EqualFold(chars[:len(prefix)], []byte(prefix))
}

// form takes the secret of a known form that begins at i.
func (s *secrets) form(i int) int {
	rest := s.chars[i:]
	switch {
	case bytes.HasPrefix(rest, []byte(webToken)):
		return s.webToken(i)
	case hasPrefixFold(rest, bearer):
		start := i + len(bearer)
		end := s.valueEnd(start, start+maxAssigned, s.hidden[i])
		if guess(s.chars[start:end]).secret(leastWeak) {
			return s.hide(start, s.valueEnd(start, len(s.chars), s.hidden[i]))
		}
	case hasPrefixFold(rest, basic):
		start := i + len(basic)
		if end := start + span64(s.chars[start:]); isLogin(s.chars[start:end]) {
			return s.hide(start, end)
		}
	}
	for _, f := range secretForms[s.chars[i]] {
		key, found := bytes.CutPrefix(rest, []byte(f.prefix))
		if found && f.fits(key[:spanKey(key[:min(len(key), maxAssigned)])]) {
			return s.hide(i, i+len(f.prefix)+spanKey(key))
		}
	}
	return i
}

// fits reports whether a text may be what follows the prefix. One that nothing
// else begins with leaves little doubt.
func (f secretForm) fits(text guess) bool {
	if f.least >= leastRandom {
		return text.secret(f.least) && text.longestPart() >= leastPart
	}
	return len(text) >= f.least && bytes.ContainsAny(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// longestPart tells how long the longest part of a text is; words are short.
func (g guess) longestPart() (longest int) {
	size := 0
	for _, c := range g {
		if size++; charKinds[c] == '-' {
			size = 0
		}
		longest = max(longest, size)
	}
	return longest
}

// spanKey tells how many chars of a key a text begins with.
func spanKey(chars []byte) (size int) {
	for size < len(chars) && (isAlphanumeric(chars[size]) || chars[size] == '_' || chars[size] == '-') {
		size++
	}
	return size
}

// webToken takes a JSON Web Token, of two parts at least.
func (s *secrets) webToken(i int) int {
	if i < s.noToken {
		return i
	}
	dot := i + span64(s.chars[i:])
	s.noToken = dot // unless it is one
	if dot-i < leastToken || dot >= len(s.chars) || s.chars[dot] != '.' {
		return i
	}
	end := dot
	for end < len(s.chars) && s.chars[end] == '.' {
		size := span64(s.chars[end+1:])
		if size == 0 {
			break
		}
		end += 1 + size
	}
	if end == dot {
		return i
	}
	return s.hide(i, end)
}

// span64 tells how many chars of base64, of either alphabet, a text begins with.
func span64(chars []byte) (size int) {
	for size < len(chars) && (isAlphanumeric(chars[size]) || strings.IndexByte("-_+/=", chars[size]) >= 0) {
		size++
	}
	return size
}

// isLogin reports whether base64 is that of user and password.
func isLogin(encoded []byte) bool {
	var first [120]byte
	encoded = bytes.TrimRight(encoded, "=")
	encoded = encoded[:min(len(encoded), base64.RawStdEncoding.EncodedLen(len(first)))]
	size, err := base64.RawStdEncoding.Decode(first[:], encoded)
	return err == nil && bytes.IndexByte(first[:size], ':') >= 0
}
