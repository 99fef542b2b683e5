package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"tracker/internal/history"
)

const (
	// fetchTimeout bounds a poll from its first byte to the last of its answer,
	// a second request included.
	fetchTimeout = 15 * time.Second

	// bodyLimit bounds a body after decompression, in bytes.
	bodyLimit = 16 << 20

	// headerLimit bounds the header of an answer, in bytes.
	headerLimit = 256 << 10

	// idlePerHost is how many connections to one host wait for the next poll.
	idlePerHost = 1024
)

// Client asks upstreams over HTTP. It may be used by many goroutines at once.
type Client struct {
	transport *http.Transport
	userAgent string
	timeout   time.Duration
	buffers   sync.Pool // of *bytes.Buffer, for bodies
}

// NewClient gives a client that calls itself tracker/version. It honours
// HTTPS_PROXY, HTTP_PROXY and NO_PROXY and trusts what the system trusts.
func NewClient(version string) *Client {
	return &Client{
		transport: &http.Transport{
			Proxy:                  proxy,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    idlePerHost,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: headerLimit,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
		},
		userAgent: "tracker/" + version,
		timeout:   fetchTimeout,
	}
}

// Close closes the connections that wait for a next poll.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// proxy keeps the proxy's own password out of the error.
func proxy(request *http.Request) (*url.URL, error) {
	address, err := http.ProxyFromEnvironment(request)
	if err != nil {
		return nil, errors.New("the proxy named by the environment is no URL")
	}
	return address, nil
}

// Response is what came of a poll.
type Response struct {
	Outcome    history.Outcome // empty where Body is an answer to read
	HTTPStatus int             // 0 where there was none
	Latency    time.Duration   // from the first request to the end of the last body
	RetryAfter time.Duration   // how long the upstream wants to be left alone; 0 where it does not say
	Error      string          // what went wrong, redacted, at most 500 runes
	Body       []byte          // as it came: to be redacted before anything else is done to it
	Requests   int             // how many were sent: 2 where the first answer was too large

	buffer *bytes.Buffer // that has Body
}

// Fetch polls a status, for an account that may see it. It fails only where ctx
// is canceled before there is an answer: such a poll never was.
func (c *Client) Fetch(ctx context.Context, account Account, status Endpoint) (Response, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	started := time.Now()
	response := c.poll(limited, account, status)
	response.Latency = time.Since(started)
	unanswered := response.Outcome == history.OutcomeUnreachable || response.Outcome == history.OutcomeTimeout
	if unanswered && errors.Is(ctx.Err(), context.Canceled) {
		return Response{}, ctx.Err()
	}
	response.Error = errorText(response.Error, account.Secret)
	return response, nil
}

// poll asks at an endpoint, elsewhere where the answer is too large.
func (c *Client) poll(ctx context.Context, account Account, status Endpoint) Response {
	if status.err != nil {
		return c.failure(status.err)
	}
	response := c.ask(ctx, account, status.address)
	response.Requests = 1
	if response.HTTPStatus == http.StatusRequestEntityTooLarge && status.tooLarge != nil {
		response = c.ask(ctx, account, status.tooLarge)
		response.Requests = 2
	}
	return response
}

// ask sends one request, follows its redirects and reads the answer.
func (c *Client) ask(ctx context.Context, account Account, address *url.URL) Response {
	for redirects := 0; ; redirects++ {
		answer, err := c.send(ctx, account, address)
		if err != nil {
			return c.failure(err)
		}
		next, refusal := redirect(answer, redirects)
		if next == nil {
			return c.read(answer, refusal)
		}
		discard(answer)
		address = next
	}
}

// send uses the transport itself: http.Client would follow redirects by its
// own rules and put URLs into errors.
func (c *Client) send(ctx context.Context, account Account, address *url.URL) (*http.Response, error) {
	get := &http.Request{Method: http.MethodGet, URL: address, Header: http.Header{
		"User-Agent": {c.userAgent},
		"Accept":     {"application/json"},
	}}
	get.Header.Set(account.Provider.Authorize(account.Secret.Reveal()))
	return c.transport.RoundTrip(get.WithContext(ctx))
}

// discard reads the rest of an answer, if it is short, so that its connection
// can be used again.
func discard(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, messageLimit)
	_ = answer.Body.Close()
}
