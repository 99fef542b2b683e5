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
