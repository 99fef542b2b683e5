package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tracker/internal/api"
	"tracker/internal/store"
)

// TestBusySyncTellsWhenToComeAgain, as RFC 9110 has it.
func TestBusySyncTellsWhenToComeAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	busy := api.New(api.Options{Store: l.store, Logger: slog.New(slog.DiscardHandler), Poll: func(store.Job) bool { return false }})
	got := httptest.NewRecorder()
	busy.ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), http.MethodPost, api.Path+"/jobs/stores-eu/sync", nil))
	if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") != "5" || !strings.Contains(got.Body.String(), "too many polls") {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
}

// TestWrongMethodIsToldTheRightOnes: the path is there, and that it is not would be untrue.
func TestWrongMethodIsToldTheRightOnes(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for _, test := range []struct {
		method, path, allow string
		status              int
	}{
		{http.MethodPatch, "/jobs/stores-eu", "GET, HEAD, PUT, DELETE", http.StatusMethodNotAllowed},
		{http.MethodGet, "/jobs/stores-eu/sync", "POST", http.StatusMethodNotAllowed},
		{http.MethodPost, "/docs", "GET, HEAD", http.StatusMethodNotAllowed},
		{http.MethodGet, "/nothing", "", http.StatusNotFound},
		{http.MethodPost, "/nothing", "", http.StatusNotFound},
	} {
		got := l.ask(test.method, test.path, "")
		if got.status != test.status || got.header.Get("Allow") != test.allow || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d, allowed %q, %s", test.method, test.path, got.status, got.header.Get("Allow"), got.text)
		}
	}
}
