package source_test

import (
	"errors"
	"strings"
	"testing"

	"tracker/internal/source"
)

const datasetID = "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"

// provider looks a provider up that there has to be.
func provider(tb testing.TB, name string) source.Provider {
	tb.Helper()
	p, err := source.Lookup(name)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestLookupListsTheKnownNames(t *testing.T) {
	t.Parallel()
	_, err := source.Lookup("woosmapp")
	if !errors.Is(err, source.ErrUnknownProvider) {
		t.Fatalf("got %v", err)
	}
	for _, p := range source.Providers() {
		if !strings.Contains(err.Error(), p.Name) {
			t.Errorf("%q does not name %s", err, p.Name)
		}
		if found := provider(t, p.Name); found.Name != p.Name {
			t.Errorf("looked up %s, found %s", p.Name, found.Name)
		}
	}
}

func TestProvidersAreCompleteAndSorted(t *testing.T) {
	t.Parallel()
	last := ""
	for _, p := range source.Providers() {
		if p.Name <= last {
			t.Errorf("%s comes after %s", p.Name, last)
		}
		last = p.Name
		if err := source.CheckBaseURL(p.BaseURL); err != nil {
			t.Errorf("%s: base URL: %v", p.Name, err)
		}
		if p.RateEvery <= 0 || p.RateBurst < 1 || p.Schedule == "" || len(p.Target) == 0 || p.Interpretation < 1 {
			t.Errorf("%s lacks a default: %+v", p.Name, p)
		}
	}
}

func TestCheckTarget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		provider string
		target   map[string]string
		want     string // in the error; "" for none
	}{
		{"Woosmap", "woosmap", map[string]string{"dataset_id": datasetID}, ""},
		{"SafetyKit", "safetykit", map[string]string{"namespace": "products", "request_id": "req_1"}, ""},
		{"AnyTextIsAName", "safetykit", map[string]string{"namespace": "a/b c?d#é", "request_id": "..."}, ""},
		{"Missing", "safetykit", map[string]string{"namespace": "products"}, "request_id: missing"},
		{"None", "woosmap", nil, "dataset_id: missing"},
		{"Empty", "safetykit", map[string]string{"namespace": "", "request_id": "x"}, "namespace: empty"},
		{"Unknown", "woosmap", map[string]string{"dataset_id": datasetID, "datasetid": "x"}, "datasetid: unknown to woosmap, which has dataset_id"},
		{"NoUUID", "woosmap", map[string]string{"dataset_id": "stores"}, `dataset_id: "stores" is no UUID`},
		{"UUIDWithMore", "woosmap", map[string]string{"dataset_id": datasetID + "\n"}, "dataset_id"},
		{"Dot", "safetykit", map[string]string{"namespace": ".", "request_id": "x"}, "namespace"},
		{"DotDot", "safetykit", map[string]string{"namespace": "x", "request_id": ".."}, "request_id"},
		{"NUL", "safetykit", map[string]string{"namespace": "x\x00", "request_id": "x"}, "namespace"},
		{"NotUTF8", "safetykit", map[string]string{"namespace": "x\xff", "request_id": "x"}, "namespace"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			wantError(t, provider(t, test.provider).CheckTarget(test.target), test.want)
		})
	}
}

// wantError compares an error's text, of which part suffices; "" is no error.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("unexpected error: %v", err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one with %q", err, want)
	}
}

func TestRequestsEscapeTheTarget(t *testing.T) {
	t.Parallel()
	status, tooLarge := provider(t, "safetykit").Requests(map[string]string{"namespace": "a/b", "request_id": "x?y#z%"})
	if want := "/v1/data/a%2Fb/requests/x%3Fy%23z%25"; status != want || tooLarge != want+"/results/download-url" {
		t.Errorf("got %s and %s", status, tooLarge)
	}
	status, tooLarge = provider(t, "woosmap").Requests(map[string]string{"dataset_id": datasetID})
	if want := "/datasets/" + datasetID + "/status"; status != want || tooLarge != "" {
		t.Errorf("got %s and %q", status, tooLarge)
	}
}

func TestCheckBaseURL(t *testing.T) {
	t.Parallel()
	tests := []struct{ url, want string }{
		{"https://api.woosmap.com", ""},
		{"http://127.0.0.1:8080/prefix/", ""},
		{"https://[::1]:8443", ""},
		{"", "http"},
		{"api.woosmap.com", "http"},
		{"ftp://host", "http"},
		{"https://", "host"},
		{"https://user:hunter22@host", "user or password"},
		{"https://host/?key=hunter22", "query"},
		{"https://host/#hunter22", "fragment"},
		{"https://host/a%40b", ""},
		{"https://ho st/hunter22", "percent-encode it"},
		{"https://host:hunter22", "percent-encode it"},
		{"https://user:hunter22/ss@host", "percent-encode it"},
		{"https://user:hunter22?ss@host", "percent-encode it"},
		{"https://user:hunter22#ss@host", "percent-encode it"},
		{"https://user:pa%zzhunter22@host", "percent-encode it"},
		{"https://user:pa\\hunter22@host", "percent-encode it"},
		{"https://[hunter22", "percent-encode it"},
		{"https://user:22/hunter22@host", "percent-encode it"},
		{"https://user:22?hunter22@host", "percent-encode it"},
		{"https://user:22#hunter22@host", "percent-encode it"},
		{"https://host/hunter22@", "percent-encode it"},
		{"user:hunter22@host", "http"},
		{"https:/user:hunter22@host", "percent-encode it"},
		{"https://host:65536/", "65535"},
		{"https://host:0", "65535"},
	}
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			t.Parallel()
			err := source.CheckBaseURL(test.url)
			wantError(t, err, test.want)
			if err != nil && (strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "22")) {
				t.Errorf("%v shows a secret", err)
			}
		})
	}
}
