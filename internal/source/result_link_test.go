package source_test

import (
	"testing"

	"tracker/internal/source"
)

func TestResultLink(t *testing.T) {
	t.Parallel()
	const link = "https://h.example/f?sig=1"
	for _, c := range []struct{ path, body, want string }{
		{"url", `{"url":"` + link + `"}`, link},
		{"data.node.url", `{"data":{"node":{"url":"` + link + `"}}}`, link},
		{"data.node.url", `{"data":{"node":null}}`, ""},
		{"data.url", `{"data":[{"url":"` + link + `"}]}`, ""},
		{"data[].url", `{"data":[{"url":"` + link + `"}]}`, ""},
		{"a.b", `{"a.b":"` + link + `"}`, link},
		{"data.url", `{"":{"data":{"url":"` + link + `"}},"log":{}}`, link}, // of the first of several requests
		{"log.url", `{"":{},"log":{"url":"` + link + `"}}`, link},
		{"url", `{"url":"/f?sig=1"}`, ""},
		{"url", `{"url":null}`, ""},
		{"url", `["url"]`, ""},
	} {
		if got := (source.Provider{Signed: []string{c.path}}).ResultLink([]byte(c.body)).Reveal(); got != c.want {
			t.Errorf("%s of %s is %q", c.path, c.body, got)
		}
	}
}
