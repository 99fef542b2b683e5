package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tracker/internal/config"
	"tracker/internal/source"
)

func TestSourceValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.Source)
		fields string
	}{
		"Valid":          {func(*config.Source) {}, ""},
		"LongestName":    {func(s *config.Source) { s.Name = strings.Repeat("a", 63) }, ""},
		"TooLongName":    {func(s *config.Source) { s.Name = strings.Repeat("a", 64) }, "name"},
		"NameOfTwoLines": {func(s *config.Source) { s.Name = "a\n" }, "name"},
		"Empty":          {func(s *config.Source) { *s = config.Source{} }, "name provider credential active_every"},
		"NoDefaults":     {func(s *config.Source) { s.BaseURL, s.Schedule, s.Rate = "", "", config.Rate{} }, "base_url schedule rate_limit.every rate_limit.burst"},
		"Schedule":       {func(s *config.Source) { s.Schedule = "*/90 * * * *" }, "schedule"},
		"Rate":           {func(s *config.Source) { s.Rate = config.Rate{Every: time.Microsecond, Burst: 1001} }, "rate_limit.every rate_limit.burst"},
		"FastestRate":    {func(s *config.Source) { s.Rate = config.Rate{Every: time.Millisecond, Burst: 1000} }, ""},
		"ActiveEvery":    {func(s *config.Source) { s.ActiveEvery = time.Second - 1 }, "active_every"},
		"BeyondAYear":    {func(s *config.Source) { s.ActiveEvery, s.Rate.Every = 8785*time.Hour, 8785*time.Hour }, "active_every rate_limit.every"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := config.Source{Name: "a", Provider: "woosmap", Credential: "env:A"}.WithDefaults()
			c.change(&s)
			if got := fields(t, s.Validate()); got != c.fields {
				t.Errorf("wrong fields %q, want %q", got, c.fields)
			}
		})
	}
}

func TestDefaultsOfEveryProviderAreValid(t *testing.T) {
	t.Parallel()
	for _, provider := range source.Providers() {
		s := config.Source{Name: "a", Provider: provider.Name, Credential: "env:A"}.WithDefaults()
		if err := s.Validate(); err != nil || len(s.Warnings()) > 0 {
			t.Errorf("%s: %v, %v", provider.Name, err, s.Warnings())
		}
	}
}

func TestJobValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*config.Job)
		fields string
	}{
		"Valid":        {func(*config.Job) {}, ""},
		"Empty":        {func(j *config.Job) { *j = config.Job{} }, "name source target.namespace target.request_id"},
		"Schedule":     {func(j *config.Job) { j.Schedule = "@reboot" }, "schedule"},
		"StallAfter":   {func(j *config.Job) { j.StallAfter = -1 }, "stall_after"},
		"Labels":       {func(j *config.Job) { j.Labels = map[string]string{"": "", "a b": "", "ok": "", "x": "\x00"} }, "labels. labels.a b labels.x"},
		"LongestLabel": {func(j *config.Job) { j.Labels = map[string]string{"a": strings.Repeat("é", 256)} }, ""},
		"TooLongLabel": {func(j *config.Job) { j.Labels = map[string]string{"a": strings.Repeat("é", 257)} }, "labels.a"},
		"BytesInLabel": {func(j *config.Job) { j.Labels = map[string]string{"a": "\xff"} }, "labels.a"},
		"Target":       {func(j *config.Job) { j.Target = map[string]string{"namespace": "", "x": "1"} }, "target.namespace target.request_id target.x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			provider, err := source.Lookup("safetykit")
			if err != nil {
				t.Fatal(err)
			}
			j := config.Job{Name: "a", Source: "b", Target: map[string]string{"namespace": "n", "request_id": "r"}}
			c.change(&j)
			if got := fields(t, errors.Join(j.Validate(), j.ValidateTarget(provider))); got != c.fields {
				t.Errorf("wrong fields %q, want %q", got, c.fields)
			}
		})
	}
}

// fields lists the fields that joined errors are about.
func fields(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	if field, ok := errors.AsType[*config.FieldError](err); ok && err == error(field) { //nolint:errorlint // the error itself, not one it wraps
		return field.Field
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%v names no field", err)
	}
	var names []string
	for _, err := range joined.Unwrap() {
		names = append(names, fields(t, err))
	}
	return strings.Join(names, " ")
}
