package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ntfy"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"tracker/internal/redact"
	"tracker/internal/store"
	"tracker/internal/words"
)

// messenger sends messages to people.
type messenger struct{ router *router.ServiceRouter }

// errService refuses an address that no service has; its text is no part of the error.
var errService = errors.New("the address is that of no service: want a shoutrrr URL, such as slack://…, smtp://… or telegram://…")

// init guards net/http's default transport, by which most of shoutrrr's services post and
// which they let nobody replace. All else here has a transport of its own.
//
//nolint:gochecknoinits // later somebody may be reading it
func init() { http.DefaultTransport = guard{http.DefaultTransport} }

func newMessenger() messenger {
	return messenger{router: &router.ServiceRouter{Timeout: sendTimeout}}
}

// guard follows no redirect to another host, and bounds how long an answer is waited for
// and how much of it is read.
type guard struct{ next http.RoundTripper }

// errElsewhere refuses a redirect.
var errElsewhere = errors.New("it redirects elsewhere, which is not followed")

// RoundTrip implements http.RoundTripper.
func (g guard) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(request.Context(), sendTimeout)
	response, err := g.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	body := guardedBody{io.LimitReader(response.Body, answerMost), response.Body, cancel}
	if to, err := response.Location(); err == nil && to.Host != request.URL.Host && response.StatusCode/100 == 3 {
		_ = body.Close()
		return nil, errElsewhere
	}
	response.Body = body
	return response, nil
}

// guardService guards a service that has a transport of its own.
func guardService(service types.Service) {
	if has, ok := service.(interface{ GetHTTPClient() *http.Client }); ok { // Mattermost and Gotify
		if client := has.GetHTTPClient(); client != nil && client.Transport != nil {
			client.Transport = guard{client.Transport}
		}
	}
	if to, ok := service.(*ntfy.Service); ok {
		unverified := to.Config.DisableTLSVerification // who wrote the address wants it so
		to.SetHTTPClient(&http.Client{Timeout: sendTimeout, Transport: guard{&http.Transport{
			Proxy:           http.ProxyFromEnvironment,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: unverified}, //nolint:gosec // see above
		}}})
	}
}

// guardedBody is a body that is bounded.
type guardedBody struct {
	io.Reader
	closer io.Closer
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (b guardedBody) Close() error {
	defer b.cancel()
	return b.closer.Close()
}

// message sends what happened as one message.
func (c channels) message(ctx context.Context, address redact.Secret, batch []store.Delivery, now time.Time, pages string) error {
	notices := make([]store.Notice, len(batch))
	for i, one := range batch {
		notices[i] = one.Notice
	}
	return c.messages.send(ctx, address, words.Digest(notices, now, pages))
}

// send sends a text. What hangs goes on behind, and is waited for no longer than ctx.
func (m messenger) send(ctx context.Context, address redact.Secret, text string) error {
	service, err := m.router.Locate(address.Reveal())
	if err != nil {
		return errService
	}
	guardService(service)
	params := types.Params{}
	if strings.HasPrefix(address.Reveal(), "smtp:") {
		params.SetTitle(firstLine(text))
	}
	sent := make(chan error, 1)
	go func() { // it may never end, and cannot be called off
		defer func() {
			if failed := recover(); failed != nil {
				sent <- fmt.Errorf("the service's code failed: %v", failed)
			}
		}()
		sent <- service.Send(text, &params)
	}()
	select {
	case err := <-sent:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
