package source_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"tracker/internal/redact"
	"tracker/internal/source"
)

func TestMalformedTellsWhatTheServiceSaid(t *testing.T) {
	t.Parallel()
	const key = "k3y/of&the+lab=42"
	tests := []struct{ name, body, want string }{
		{"Detail", `{"detail":"Dataset was not found"}`, "Dataset was not found"},
		{"FirstSentence", `{"detail":"Dataset was not found. Try another one!"}`, "Dataset was not found."},
		{"NotAtAnAbbreviation", `{"detail":"No field, e.g. Name, in v1.2 of it. Bye."}`, "No field, e.g. Name, in v1.2 of it."},
		{"Problem", `{"type":"about:blank","title":"Bad target","status":400}`, "Bad target"},
		{"ProblemWithDetail", `{"title":"Out of credit.","detail":"Your balance is 30.","status":403}`, "Out of credit: Your balance is 30."},
		{"OAuth", `{"error":"invalid_client","error_description":"The client is unknown"}`, "The client is unknown"},
		{"ErrorObject", `{"error":{"code":5,"message":"No such import"}}`, "No such import"},
		{"ErrorText", `{"error":"busy"}`, "busy"},
		{"Message", `{"Message":"User is not authorized","code":1}`, "User is not authorized"},
		{"Errors", `{"errors":["first","second"]}`, "first; second"},
		{"ErrorObjects", `{"errors":[{"title":"Invalid","detail":"No id."},{"message":"No name"}]}`, "Invalid: No id.; No name"},
		{"ErrorsByField", `{"errors":{"name":["is blank"],"id":["is taken","is short"]}}`, "name: is blank; id: is taken; is short"},
		{"NullsSayNothing", `{"detail":null,"message":"","error":{"x":1},"title":"Gone"}`, "Gone"},
		{"JSONText", `"Not today"`, "Not today"},
		{"JSONList", `[{"message":"one"}]`, "one"},
		{"ByteOrderMark", "\ufeff" + `{"detail":"marked"}`, "marked"},
		{"Text", "The service is\r\ndown. Come back later.\r\n", "The service is down."},
		{"TextWithControls", "\x1b[31mdown\x1b[0m\x07 now", " [31mdown [0m  now"},
		{"Latin1", "caf\xe9 is closed", "caf\ufffd is closed"},
		{"HTML", "<!DOCTYPE html><html><head><style>h1{}</style><title> Sign&nbsp;in </title></head><body><h1>Please <b>sign in</b></h1><script>x.y()</script></body></html>", "Sign in: Please sign in"},
		{"HTMLTitleIsHeading", "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>", "502 Bad Gateway"},
		{"HTMLText", "<html><body><p>It works!</p><p>Really</p></body></html>", "It works!"},
		{"XML", `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access &lt;Denied&gt;</Message></Error>`, "Access <Denied>"},
		{"CutJSON", `{"id":"r1","detail":"not read`, ""},
		{"Binary", "\x00\x01\x02\xff", ""},
		{"Nothing", "", ""},
		{"Secret", `{"detail":"the key ` + key + ` is wrong"}`, "the key REDACTED is wrong"},
		{"SecretInText", "the key k3y%2Fof%26the%2Blab%3D42 is wrong", "the key REDACTED is wrong"},
		{"SecretInHTML", "<p>the key k3y/of&amp;the+lab=42 is wrong</p>", "the key REDACTED is wrong"},
		{"URLs", `see https://u:p@h.example/p?sig=1#x for it`, "see https://REDACTED@h.example/p for it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			account := source.Account{Provider: provider(t, "woosmap"), Secret: redact.NewSecret(key)}
			failure := account.Malformed([]byte(test.body), errors.New("id: missing"))
			want := "id: missing"
			if test.want != "" {
				want += "; the service said: " + test.want
			}
			if got := strings.ReplaceAll(failure.Text, "\u00a0", " "); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if (failure.Body == "") != (test.body == "") {
				t.Errorf("kept %q", failure.Body)
			}
			for _, text := range []string{failure.Text, failure.Body} {
				if strings.Contains(text, key) || strings.Contains(text, "&amp;the+lab") || strings.Contains(text, "sig=1") {
					t.Errorf("a secret is in %q", text)
				}
				if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
					t.Errorf("cannot be shown: %q", text)
				}
			}
		})
	}
}

func TestWhatIsKeptOfABodyIsBounded(t *testing.T) {
	t.Parallel()
	const key = "0123456789abcdef0123456789abcdef"
	account := source.Account{Provider: provider(t, "woosmap"), Secret: redact.NewSecret(key)}
	for name, body := range map[string]string{
		"Runes":  "x" + strings.Repeat("é", 5000),
		"JSON":   `{"detail":"` + strings.Repeat("word ", 20_000) + `"}`,
		"Bytes":  strings.Repeat("\xff", 100_000),
		"Secret": strings.Repeat("https://h/?"+strings.Repeat("q", 8000)+" ", 8) + strings.Repeat("z", 64<<10-8*8012-16) + key,
	} {
		failure := account.Malformed([]byte(body), errors.New("id: missing"))
		if len(failure.Body) > 4096 || !utf8.ValidString(failure.Body) || utf8.RuneCountInString(failure.Text) > 500 {
			t.Errorf("%s: kept %d bytes, said %d runes", name, len(failure.Body), utf8.RuneCountInString(failure.Text))
		}
		if strings.Contains(failure.Body, key[:12]) {
			t.Errorf("%s: half a secret in %q", name, failure.Body)
		}
	}
}
