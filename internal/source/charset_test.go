package source_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tracker/internal/history"
)

func TestFetchReadsBodiesOfOtherEncodings(t *testing.T) {
	t.Parallel()
	const latin1, utf16 = "application/json; charset=iso-8859-1", "application/json; charset=utf-16le"
	for i, test := range []struct{ contentType, body, want string }{
		{"application/json", "\xEF\xBB\xBF{\"a\":1}", `{"a":1}`},
		{latin1, "\xEF\xBB\xBF{\"a\":\"\u00e9\"}", `{"a":"é"}`},
		{"application/json", "\xFF\xFE{\x00}\x00", `{}`},
		{"application/json", "\xFE\xFF\x00\"\x00\xE9\x00\"", `"é"`},
		{utf16, "\"\x00\xE9\x00\"\x00", `"é"`},
		{latin1, "{\"a\":\"caf\xE9\"}", `{"a":"café"}`},
		{`application/json;charset="ISO-8859-1"`, "\"\xFC\"", `"ü"`},
		{"application/json; charset=windows-1252", "\"\x80\"", `"€"`},
		{latin1, `"café"`, `"café"`},
		{"application/json; charset=shift_jis", "\"\x93\xfa\x96\x7b\"", `"日本"`},
		{"application/json; charset=utf-8", "\"caf\xE9\"", "\"caf\xE9\""},
		{"application/json; charset=nonsense", "\"caf\xE9\"", "\"caf\xE9\""},
		{"", "\"caf\xE9\"", "\"caf\xE9\""},
		{latin1, "", ""},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			response := fetchFrom(t, newClient(t), "woosmap", answering(t, 200, test.contentType, test.body))
			if string(response.Body) != test.want || response.Outcome != "" {
				t.Errorf("%s %q is read as %q (%s)", test.contentType, test.body, response.Body, response.Error)
			}
		})
	}
}

func TestFetchReadsMessagesOfOtherEncodings(t *testing.T) {
	t.Parallel()
	for contentType, body := range map[string]string{
		"application/json":                     "\xEF\xBB\xBF{\"detail\":\"\u00e9\"}",
		"application/json; charset=iso-8859-1": "{\"detail\":\"\xE9\"}",
	} {
		if response := fetchFrom(t, newClient(t), "woosmap", answering(t, 400, contentType, body)); response.Error != "400 Bad Request: é" {
			t.Errorf("%q is read as %s", body, response.Error)
		}
	}
}

func TestFetchBoundsWhatDecodingMakes(t *testing.T) {
	t.Parallel()
	body := `"` + strings.Repeat("\xE9", 9<<20) + `"`
	response := fetchFrom(t, newClient(t), "woosmap", answering(t, 200, "application/json; charset=iso-8859-1", body))
	if response.Outcome != history.OutcomeMalformed || !strings.HasPrefix(response.Error, "body is over 16 MiB") {
		t.Errorf("got %s %s", response.Outcome, response.Error)
	}
}

// answering is a server that gives the same answer to all.
func answering(t *testing.T, status int, contentType, body string) (baseURL string) {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}).URL
}
