package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"tracker/internal/definition"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/yamlfile"
)

const defaultActiveEvery = 10 * time.Second

var namePattern = regexp.MustCompile(`\A[a-z0-9][a-z0-9._-]{0,62}\z`)

// Source is one account at an upstream API.
type Source struct {
	// Name identifies the source: [a-z0-9][a-z0-9._-]{0,62}, unique. Another
	// name is another source with its own rate budget.
	Name string

	// Provider is the API, such as "woosmap". Without the right one every
	// answer is malformed.
	Provider string

	// Credential says where the daemon finds the secret: env:NAME or file:PATH,
	// never the secret itself. Without it the source is paused.
	Credential string

	// BaseURL is where the API answers; the provider's by default. Over http://
	// the credential can be read on its way.
	BaseURL string

	// Schedule says when the source's jobs are polled, where they have no
	// schedule of their own; the provider's by default. What happens between
	// two polls is known only as far as the upstream tells it.
	Schedule string

	// ActiveEvery is how often a job is polled while its run is active, 10 s by
	// default, 1 s to a year. A longer one widens the bounds of observed times.
	ActiveEvery time.Duration

	// Rate bounds the requests of all replicas together.
	Rate Rate

	// Volatile are the paths of fields without meaning for equality, as jq
	// writes them: .progress, .meta.request_id, .steps[].heartbeat. Answers that
	// differ in them alone are one, kept as it was first seen; without them each
	// of these answers is kept. None by default.
	Volatile []string

	// WebhookSecret says where the daemon finds the secret (whsec_…) that signs the
	// webhooks which the service sends to /hooks/NAME: env:NAME or file:PATH. Without it
	// none is taken.
	WebhookSecret string

	// Archive is where the files behind result links are kept: a directory of the
	// daemon's, by its full path, or s3://BUCKET/PREFIX. Without it nothing is fetched.
	Archive string
}

// Rate is a source's rate limit, the provider's by default. A looser one than
// the upstream grants ends in its refusals, a tighter one delays polls.
type Rate struct {
	Every time.Duration // one request each Every, 1 ms to a year
	Burst int           // requests at once after a quiet time, 1 to 1000
}

// lookup finds a provider by its name: one of the known definitions, or one that comes
// with the program.
func lookup(name string, known []*definition.Definition) (source.Provider, error) {
	for _, d := range known {
		if d.Name == name {
			return d.Provider(1), nil
		}
	}
	return definition.Lookup(name)
}

// WithDefaults returns the source with what it leaves out filled in, from its
// provider where that is known: one that comes with the program, or one of those given.
func (s Source) WithDefaults(known ...*definition.Definition) Source {
	if s.ActiveEvery == 0 {
		s.ActiveEvery = defaultActiveEvery
	}
	provider, err := lookup(s.Provider, known)
	if err != nil {
		return s
	}
	if s.BaseURL == "" {
		s.BaseURL = provider.BaseURL
	}
	if s.Schedule == "" {
		s.Schedule = provider.Schedule
	}
	if s.Rate.Every == 0 {
		s.Rate.Every = provider.RateEvery
	}
	if s.Rate.Burst == 0 {
		s.Rate.Burst = provider.RateBurst
	}
	return s
}

// Validate returns everything that is wrong with a source whose defaults are
// filled in, each as a FieldError.
func (s Source) Validate(known ...*definition.Definition) error { return joinFields(s.check(known)) }

func (s Source) check(known []*definition.Definition) []*FieldError {
	providerErr := checkProvider(s.Provider, known)
	var c checks
	c.add("name", CheckName("name", s.Name))
	c.add("provider", providerErr)
	c.add("credential", checkCredential(s.Credential))
	c.add("active_every", source.CheckActiveEvery(s.ActiveEvery))
	// An unknown provider has no defaults: what it leaves out is no further error.
	if providerErr == nil || s.BaseURL != "" {
		c.add("base_url", checkBaseURL(s.BaseURL))
	}
	if providerErr == nil || s.Schedule != "" {
		c.add("schedule", checkSchedule(s.Schedule))
	}
	if providerErr == nil || s.Rate.Every != 0 {
		c.add("rate_limit.every", source.CheckRateEvery(s.Rate.Every))
	}
	if providerErr == nil || s.Rate.Burst != 0 {
		c.add("rate_limit.burst", source.CheckRateBurst(s.Rate.Burst))
	}
	if s.WebhookSecret != "" {
		c.add("webhook_secret", checkReference("webhook_secret", s.WebhookSecret))
	}
	if s.Archive != "" {
		c.add("archive", checkArchive(s.Archive))
	}
	if provider, err := lookup(s.Provider, known); err == nil {
		for i, path := range s.Volatile {
			if err := provider.CheckVolatile(path); err != nil {
				c.add(fmt.Sprintf("volatile[%d]", i), fmt.Errorf("volatile: %w", err))
			}
		}
	}
	return c
}

// bucketForm is s3://BUCKET, with a prefix perhaps.
var bucketForm = regexp.MustCompile(`\As3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?\z`)

func checkArchive(place string) error {
	if filepath.IsAbs(place) || bucketForm.MatchString(place) {
		return nil
	}
	return fmt.Errorf("archive %s is no place; write a directory by its full path, or s3://BUCKET/PREFIX", yamlfile.Quote(place))
}

// Warnings returns what is allowed and probably not meant.
func (s Source) Warnings() []*FieldError {
	base, err := url.Parse(s.BaseURL)
	if err != nil || base.Scheme != "http" || loopback(base.Hostname()) {
		return nil
	}
	return []*FieldError{{Field: "base_url", Err: fmt.Errorf(
		"base_url %q sends the credential in the clear; write https:// unless the way there is private", s.BaseURL)}}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

func checkProvider(name string, known []*definition.Definition) error {
	if name == "" {
		return errors.New("provider is missing")
	}
	_, err := lookup(name, known)
	return err
}

func checkCredential(ref string) error {
	if ref == "" {
		return errors.New("credential is missing; write env:NAME or file:PATH")
	}
	return source.CheckCredentialRef(ref)
}

func checkBaseURL(text string) error {
	if text == "" {
		return errors.New("base_url is missing: the provider has none of its own")
	}
	if err := source.CheckBaseURL(text); err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	return nil
}

func checkSchedule(expr string) error {
	_, err := schedule.Parse(expr)
	return err
}

// CheckName refuses what cannot be the name of a source, job or token, in a field.
func CheckName(field, name string) error {
	if name == "" {
		return fmt.Errorf("%s is missing", field)
	}
	if !namePattern.MatchString(name) {
		return fmt.Errorf("%s %s is not allowed; write lower-case letters, digits, '.', '_' and '-', at most 63, a letter or digit first",
			field, yamlfile.Quote(name))
	}
	return nil
}
