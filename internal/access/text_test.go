package access_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tracker/internal/access"
)

// TestAddressesAreText or are refused, to programs as RFC 9457 has it, before anybody is asked.
func TestAddressesAreText(t *testing.T) {
	t.Parallel()
	handler := access.Texts(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for address, want := range map[string]struct {
		status int
		kind   string
	}{
		"/jobs/caf%C3%A9?q=%EF%BF%BD&q=%zz": {http.StatusNoContent, ""},
		"/jobs/%00":                         {http.StatusBadRequest, "text/plain"},
		"/hooks/%ff":                        {http.StatusBadRequest, "text/plain"},
		"/?q=a&q=%00":                       {http.StatusBadRequest, "text/plain"},
		"/?%c3%28=a":                        {http.StatusBadRequest, "text/plain"},
		"/api/v1/jobs/%ed%a0%80":            {http.StatusBadRequest, "application/problem+json"},
		"/api/v1/jobs?label=k%3d%00":        {http.StatusBadRequest, "application/problem+json"},
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
		if kind := recorder.Header().Get("Content-Type"); recorder.Code != want.status || !strings.HasPrefix(kind, want.kind) {
			t.Errorf("%s: %d %s, not %+v", address, recorder.Code, kind, want)
		}
	}
}
