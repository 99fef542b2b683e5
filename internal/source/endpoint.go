package source

import (
	"fmt"
	"net/url"
	"strings"

	"tracker/internal/redact"
)

// Account is who asks a provider's API.
type Account struct {
	Provider Provider
	BaseURL  string // as CheckBaseURL takes it
	Secret   redact.Secret
}

// NewAccount gives who asks with a credential. Where that is user:password, the password
// alone is secret, too, or the user where the service takes any password.
func NewAccount(p Provider, baseURL string, credential redact.Secret) *Account {
	if p.Basic {
		user, password, _ := strings.Cut(credential.Reveal(), ":")
		if len(password) < redact.MinSecret {
			password = user
		}
		credential = credential.And(password)
	}
	return &Account{Provider: p, BaseURL: baseURL, Secret: credential}
}

// Endpoint is where a status, or a list, is asked for. It may be used again and again.
type Endpoint struct {
	address  *url.URL
	plan     func() Plan // what a poll asks below the address; nil: the address itself
	tooLarge *url.URL    // what to fall back on when the answer is too large; nil: nothing
	err      error       // why there is none
}

// Endpoint gives that of a target, as CheckTarget takes it, below a base URL,
// as CheckBaseURL takes it. Of any other, each poll fails.
func (p Provider) Endpoint(baseURL string, target map[string]string) Endpoint {
	var e Endpoint
	if p.Plan != nil {
		e.plan = func() Plan { return p.Plan(target) }
		e.address, e.err = below(baseURL, "")
		return e
	}
	status, tooLarge := p.Requests(target)
	if e.address, e.err = below(baseURL, status); e.err != nil || tooLarge == "" {
		return e
	}
	e.tooLarge, e.err = below(baseURL, tooLarge)
	return e
}

// Err tells why there is none; nil: there is.
func (e Endpoint) Err() error { return e.err }

// below gives the address of an escaped path below a base URL.
func below(baseURL, path string) (*url.URL, error) {
	address, err := parseURL(strings.TrimRight(baseURL, "/") + path)
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	address.Host = strings.TrimSuffix(address.Host, ":") // a port that is not there
	return address, nil
}
