package redact_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"tracker/internal/redact"
)

// places are as a provider may have them.
var places = redact.Places{Links: []string{"data[].url"}, Signed: []string{"data_url"}}

func TestText(t *testing.T) {
	t.Parallel()
	const key = "k3y/With+Odd \"chars\"&<é>"
	tests := []struct{ name, text, want string }{
		{"NoURL", `Loaded 5 of 7 (71%); see step #2? a/b = c`, `Loaded 5 of 7 (71%); see step #2? a/b = c`},
		{"NoQuery", `at https://h.example:80/a/b.zip, done`, `at https://h.example:80/a/b.zip, done`},
		{"Query", `https://h/p?a=1&b=2 c`, `https://h/p?a=REDACTED&b=REDACTED c`},
		{"UpperCase", `HTTPS://H/P?A=1`, `HTTPS://H/P?A=REDACTED`},
		{"OtherScheme", `s3+x.y-z://h/p?a=1`, `s3+x.y-z://h/p?a=REDACTED`},
		{"BareQuery", `https://h/p?tok`, `https://h/p?REDACTED`},
		{"BareQueryInBase64", `https://h/p?dG9rZW4=`, `https://h/p?REDACTED`},
		{"BareQueryInBase64Quoted", `'https://h/p?dG9rZW4=', x`, `'https://h/p?REDACTED x`},
		{"BareParameter", `https://h/p?a=1&tok&b=`, `https://h/p?a=REDACTED&REDACTED&REDACTED`},
		{"LongName", `https://h/p?` + strings.Repeat("n", 41) + `=1`, `https://h/p?REDACTED`},
		{"Semicolons", `https://h/p?a=1;b=2`, `https://h/p?a=REDACTED;b=REDACTED`},
		{"TwoQuestionMarks", `https://h/p?a=1?b=2??c`, `https://h/p?a=REDACTED`},
		{"URLInQuery", `https://h/p?https://u:p@h/=1`, `https://h/p?REDACTED`},
		{"EmptyQuery", `https://h/p? x`, `https://h/p? x`},
		{"Fragment", `https://h/p#access_token=1&b`, `https://h/p#REDACTED`},
		{"QueryAndFragment", `https://h/p?a=1#b?c`, `https://h/p?a=REDACTED#REDACTED`},
		{"UserInfo", `https://u:p@h/p`, `https://REDACTED@h/p`},
		{"UserOnly", `https://tok@h`, `https://REDACTED@h`},
		{"SeveralAt", `https://u@corp:p@ss@h/p`, `https://REDACTED@h/p`},
		{"EscapedAt", `https://u%40corp:p%40ss@h/p`, `https://REDACTED@h/p`},
		{"SlashInPassword", `https://u:p/s?s#w@h/p`, `https://REDACTED@h/p`},
		{"EscapedSlashInUser", `https://to%2Fk@h/p`, `https://REDACTED@h/p`},
		{"AtInPath", `https://h/@scope/pkg`, `https://h/@scope/pkg`},
		{"NoScheme", `//u:p@h/p?a=1`, `//REDACTED@h/p?a=REDACTED`},
		{"OneSlash", `https:/u:p@h/p?a=1`, `https:/REDACTED@h/p?a=REDACTED`},
		{"Backslashes", `https:\\u:p@h\p?a=1`, `https:\\REDACTED@h\p?a=REDACTED`},
		{"Several", `https://a/?x=1,https://b/?y=2 http://u:p@c`, `https://a/?x=REDACTED http://REDACTED@c`},
		{"Delimiters", `<https://h/?a=1>"https://h/?b=2" https://h/?c=3`, `<https://h/?a=REDACTED>"https://h/?b=REDACTED" https://h/?c=REDACTED`},
		{"QuotedJSON", `{"u":"https:\/\/u:p@h\/p?a=1\u0026b=2","n":1}`, `{"u":"https:\/\/REDACTED@h\/p?a=REDACTED\u0026b=REDACTED","n":1}`},
		{"QuotedJSONTwice", `{\"u\":\"https:\\/\\/h\\/p?a=1\\u0026b\\u003d2\",\"n\":1}`, `{\"u\":\"https:\\/\\/h\\/p?a=REDACTED\\u0026b\\u003dREDACTED\",\"n\":1}`},
		{"AllEscaped", `\u0068ttps\u003a\u002f\u002fh\u003fa\u003d1`, `\u0068ttps\u003a\u002f\u002fh\u003fa\u003dREDACTED`},
		{"JavaScript", `https:\/\/h?a\x3d1\x26b=2`, `https:\/\/h?a\x3dREDACTED\x26b=REDACTED`},
		{"PercentEncoded", `go https%3A%2F%2Fu%3Ap%40h%2Fp%3Fa%3D1%26b%3D2`, `go https%3A%2F%2FREDACTED%40h%2Fp%3Fa%3DREDACTED%26b%3DREDACTED`},
		{"PercentEncodedTwice", `https%253A%252F%252Fh%252Fp%253Fa%253D1`, `https%253A%252F%252Fh%252Fp%253Fa%253DREDACTED`},
		{"EncodedInPath", `https://proxy/https%3A%2F%2Fh%2Fp%3Fsig%3D1`, `https://proxy/https%3A%2F%2Fh%2Fp%3Fsig%3DREDACTED`},
		{"EncodedInValue", `https://h/p?a=1%26b%3D2&c=3`, `https://h/p?a=REDACTED&c=REDACTED`},
		{"EscapedPercent", `https://h/p\u00253Fa\u00253D1`, `https://h/p\u00253Fa\u00253DREDACTED`},
		{"RelativeSigned", `/p?X-Amz-Signature=1&x=2&sig=3 y`, `/p?X-Amz-Signature=REDACTED&x=2&sig=REDACTED y`},
		{"PathParameter", `https://h/p;jsessionid=1/q`, `https://h/p;jsessionid=REDACTED`},
		{"HTML", `https://h/p?a=1&amp;sig=2`, `https://h/p?a=REDACTED&amp;sig=REDACTED`},
		{"QuoteInValue", `https://h/p?sig=abc"def&x=1 g`, `https://h/p?sig=REDACTED&x=REDACTED g`},
		{"QuoteInQuotes", `"https://h/p?sig=abc"def`, `"https://h/p?sig=REDACTED"def`},
		{"BracketInValue", `https://h/p?sig=abc<def g`, `https://h/p?sig=REDACTED g`},
		{"Tag", `https://h/p?sig=abc<br>def`, `https://h/p?sig=REDACTED<br>def`},
		{"BlankInValue", `https://h/p?sig=abc def&x=1 g`, `https://h/p?sig=REDACTED&x=REDACTED g`},
		{"BlankInBase64", `https://h/p?sig=ab12 Zx9kLm2QpR7sT0vWyB4d failed`, `https://h/p?sig=REDACTED failed`},
		{"LineFeedInValue", "https://h/p?x=1&sig=abcdef\nZx9kLm2QpR== g", "https://h/p?x=REDACTED&sig=REDACTED g"},
		{"LineFeedBeforeParameter", "https://h/p?sig=abcdef\r\nghi&x=1\ng", "https://h/p?sig=REDACTED&x=REDACTED\ng"},
		{"LineOfItsOwn", "https://h/p?sig=abcdef\nghi123\nFAILED twice", "https://h/p?sig=REDACTED\nFAILED twice"},
		{"BlankInSignature", `https://h/p?sig=abcdefGHIJ12345 klmnOPQRST6789`, `https://h/p?sig=REDACTED`},
		{"BlankInRandomValue", `https://h/p?x=x4FjK2l9QmZ7pR1sT8vW0yBd klmnOPQRST6789 g`, `https://h/p?x=REDACTED g`},
		{"LineBehindOtherValue", "https://h/p?q=1\nERROR42", "https://h/p?q=REDACTED\nERROR42"},
		{"ParametersBehindOtherValue", `error at https://h/p?x=1 request=42&foo=bar`, `error at https://h/p?x=REDACTED request=42&foo=bar`},
		{"ParametersBehindSignature", `error at https://h/p?sig=1 request=42&foo=bar`, `error at https://h/p?sig=REDACTED request=42&foo=bar`},
		{"WordBehindOtherValue", `at https://h/p?x=1 Retry2024AfterBackoff3Xx`, `at https://h/p?x=REDACTED Retry2024AfterBackoff3Xx`},
		{"WordBehindSignature", `at https://h/p?sig=1 Retry2024AfterBackoff3Xx`, `at https://h/p?sig=REDACTED Retry2024AfterBackoff3Xx`},
		{"LineOfWords", "https://h/p?sig=abcdef\nFAILED\n", "https://h/p?sig=REDACTED\nFAILED\n"},
		{"BlankBeforeURL", `https://a/?x=1 https://b/?y=2&z=3`, `https://a/?x=REDACTED https://b/?y=REDACTED&z=REDACTED`},
		{"BlankBeforeWord", `https://a/?x=1 HTTP/1.1 200 failed Twice2`, `https://a/?x=REDACTED HTTP/1.1 200 failed Twice2`},
		{"BlankInPassword", `https://me:pa ss@h/p x`, `https://REDACTED@h/p x`},
		{"QuoteInPassword", `at https://me:pa"ss@h/p x`, `at https://REDACTED@h/p x`},
		{"BracketInPassword", `https://me:pa<ss@h/p`, `https://REDACTED@h/p`},
		{"LineFeedInPassword", "https://me:pa\nss@h?x=1", "https://REDACTED@h?x=REDACTED"},
		{"PortBeforeMail", `https://h:80 or me@h`, `https://h:80 or me@h`},
		{"TokenInPath", `https://h/dl/tok_SECRETPATHTOKEN/r.jsonl`, `https://h/dl/REDACTED/r.jsonl`},
		{"TokenBehindWord", `https://h/token/ab12cd34ef56/r`, `https://h/token/REDACTED/r`},
		{"RandomInPath", `https://hooks.h/services/T0001/B0001/x4FjK2l9QmZ7pR1sT8vW0yBd`, `https://hooks.h/services/T0001/B0001/REDACTED`},
		{"RandomName", `https://h/dl/x4FjK2l9QmZ7pR1sT8vW0yBd.csv?x=1`, `https://h/dl/REDACTED.csv?x=REDACTED`},
		{"RandomInEncodedPath", `https%3A%2F%2Fh%2Fx4FjK2l9QmZ7pR1sT8vW0yBd%2Fx`, `https%3A%2F%2Fh%2FREDACTED%2Fx`},
		{"Secret", `key is ` + key + `.`, `key is REDACTED.`},
		{"SecretInQuery", `x=k3y%2FWith%2BOdd+%22chars%22%26%3C%C3%A9%3E.`, `x=REDACTED.`},
		{"SecretInPath", `/k3y%2FWith+Odd%20%22chars%22&%3C%c3%a9%3E/`, `/REDACTED/`},
		{"SecretInJSON", `{\"k\":\"k3y/With+Odd \\\"chars\\\"\u0026\u003c\u00e9\u003e\"}`, `{\"k\":\"REDACTED\"}`},
		{"SecretInBase64", `Basic azN5L1dpdGgrT2RkICJjaGFycyImPMOpPg==`, `Basic REDACTED`},
		{"SecretInBase64Unpadded", `{"a":"azN5L1dpdGgrT2RkICJjaGFycyImPMOpPg"}`, `{"a":"REDACTED"}`},
		{"SecretInBase64BeforeMore", `azN5L1dpdGgrT2RkICJjaGFycyImPMOpPgAB`, `REDACTEDgAB`},
		{"SecretInHTML", `<k3y&#x2F;With&#43;Odd &quot;chars&quot;&amp;&lt;&#233;&gt;>`, `<REDACTED>`},
		{"SecretInHTMLByName", `k3y&sol;With&plus;Odd &quot;chars&quot;&amp;&lt;&#233;&gt;`, `REDACTED`},
		{"SecretInHTMLWithoutSemicolons", `k3y&#47With&#43Odd &#34chars&#34&#38&#60&#233&#62`, `REDACTED`},
		{"SecretInHTMLTwice", `k3y/With+Odd &amp;quot;chars&amp;#34;&amp;amp;&amp;lt;é&amp;gt;`, `REDACTED`},
		{"SecretInHex", `x 6b33792f576974682b4f64642022636861727322263cc3a93e.`, `x REDACTED.`},
		{"SecretInUpperHex", `6B33792F576974682B4F64642022636861727322263CC3A93E`, `REDACTED`},
		{"SecretOverLines", "k3y/With\r\n  +Odd \"chars\"&<é>\nx", "REDACTED\nx"},
		{"SecretInBase64OverLines", "azN5L1dpdGgr\nT2RkICJjaGFy\ncyImPMOpPg==\n a", "REDACTED\n a"},
		{"SecretInHexOverLinesInJSON", `6b33792f5769\r\n74682b4f6464\u000a20226368617273\n22263cc3a93e \n`, `REDACTED \n`},
		{"NoEntities", `AT&T; &;&#; &#x; &#0; &#xFFFFFFF; &unknown; R&D`, `AT&T; &;&#; &#x; &#0; &#xFFFFFFF; &unknown; R&D`},
		{"SecretBehindUserInBase64", `to dTprM3kvV2l0aCtPZGQgImNoYXJzIiY8w6k+`, `to dTpREDACTED`},
		{"SecretInBasicAuthentication", `Basic dTprM3kvV2l0aCtPZGQgImNoYXJzIiY8w6k+`, `Basic REDACTED`},
	}
	secret := redact.NewSecret(key)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := redact.Text(test.text, secret)
			if got != test.want {
				t.Errorf("%s\n got %s\nwant %s", test.text, got, test.want)
			}
			if again := redact.Text(got, secret); again != got {
				t.Errorf("not idempotent: %s becomes %s", got, again)
			}
		})
	}
}

func TestJSONKeepsAllElse(t *testing.T) {
	t.Parallel()
	const secret = "hunter22"
	tests := []struct{ name, body, want string }{
		{"Oddities", "\t{\"a\" :1e400000 ,\"a\":-0.10, \"n\\u0000\":\"\\ud800\xff\\/\\u0041\",\"o\":[ ]}\r\n", ""},
		{"BesideAURL", "{\"a\":\"\xff\\u0000\\ud83d\\ude00 https:\\/\\/h?x=1\\u0026y=2 \\u0000\\n\"}", "{\"a\":\"\xff\\u0000\\ud83d\\ude00 https:\\/\\/h?x=REDACTED\\u0026y=REDACTED \\u0000\\n\"}"},
		{"Name", `{"https://h?x=1":1}`, `{"https://h?x=REDACTED":1}`},
		{"TopLevelString", ` "https://h?x=1" `, ` "https://h?x=REDACTED" `},
		{"OwnSecret", `["a hunter22 b","hunter2","h\u0075nter22","aHVudGVyMjI=","AHVudGVyMjI="]`, `["a REDACTED b","hunter2","REDACTED","REDACTED","AHVudGVyMjI="]`},
		{"ForPeople", `{"data":[{"url":"https://u:p@h/x?tab=1&api_key=2#a=3&token=4"}],"url":"https://h/x?tab=1"}`, `{"data":[{"url":"https://REDACTED@h/x?tab=1&api_key=REDACTED#a=3&token=REDACTED"}],"url":"https://h/x?tab=REDACTED"}`},
		{"ForPeopleElsewhere", `{"data":{"url":"https://h?a=1"},"x":{"data":[{"url":"https://h?a=1"}]},"data[].url":"https://h?a=1"}`, `{"data":{"url":"https://h?a=REDACTED"},"x":{"data":[{"url":"https://h?a=REDACTED"}]},"data[].url":"https://h?a=REDACTED"}`},
		{"ForPeopleEscaped", `{"d\u0061ta":[1,{"u\u0072l":"https:\/\/h?a=1"}]}`, ""},
		{"Members", `{"password":"hunter2","a":{"pass\u0077ord":"\u0068unter2"},"apiKeys":["x"],"api_key":["a1b2c3d4","e5f6g7h8"],"x":{"client.secret":"a1b2c3"},"n":"hunter2"}`, `{"password":"REDACTED","a":{"pass\u0077ord":"REDACTED"},"apiKeys":["x"],"api_key":["REDACTED","REDACTED"],"x":{"client.secret":"REDACTED"},"n":"hunter2"}`},
		{"MembersOfMembers", `{"headers":[{"name":"Authorization","value":"Token abc123def"},{"name":"X","value":"Token abc123def"}],"password":{"value":"hunter"},"secrets":{"db":"hunter22","id":"x"}}`, `{"headers":[{"name":"Authorization","value":"Token REDACTED"},{"name":"X","value":"Token abc123def"}],"password":{"value":"REDACTED"},"secrets":{"db":"REDACTED","id":"x"}}`},
		{"MembersOfValidations", `{"password":"must have 8 characters","token":"expired","secret":"","api_key":null,"auth":["is required"],"password_hint":"a1b2c3"}`, ""},
		{"SignedPath", `{"data_url":"https://h/dl/tok_SECRETPATHTOKEN/exports-2024/832eb97f-266c-4387-991d-52e77366dc99/0011AABBCCDDEEFF.jsonl?x"}`, `{"data_url":"https://h/dl/REDACTED/exports-2024/832eb97f-266c-4387-991d-52e77366dc99/REDACTED.jsonl?REDACTED"}`},
		{"PathForPeople", `{"data":[{"url":"https://h/p/x4FjK2l9QmZ7pR1sT8vW0yBd/token/x4FjK2l9"}]}`, `{"data":[{"url":"https://h/p/x4FjK2l9QmZ7pR1sT8vW0yBd/token/REDACTED"}]}`},
		{"Signed", `{"data_url":"https://h/k?X-Amz-Date=1&X-Amz-Signature=2#3"}`, `{"data_url":"https://h/k?REDACTED"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want := test.want
			if want == "" {
				want = test.body
			}
			if body := redact.JSON([]byte(test.body), redact.NewSecret(secret), places); string(body) != want {
				t.Errorf("got  %s\nwant %s", body, want)
			}
		})
	}
}

func TestJSONHoldsItsLimits(t *testing.T) {
	t.Parallel()
	const size = 128 << 10
	fill := func(part string) []byte {
		return []byte(`{"a":"` + strings.Repeat(part, size/len(part)) + `"}`)
	}
	bodies := map[string][]byte{
		"Slashes":      fill(`//a:`),
		"EncodedDeep":  fill(`%25`),
		"EncodedLevel": fill(`//a%2F%2Fb%252F%252Fc%25252F%25252F`),
		"Backslashes":  fill(`\\`),
		"Quotes":       fill(`\"`),
		"Queries":      fill(`?a=b&c`),
		"Names":        fill(`?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`),
		"At":           fill(`//a:@`),
		"Assigned":     fill(`password=`),
		"AssignedWord": fill(`token=` + strings.Repeat("a-", 40)),
		"AssignedIn":   fill(`token='` + strings.Repeat("a-", 40)),
		"Segments":     fill(`//h/token/a`),
		"LongSegment":  fill(`//h/` + strings.Repeat("aB1-", 300)),
		"Unencoded":    fill(`//h?\"a`),
		"UnencodedLF":  fill(`//h?a\n` + strings.Repeat("a", 250)),
		"FarAt":        fill(`//a:b `),
		"Quoted":       fill(`password='a `),
		"Options":      fill(`--token a `),
		"Elements":     fill(`<token>a`),
		"Cookies":      fill(`cookie: `),
		"Stops":        fill(`pwd=a;`),
		"StopsOfNone":  fill(`;a.`),
		"Accounts":     fill(`a:b@c,`),
		"WebTokens":    fill(`-eyJ`),
		"Forms":        fill(`ghp_` + strings.Repeat("-", 60)),
		"Basic":        fill(`Basic dXNl`),
		"PrivateKeys":  fill(`-----BEGIN PRIVATE KEY----------END `),
		"Dashes":       fill(`-----BEGIN `),
		"Lines":        fill(`a\n `),
		"Entities":     fill(`&amp;amp;`),
		"Nested":       []byte(strings.Repeat(`{"a":[`, 4999) + strings.Repeat(`]}`, 4999)),
		"ManyNames":    []byte(`{` + strings.Repeat(`"data":[{"url":"https://h?a=b"}],`, size/40) + `"a":1}`),
		"ManyLists":    []byte(`[` + strings.Repeat(`[],`, size/3) + `[]]`),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redacted := redact.JSON(body, redact.NewSecret("hunter22"), places)
			if !json.Valid(redacted) {
				t.Fatal("no JSON any more")
			}
			if again := redact.JSON(redacted, redact.NewSecret("hunter22"), places); !bytes.Equal(again, redacted) {
				t.Error("not idempotent")
			}
		})
	}
}
