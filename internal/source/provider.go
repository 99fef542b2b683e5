package source

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
)

// Provider knows one API: how a job's status is asked for and what the answer
// means. Adding one is a file with a Provider and its line in Providers.
//
// Paths in a body are written as in "data[].url": names joined by dots, [] for
// any element of a list.
type Provider struct {
	Name      string
	Title     string        // for people; empty: Name
	Docs      string        // the address of the API's documents; empty: none
	BaseURL   string        // default of a source's base_url
	RateEvery time.Duration // default rate limit: one request each RateEvery,
	RateBurst int           // and so many at once after a pause
	Schedule  string        // default schedule of a source

	// Target lists the fields that name what a job tracks; all are required.
	Target []TargetField

	// Finishes is true where a run that has ended is the end of the job.
	Finishes bool

	// Interpretation numbers the version of Read. It grows whenever the
	// same body is read differently.
	Interpretation int

	// Requests gives the path of a job's status below the base URL and, where
	// the API has one, that of the request to fall back on when the answer is
	// too large (HTTP 413); both with escaped segments.
	Requests func(target map[string]string) (status, tooLarge string)

	// Plan gives what a poll asks, where it is more than a GET of a path: then
	// Requests is nil.
	Plan func(target map[string]string) Plan

	// Authorize gives the header that carries the credential; AuthorizeQuery
	// names the parameter of the query that does, where none can.
	Authorize      func(secret string) (header, value string)
	AuthorizeQuery string

	// Basic is true where the credential is user:password.
	Basic bool

	// Read reads the one JSON value that a redacted body holds. An error means
	// that the body is not what the API's contract says, and names the field; a
	// Rejection that it is no status.
	Read func(root []byte, target map[string]string) (history.Answer, error)

	// ReadEarlier reads a stored body that Read does not: one that was recorded by
	// an earlier interpretation. Nil: there is none.
	ReadEarlier func(root []byte, target map[string]string) (history.Answer, error)

	// Discover lists what an account has that jobs could track. Nil: the API
	// has no such list.
	Discover *Discovery

	// Links are paths of strings that hold links for people: redaction spares
	// those of their query values whose names do not look like credentials.
	Links []string

	// Signed are paths of strings that hold links which the upstream may sign
	// anew for every answer: redaction replaces their query by a single mark,
	// however many parameters it has, so that equal answers stay equal.
	Signed []string

	// Volatile are paths of strings that may differ between equal answers.
	Volatile []string

	// Dropped are paths, as jq writes them, of fields without meaning for equality.
	Dropped []string

	target   map[string]string // of the job whose answers are read
	contract contract          // what Read reads; nil: nobody knows

	// What Ignoring makes of Volatile and of a source's own volatile fields:
	omitted *omitted
	recipe  uint32
}

// masked is the provider as its requests are shown, with a mark for the credential: it
// encodes none.
func (p Provider) masked() Provider {
	if p.Basic {
		p.Authorize = func(mark string) (header, value string) { return "Authorization", "Basic " + mark }
	}
	return p
}

// For is the provider as it reads the answers for a target.
func (p Provider) For(target map[string]string) Provider {
	p.target = target
	return p
}

// Interpret reads a body that was stored. An error means that the body is no JSON, or
// not what the API's contract says, and names the field.
func (p Provider) Interpret(body []byte) (history.Answer, error) {
	root, err := parse(body)
	if err != nil {
		return history.Answer{}, err
	}
	answer, err := p.Read(root, p.target)
	if err != nil && p.ReadEarlier != nil {
		if earlier, earlierErr := p.ReadEarlier(root, p.target); earlierErr == nil {
			return earlier, nil
		}
	}
	return answer, err
}

// InterpretRedacted is Interpret for a body that Redact has just given: that
// it is JSON needs no second look.
func (p Provider) InterpretRedacted(body []byte) (history.Answer, error) {
	return p.Read(bytes.TrimSpace(body), p.target)
}

// Providers gives all providers, sorted by name.
func Providers() []Provider {
	providers := []Provider{
		safetykit(),
		woosmap(),
	}
	slices.SortFunc(providers, func(a, b Provider) int { return cmp.Compare(a.Name, b.Name) })
	for i := range providers {
		providers[i] = providers[i].Ignoring(nil)
	}
	return providers
}

// IsCode reports whether a provider in code has the name.
func IsCode(name string) bool {
	_, err := Lookup(name)
	return err == nil
}

// Lookup finds a provider by its name. The error wraps ErrUnknownProvider and
// lists the names there are.
func Lookup(name string) (Provider, error) {
	var known []string
	for _, provider := range Providers() {
		if provider.Name == name {
			return provider, nil
		}
		known = append(known, provider.Name)
	}
	return Provider{}, fmt.Errorf("%w %q: want one of %s", ErrUnknownProvider, name, strings.Join(known, ", "))
}
