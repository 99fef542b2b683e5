package demo

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// TestReceiver takes what is signed, each event once, and keeps the newest.
func TestReceiver(t *testing.T) {
	t.Parallel()
	r, err := newReceiver()
	if err != nil {
		t.Fatal(err)
	}
	d := &Fixtures{services: &services{receiver: r}}
	post := func(id, body, secret string) int {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		signature, err := signer.Sign(id, now, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		request.Header.Set(standardwebhooks.HeaderWebhookID, id)
		request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
		request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		return answer.Code
	}
	event := func(text string) string {
		return `{"type": "tracker.failed", "timestamp": "2026-03-01T09:30:00Z", "data": {"text": "` + text + `"}}`
	}
	if status := post("msg_0", event("forged"), "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"); status != http.StatusUnauthorized {
		t.Errorf("another's signature is answered %d", status)
	}
	if status := post("msg_0", "no event", hookSecret()); status != http.StatusBadRequest {
		t.Errorf("what is no event is answered %d", status)
	}
	for i := range toldMost + 2 {
		for range 2 { // sent again, as after an answer that was lost
			if status := post("msg_"+strconv.Itoa(i), event(strconv.Itoa(i)), hookSecret()); status != http.StatusNoContent {
				t.Fatalf("an event is answered %d", status)
			}
		}
	}
	for beyond, want := range map[int][]string{toldMost + 2: nil, toldMost: {"100", "101"}} {
		told, count := d.Told(beyond)
		var texts []string
		for _, one := range told {
			texts = append(texts, one.Text)
		}
		if count != toldMost+2 || !slices.Equal(texts, want) {
			t.Errorf("beyond %d of %d it was told %q", beyond, count, texts)
		}
	}
	if all, _ := d.Told(0); len(all) != toldMost || all[0].Text != "2" || !all[0].At.Equal(time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("it keeps %d events, the first of them %v", len(all), all[0])
	}
}
