package redact_test

import (
	"runtime"
	"strings"
	"testing"

	"tracker/internal/redact"
)

// What a body makes redaction allocate is a small multiple of it, or of what
// it becomes where the marks are longer than what they stand for. Not parallel:
// what others allocate would count.
func TestJSONAllocatesLittle(t *testing.T) {
	const size, most = 128 << 10, 10 // one of them the race detector's
	fill := func(part string) string {
		return `{"id":"r","status":"success","steps":[],"x":"` + strings.Repeat(part, size/len(part)) + `"}`
	}
	for name, body := range map[string]string{
		"Equals":         fill(`abcdefg=`),
		"Slashes":        fill(`//a:`),
		"Percent":        fill(`%252525252f`),
		"PercentAlone":   fill(`%`),
		"PercentNoHex":   fill(`%zz`),
		"Query":          fill(`//h?a=b&`),
		"Ampersand":      fill(`&key=a`),
		"Bare":           `["https://h?` + strings.Repeat(`a&`, size/2) + `"]`,
		"BareInTheEnd":   `["https://h/` + strings.Repeat(`a`, size/2) + `?` + strings.Repeat(`a&`, size/4) + `"]`,
		"Backslash":      fill(`\\\\/`),
		"BackslashRun":   fill(`\\`),
		"At":             fill(`//a:b@`),
		"Escape":         fill(`\u002f`),
		"EscapedTwice":   fill(`\\u005cu002f`),
		"EscapedNoHex":   fill(`\\u00zz`),
		"Rune":           fill(`\u00e9`),
		"Hash":           fill(`//a#//b?`),
		"Secret":         fill(`secretsecret1`),
		"SecretInQuery":  fill(`?a=secretsecret1&key=b`),
		"SecretEscaped":  fill(`secret%73ecret1 `),
		"Entities":       fill(`&amp;`),
		"EntitiesNested": fill(`&amp;amp;amp;`),
		"EntitiesOfNone": fill(`&#zz;`),
		"EntityRunes":    fill(`&#xe9;`),
		"Lines":          fill(`a\n`),
		"SecretInLines":  fill(`secret\nsecret1 \n`),
		"Assigned":       fill(`key: a, password=b `),
		"AssignedInURL":  fill(`//a:b@h?password=b&x=y `),
		"Accounts":       fill(`a:b@c `),
		"Forms":          fill(`sk_live_abcd1234 `),
		"Basic":          fill(`Basic dTpw `),
		"ManyAssigned":   `[` + strings.Repeat(`"pwd: a1b2",`, size/12) + `1]`,
		"ManyLiterals":   `[` + strings.Repeat(`"//h?a",`, size/8) + `1]`,
		"LongName":       `{"` + strings.Repeat(`//a:`, size/4) + `":1}`,
		"UnderALongName": `{"` + strings.Repeat(`a`, size/2) + `":[` + strings.Repeat(`"//a:b@",`, size/18) + `1]}`,
	} {
		raw := []byte(body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		redacted := redact.JSON(raw, redact.NewSecret("secretsecret1"), places)
		runtime.ReadMemStats(&after)
		allocated, whole := int(after.TotalAlloc-before.TotalAlloc), max(len(body), len(redacted))
		if allocated > most*whole {
			t.Errorf("%s: %d bytes allocated for %d, which became %d", name, allocated, len(body), len(redacted))
		}
	}
}
