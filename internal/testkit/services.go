package testkit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/upstreamsim"
)

// Services are both simulated services, each on a port of its own.
type Services struct {
	Requests    *upstreamsim.Requests
	Woosmap     *upstreamsim.Woosmap
	SafetyKit   *upstreamsim.SafetyKit
	WoosmapAt   string // base URLs
	SafetyKitAt string
}

// NewServices starts the services, which accept a key. What each of Woosmap's
// answers passes through can be given.
func NewServices(t *testing.T, key string, now func() time.Time, middleware ...func(http.Handler) http.Handler) *Services {
	t.Helper()
	s := &Services{Requests: &upstreamsim.Requests{}}
	options := upstreamsim.Options{Key: key, Now: now, Requests: s.Requests}
	s.Woosmap, s.SafetyKit = upstreamsim.NewWoosmap(options), upstreamsim.NewSafetyKit(options)
	var woosmap http.Handler = s.Woosmap
	for _, wrap := range middleware {
		woosmap = wrap(woosmap)
	}
	s.WoosmapAt, s.SafetyKitAt = serve(t, woosmap), serve(t, s.SafetyKit)
	return s
}

func serve(t *testing.T, service http.Handler) (baseURL string) {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return server.URL
}

// Source is a source that may be asked a thousand times a second.
func Source(name, provider, baseURL, credential string) store.SourceSpec {
	return store.SourceSpec{
		Name: name, Provider: provider, BaseURL: baseURL, Credential: credential, Schedule: "@every 5m",
		ActiveEvery: 10 * time.Second, RateEvery: time.Millisecond, RateBurst: 1000,
	}
}

// WoosmapRun is an answer of Woosmap about a run without steps.
func WoosmapRun(id, status string) upstreamsim.Frame {
	return upstreamsim.Answer(fmt.Sprintf(`{"id":%q,"status":%q,"steps":[]}`, id, status))
}
