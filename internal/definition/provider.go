package definition

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
)

// What a definition that does not say it has.
const (
	defaultRateEvery = time.Second
	defaultRateBurst = 5
	defaultSchedule  = "@every 1m"
)

// Provider gives the provider that a definition is, as the numbered interpretation.
func (d *Definition) Provider(interpretation int) source.Provider {
	p := source.Provider{
		Name: d.Name, Title: d.Title, Docs: d.Docs, BaseURL: d.BaseURL, RateEvery: d.RateEvery, RateBurst: d.RateBurst, Schedule: d.Schedule,
		Finishes: d.Tracks == TracksOne, Interpretation: interpretation,
		Authorize: d.Auth.header, AuthorizeQuery: d.Auth.Query, Basic: d.Auth.Basic,
		Read: d.answer,
	}
	for _, field := range d.Target {
		p.Target = append(p.Target, source.TargetField{Name: field.Name, Check: field.check()})
	}
	if first := d.Requests[0]; !d.several() && first.body == nil && len(first.headers) == 0 && d.Auth.Query == "" {
		p.Requests = func(target map[string]string) (status, tooLarge string) {
			query := ""
			if values := fillQuery(first.query, target); len(values) > 0 {
				query = "?" + values.Encode()
			}
			if first.tooLarge != nil {
				tooLarge = first.tooLarge.template.fill(target, url.PathEscape) + query
			}
			return first.path.template.fill(target, url.PathEscape) + query, tooLarge
		}
	} else {
		p.Plan = func(target map[string]string) source.Plan { return newPlan(d, target) }
	}
	for _, text := range d.Volatile {
		stored, _, _ := d.place(text) // it was read
		p.Dropped = append(p.Dropped, stored)
	}
	for _, text := range d.Signed {
		_, plain, _ := d.place(text)
		p.Signed = append(p.Signed, plain)
	}
	return p.Ignoring(nil)
}

// header gives the header that carries the credential.
func (a Auth) header(secret string) (name, value string) {
	if a.Basic {
		return a.Header, "Basic " + base64.StdEncoding.EncodeToString([]byte(secret))
	}
	return a.Header, a.Prefix + secret
}

// check gives what checks a value of the field; nil: any will do.
func (f Field) check() func(string) error {
	if f.Pattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(`\A(?:` + f.Pattern + `)\z`)
	return func(value string) error {
		if err != nil || !pattern.MatchString(value) {
			return fmt.Errorf("%q does not match %s", value, f.Pattern)
		}
		return nil
	}
}

func fillQuery(pairs []pair, target map[string]string) url.Values {
	values := url.Values{}
	for _, p := range pairs {
		values.Set(p.name, p.value.fill(target, nil))
	}
	return values
}

func fillHeader(pairs []pair, target map[string]string) http.Header {
	header := http.Header{}
	for _, p := range pairs {
		header.Set(p.name, p.value.fill(target, nil))
	}
	return header
}

// state is what a status means.
func (d *Definition) state(word string, ofStep bool) history.State {
	if ofStep {
		if state, known := d.StepStates[word]; known {
			return state
		}
	}
	if state, known := d.States[word]; known {
		return state
	}
	return history.StateUnknown
}

// level is what a level means; one that nobody knows stays as it is.
func (d *Definition) level(word string) string {
	if level, known := d.Levels[word]; known {
		return level
	}
	return word
}

// errNotObject is of a stored body that does not have the answers by name.
var errNotObject = errors.New("the stored answer is not one of several requests")

// HasRequest reports whether a request has the name.
func (d *Definition) HasRequest(name string) bool {
	return slices.ContainsFunc(d.Requests, func(r Request) bool { return r.Name == name })
}
