package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"tracker/internal/redact"
	"tracker/internal/store"
)

const (
	// answerMost is how much is read of what a receiver answers, in bytes.
	answerMost = 64 << 10
	// idleMost is how long a connection waits for the next delivery.
	idleMost = 90 * time.Second
)

// channels are the ways to a receiver.
type channels struct {
	client    *http.Client // for webhooks and OpenLineage
	messages  messenger
	userAgent string
	version   string
}

// newChannels makes those of a program of some version.
func newChannels(version string) channels {
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: idleMost, MaxResponseHeaderBytes: answerMost,
		TLSHandshakeTimeout: sendTimeout,
	}
	return channels{
		client: &http.Client{
			Transport: transport, Timeout: sendTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		messages: newMessenger(), userAgent: "tracker/" + version, version: version,
	}
}

// deliver sends what a rule tells to its receiver.
func (n *Notifier) deliver(ctx context.Context, rule store.Rule, address, secret redact.Secret, batch []store.Delivery, now time.Time) error {
	switch rule.Form {
	case formMessage:
		return n.channels.message(ctx, address, batch, now, n.Pages)
	case formWebhook:
		return n.channels.webhook(ctx, webhook{rule: rule.Name, address: address, secret: secret, now: now, pages: n.Pages}, batch[0].Notice)
	default:
		told, err := n.Store.ToldOfRun(ctx, rule.ID, store.RunKey{JobID: batch[0].JobID, No: batch[0].RunNo}, batch[0].EventNo)
		if err != nil {
			return err
		}
		return n.channels.openLineage(ctx, address, secret, batch[0].Notice, told)
	}
}

// statusError is an answer that is no 2xx.
type statusError int

// Error implements error.
func (e statusError) Error() string {
	text := fmt.Sprintf("it answers %d %s", int(e), http.StatusText(int(e)))
	if e >= 300 && e < 400 {
		text += ", which is not followed"
	}
	return text
}

// errAddress refuses an address; its text is no part of the error.
var errAddress = errors.New("the address is no http(s) URL")

// post sends a body, whatever the answer says beside its status.
func (c channels) post(ctx context.Context, address redact.Secret, header http.Header, body io.Reader) error {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errAddress
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), body)
	if err != nil {
		return errAddress
	}
	request.Header = header
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", c.userAgent)
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, answerMost) // so that the connection can be used again
	if response.StatusCode/100 != 2 {
		return statusError(response.StatusCode)
	}
	return nil
}
