package redact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tracker/internal/redact"
)

const planted = "SECRETSIGNATURE"

// hidingPlaces are texts that redaction has to find the planted secret in.
var hidingPlaces = []string{
	"https://h.example/p?a=1&sig=%s&x=2",
	"https://h.example/p?a=1&b=%s#c",
	"https://h.example/p?%s",
	"https://h.example/p?%s=",
	"HTTPS://u:%s@h.example/p",
	"s3://%s@h.example/p",
	"//u:%s@h.example/",
	"https://u:x@y%s@h.example:80/?a=b",
	"https://h.example/p#%s",
	"https://h.example/p;b?c=d;e=%s;f",
	"/p?X-Amz-Signature=%s&x=2",
	"p?x=1&api_token=%s",
	"https://a.example/x?https://b.example/?c=%s",
	"https://a.example/https://b.example/?c=%s",
	"https://h.example/p?a=1&sig=x\"y%s&x=2",
	"https://u:x\ny%s@h.example/p",
	"https://h.example/dl/tok_%s/x.csv",
	"password=%s",
	"Server=db;Password=%s;Encrypt=yes",
	"AWS_SECRET_ACCESS_KEY=%s",
	"Authorization:Bearer%%20%s",
	"u:%s@h.example",
	"dsn=u:x@y/%s@tcp(h:3306)/d",
	"{'client_secret':'%s'}",
	"-----BEGIN%%20PRIVATE%%20KEY-----%s",
}

// FuzzRedact checks that redaction keeps JSON valid, is idempotent, and finds a
// secret in a URL however its place is escaped.
func FuzzRedact(f *testing.F) {
	for _, body := range answers(f) {
		f.Add(body, "see ", " there", uint(0), []byte{0})
	}
	for i := range hidingPlaces {
		f.Add([]byte(`{}`), "a\"b", "\\ <c>", uint(i), []byte{0, 1, 2, 3, 4, 5, 1, 6})
	}
	f.Fuzz(func(t *testing.T, raw []byte, before, after string, place uint, escapes []byte) {
		checkRedaction(t, raw)
		text := hide(fmt.Sprintf(hidingPlaces[place%uint(len(hidingPlaces))], planted), escapes)
		quoted, err := json.Marshal(before + " " + text + " " + after)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range []string{`{"a":[%s]}`, `{%s:1}`, `{"data_url":%s}`} {
			redacted := checkRedaction(t, fmt.Appendf(nil, body, quoted))
			if strings.Contains(reveal(string(redacted)), planted) {
				t.Errorf("%s is left of %s", redacted, quoted)
			}
		}
		if redacted := redact.Text(before+" "+text+" "+after, redact.Secret{}); strings.Contains(reveal(redacted), planted) {
			t.Errorf("%s is left of %s", redacted, text)
		}
	})
}

// checkRedaction gives raw redacted twice, with and without places for links.
func checkRedaction(t *testing.T, raw []byte) []byte {
	t.Helper()
	if !json.Valid(raw) {
		return nil
	}
	secret := redact.NewSecret(planted + "-key")
	for _, where := range []redact.Places{places, {}} {
		body := redact.JSON(raw, secret, where)
		if !json.Valid(body) {
			t.Fatalf("%s became %s", raw, body)
		}
		if again := redact.JSON(body, secret, where); !bytes.Equal(again, body) {
			t.Fatalf("%s became %s and then %s", raw, body, again)
		}
		raw = body
	}
	return raw
}

// answers are those that providers are tested with.
func answers(f *testing.F) (bodies [][]byte) {
	f.Helper()
	paths, err := filepath.Glob("../source/testdata/*/*/response.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no answers: %v", err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// hide escapes the chars of a text in ways that the escapes choose.
func hide(text string, escapes []byte) string {
	if len(escapes) == 0 {
		return text
	}
	var hidden strings.Builder
	for i, c := range []byte(text) {
		switch escape := escapes[i%len(escapes)]; {
		case escape%8 == 1:
			fmt.Fprintf(&hidden, `\u%04x`, c)
		case escape%8 == 2:
			fmt.Fprintf(&hidden, `\u%04X`, c)
		case escape%8 == 3:
			fmt.Fprintf(&hidden, "%%%02X", c)
		case escape%8 == 4:
			fmt.Fprintf(&hidden, "%%25%02x", c)
		case escape%8 == 5:
			fmt.Fprintf(&hidden, `\\u%04x`, c)
		case escape%8 == 6 && c == '/':
			hidden.WriteString(`\/`)
		default:
			hidden.WriteByte(c)
		}
	}
	return hidden.String()
}

var escaped = regexp.MustCompile(`\\+u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}`)

// reveal undoes all escapes that hide uses, in a way of its own.
func reveal(text string) string {
	for {
		plain := escaped.ReplaceAllStringFunc(text, func(escape string) string {
			code, err := strconv.ParseUint(strings.TrimLeft(escape, `\u%`), 16, 32)
			if err != nil {
				return escape
			}
			return string(rune(code))
		})
		if plain == text {
			return text
		}
		text = plain
	}
}
