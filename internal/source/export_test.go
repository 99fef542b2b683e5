package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"time"

	"tracker/internal/jsonscan"
)

// SetTimeout replaces the time that a fetch may take.
func (c *Client) SetTimeout(timeout time.Duration) { c.timeout = timeout }

// Trust makes the client trust a test server's certificate authority.
func (c *Client) Trust(roots *x509.CertPool) {
	c.transport.TLSClientConfig = &tls.Config{RootCAs: roots}
}

// ByNetHTTP gives a client that sends nothing over lines.
func (c *Client) ByNetHTTP() *Client {
	never := newLines(c.userAgent, func(*url.URL) (*url.URL, error) { return nil, errors.New("no lines") })
	return &Client{lines: never, transport: c.transport, userAgent: c.userAgent, timeout: c.timeout}
}

// Dial replaces how lines are dialled.
func (c *Client) Dial(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	c.lines.dial = dial
}

// JSONB is jsonb, of a body that has to be valid JSON.
func JSONB(body []byte) ([]byte, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	return jsonb(v), nil
}

// Canonical gives the canonical form of a body, which has to be valid JSON,
// written out even where it is as the body came.
func Canonical(body []byte, p Provider) string {
	var out bytes.Buffer
	c := canonical{text: body, asItIs: true}
	start := jsonscan.SkipSpace(body, 0)
	end := c.pass(start, p.omitted)
	c.write(&out, start, p.omitted)
	if c.asItIs != bytes.Equal(body[start:end], out.Bytes()) && p.omitted.members == nil {
		return "as it is: " + string(body)
	}
	return out.String()
}

// KeyOf is Key for a body that is JSON for sure.
func KeyOf(p Provider, body []byte) [KeySize]byte { return p.key(body) }

// CheckProxy is what judges the proxy that the environment names.
var CheckProxy = checkProxy
