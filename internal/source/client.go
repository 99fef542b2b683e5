package source

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"tracker/internal/history"
)

const (
	// fetchTimeout bounds a poll from its first byte to the last of its answer,
	// a second request included.
	fetchTimeout = 15 * time.Second

	// bodyLimit bounds a body after decompression, in bytes.
	bodyLimit = 16 << 20

	// LightBody is how long a body may be, in bytes, to be read as it comes.
	LightBody = 64 << 10

	// streamBuffer bounds what an HTTP/2 connection keeps of a body that is not
	// read yet. At 100 ms to the service 16 MiB still come in three seconds.
	streamBuffer = 512 << 10

	// headerLimit bounds the header of an answer, in bytes.
	headerLimit = 256 << 10

	// idlePerHost is how many connections to one host wait for the next poll.
	idlePerHost = 1024
)

// Client asks upstreams over HTTP. It may be used by many goroutines at once.
type Client struct {
	lines     *lines          // for plain text
	transport *http.Transport // for TLS, and for all that goes by a proxy
	userAgent string
	timeout   time.Duration
	buffers   sync.Pool // of *bytes.Buffer, for bodies
}

// NewClient gives a client that calls itself tracker/version. It honours
// HTTPS_PROXY, HTTP_PROXY and NO_PROXY and trusts what the system trusts.
func NewClient(version string) *Client {
	userAgent := "tracker/" + version
	named := httpproxy.FromEnvironment().ProxyFunc()
	proxy := func(to *url.URL) (*url.URL, error) { return checkProxy(named(to)) }
	return &Client{
		lines: newLines(userAgent, proxy),
		transport: &http.Transport{
			Proxy:                  func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
			DisableCompression:     true, // unzipped tells more of what is wrong
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    idlePerHost,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: headerLimit,
			HTTP2:                  &http.HTTP2Config{MaxReceiveBufferPerStream: streamBuffer, SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
		},
		userAgent: userAgent,
		timeout:   fetchTimeout,
	}
}

// Close closes the connections that wait for a next poll.
func (c *Client) Close() {
	c.lines.closeIdle(time.Now())
	c.transport.CloseIdleConnections()
}

// checkProxy keeps the proxy's own password out of the error.
func checkProxy(address *url.URL, err error) (*url.URL, error) {
	if err != nil || address != nil && strayAt(address) {
		return nil, errors.New("the proxy named by the environment is no URL: where its password has an @, /, ?, # or % in it, percent-encode it (@ is %40)")
	}
	return address, nil
}

// Pace is how a poll keeps to what its source allows.
type Pace struct {
	// Now tells the database's time.
	Now func() time.Time

	// Turn returns when one more request may be sent: the first one has its
	// turn already. An error says why none may.
	Turn func(context.Context) error

	// Room returns when there is memory to read a body of up to size bytes. It
	// is asked once a body, or all of a poll together, is longer than LightBody;
	// nil: there always is. An error says why there is none. The time that it takes is not the service's.
	Room func(ctx context.Context, size int64) error

	// Sent is told of each request before it is sent; nil: nobody is.
	Sent func(Sent)
}

// Sent is a request as it may be shown: a mark stands for the credential.
type Sent struct {
	Method, Address string
	Header          http.Header // beside the tracker's own
	Body            []byte
}

// hiddenCredential stands for a credential where a request is shown.
const hiddenCredential = "[credential]"

// Response is what came of a poll.
type Response struct {
	Outcome    history.Outcome // empty where Body is an answer to read
	HTTPStatus int             // 0 where there was none
	Latency    time.Duration   // from the first request to the end of the last body, without the waits for turns and for memory
	RetryAfter time.Duration   // how long the upstream wants to be left alone; 0 where it does not say
	Error      string          // what went wrong and what the service said, redacted, at most 500 runes
	ErrorBody  string          // the beginning of the body of an answer that is no status, redacted, at most 4 KiB
	Body       []byte          // in UTF-8, else as it came: to be redacted before anything else is done to it
	Requests   int             // how many were sent: more than one where there was a redirect, or the first answer was too large
	OutOfTurn  int             // how many of them had no turn

	date   string        // the header Date
	buffer *bytes.Buffer // that has Body
	said   []byte        // the beginning of the body where the answer is no status
}

// Date is what time it was by the service's clock, to the second, as the header of its
// answer says; zero: it does not say.
func (r Response) Date() time.Time {
	at, err := http.ParseTime(r.date)
	if err != nil {
		return time.Time{}
	}
	return at
}

// Fetch polls a status, for an account that may see it. It fails only where ctx
// is canceled before there is an answer: such a poll never was.
func (c *Client) Fetch(ctx context.Context, account *Account, status Endpoint, pace Pace) (Response, error) {
	response := c.poll(ctx, account, status, pace)
	unanswered := response.Outcome == history.OutcomeUnreachable || response.Outcome == history.OutcomeTimeout
	if unanswered && errors.Is(ctx.Err(), context.Canceled) {
		return Response{}, ctx.Err()
	}
	response.Error = errorText(response.Error, account.Secret)
	return response, nil
}

// poll asks at an endpoint, elsewhere where the answer is too large.
func (c *Client) poll(ctx context.Context, account *Account, status Endpoint, pace Pace) (response Response) {
	started := time.Now()
	e := exchange{client: c, account: account, pace: pace, deadline: started.Add(c.timeout)}
	defer func() {
		e.end()
		response.Latency = time.Since(started) - e.waited
		response.Requests, response.OutOfTurn = e.requests, e.outOfTurn
		response.explain(account)
	}()
	if status.err != nil {
		return c.failure(status.err)
	}
	if status.plan != nil {
		return e.follow(ctx, status.address, status.plan())
	}
	response = e.ask(ctx, call{address: status.address})
	if response.HTTPStatus == http.StatusRequestEntityTooLarge && status.tooLarge != nil {
		e.charge(ctx)
		response = e.ask(ctx, call{address: status.tooLarge})
	}
	return response
}
