package source

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// SetTimeout replaces the time that a fetch may take.
func (c *Client) SetTimeout(timeout time.Duration) { c.timeout = timeout }

// Trust makes the client trust a test server's certificate authority.
func (c *Client) Trust(roots *x509.CertPool) {
	c.transport.TLSClientConfig = &tls.Config{RootCAs: roots}
}

// JSONB is jsonb, of a body that has to be valid JSON.
func JSONB(body []byte) ([]byte, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	return jsonb(v), nil
}
