package demo

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"tracker/internal/history"
	"tracker/internal/store"
)

const (
	// ruleName is the name of the rule by which the demo tells its events.
	ruleName = "demo-events"
	// bodyMost bounds what the receiver reads of a webhook, in bytes.
	bodyMost = 1 << 20
	// toldMost is how many of the newest events the receiver keeps.
	toldMost = 100
	// idsMost is how many ids of webhooks the receiver keeps, by which it knows what came twice.
	idsMost = 1000
)

// hookSecret signs what the demo tells its receiver. It guards nothing.
func hookSecret() string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte("demo-secret-that-guards-nothing"))
}

// Told is an event as the receiver was told it.
type Told struct {
	At   time.Time // when it was seen
	Text string
}

// receiver is whom the demo tells its events: a service that takes Standard Webhooks.
type receiver struct {
	verifier *standardwebhooks.Webhook

	mu    sync.Mutex
	ids   []string // of the newest webhooks
	told  []Told   // the newest events
	count int      // of all events
}

func newReceiver() (*receiver, error) {
	verifier, err := standardwebhooks.NewWebhook(hookSecret())
	return &receiver{verifier: verifier}, err
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, bodyMost))
	if err != nil {
		http.Error(w, "it cannot be read", http.StatusBadRequest)
		return
	}
	if err := r.verifier.Verify(body, request.Header); err != nil {
		http.Error(w, "it is not signed", http.StatusUnauthorized)
		return
	}
	var event struct {
		At   time.Time `json:"timestamp"`
		Data struct {
			Text string `json:"text"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil {
		http.Error(w, "it is no event", http.StatusBadRequest)
		return
	}
	r.keep(request.Header.Get(standardwebhooks.HeaderWebhookID), Told{At: event.At, Text: event.Data.Text})
	w.WriteHeader(http.StatusNoContent)
}

// keep keeps an event, unless it has come before.
func (r *receiver) keep(id string, one Told) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.ids, id) {
		return
	}
	r.ids = newest(append(r.ids, id), idsMost)
	r.told = newest(append(r.told, one), toldMost)
	r.count++
}

// newest are the last of some.
func newest[T any](all []T, most int) []T { return all[max(0, len(all)-most):] }

// Told gives the events that the receiver was told beyond the first so many, at most its
// newest hundred, and how many it was told in all.
func (d *Fixtures) Told(beyond int) (told []Told, count int) {
	r := d.services.receiver
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(newest(r.told, r.count-beyond)), r.count
}

// rules are the rules there are to be: what others have declared, and the demo's own.
func (d *Fixtures) rules(current []store.Rule) ([]store.RuleSpec, error) {
	address, err := writeKey(d.Dir, "demo-receiver", d.services.receiverAt)
	if err != nil {
		return nil, err
	}
	secret, err := writeKey(d.Dir, "demo-receiver-secret", hookSecret())
	if err != nil {
		return nil, err
	}
	own := store.RuleSpec{Name: ruleName, Address: address, Secret: secret, Form: "webhook", Jobs: []string{"demo-*"}}
	for _, kind := range []history.EventKind{
		history.EventFailed, history.EventRecovered, history.EventStalled, history.EventAnomaly, history.EventSourcePaused,
	} {
		own.Events = append(own.Events, string(kind))
	}
	all := []store.RuleSpec{own}
	for _, rule := range current {
		if rule.Name != ruleName {
			all = append(all, rule.RuleSpec)
		}
	}
	return all, nil
}
