package upstreamsim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
)

const key = "a-key"

var start = time.Date(2024, 6, 7, 9, 30, 36, 715881000, time.UTC)

// hand is a clock that is moved by hand.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) set(sinceStart time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = start.Add(sinceStart)
}

// ask sends a request with the key.
func ask(t *testing.T, service http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	return askWith(t, service, path, map[string]string{"X-Api-Key": key, "Authorization": "Bearer " + key})
}

func askWith(t *testing.T, service http.Handler, path string, headers map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	service.ServeHTTP(answer, request)
	return answer
}

// wantAnswer compares an answer, the blanks at its end aside.
func wantAnswer(t *testing.T, answer *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if answer.Code != status || strings.TrimSpace(answer.Body.String()) != body {
		t.Errorf("got %d %s\nwant %d %s", answer.Code, answer.Body, status, body)
	}
}

// interpret reads an answer as the tracker would.
func interpret(t *testing.T, provider string, body []byte) history.Answer {
	t.Helper()
	p, err := source.Lookup(provider)
	if err != nil {
		t.Fatal(err)
	}
	redacted, _, err := p.Redact(body, redact.NewSecret(key))
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	answer, err := p.Interpret(redacted)
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return answer
}
