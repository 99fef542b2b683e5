package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tracker/internal/history"
	"tracker/internal/redact"
	"tracker/internal/source"
)

const testSecret = "hunter22/private"

// fetchFrom polls a server for a provider's status, as the sync would, over a line
// where it can. By net/http the same comes of it.
func fetchFrom(t *testing.T, client *source.Client, providerName, baseURL string) source.Response {
	t.Helper()
	response, err := client.Fetch(t.Context(), account(t, providerName, baseURL), endpoint(t, providerName, baseURL), source.Pace{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(response.Error, "hunter22") || strings.Contains(response.Error, "?") {
		t.Errorf("error shows a secret or a query: %s", response.Error)
	}
	if response.Latency <= 0 {
		t.Errorf("latency %s", response.Latency)
	}
	other, err := client.ByNetHTTP().Fetch(t.Context(), account(t, providerName, baseURL), endpoint(t, providerName, baseURL), source.Pace{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	besides := cmp.Options{cmpopts.IgnoreFields(source.Response{}, "Latency", "Body"), cmpopts.IgnoreUnexported(source.Response{})}
	if diff := cmp.Diff(response, other, besides); diff != "" || !bytes.Equal(response.Body, other.Body) {
		t.Errorf("net/http gives another body, or (+): %s", diff)
	}
	return response
}

func account(t *testing.T, providerName, baseURL string) *source.Account {
	t.Helper()
	return &source.Account{Provider: provider(t, providerName), BaseURL: baseURL, Secret: redact.NewSecret(testSecret)}
}

func endpoint(t *testing.T, providerName, baseURL string) source.Endpoint {
	t.Helper()
	target := map[string]string{"dataset_id": datasetID, "namespace": "products", "request_id": "req_1"}
	return provider(t, providerName).Endpoint(baseURL, target)
}

func newClient(t *testing.T) *source.Client {
	t.Helper()
	client := source.NewClient("1.2.3")
	t.Cleanup(client.Close)
	return client
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestFetchSendsWhatTheProviderWants(t *testing.T) {
	t.Parallel()
	tests := []struct{ provider, path, header, value string }{
		{"woosmap", "/prefix/datasets/" + datasetID + "/status", "X-Api-Key", testSecret},
		{"safetykit", "/prefix/v1/data/products/requests/req_1", "Authorization", "Bearer " + testSecret},
	}
	for _, test := range tests {
		t.Run(test.provider, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet || r.RequestURI != test.path {
					t.Errorf("asked %s %s", r.Method, r.RequestURI)
				}
				if r.Header.Get(test.header) != test.value || r.UserAgent() != "tracker/1.2.3" {
					t.Errorf("headers %v", r.Header)
				}
				fmt.Fprint(w, `{"a":1}`)
			})
			response := fetchFrom(t, newClient(t), test.provider, server.URL+"/prefix/")
			if response.Outcome != "" || response.HTTPStatus != 200 || string(response.Body) != `{"a":1}` || response.Requests != 1 || response.Error != "" {
				t.Errorf("got %+v", response)
			}
		})
	}
}

func TestFetchOutcomes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status  int
		body    string
		outcome history.Outcome
		err     string
	}{
		{401, `{"detail":"Unable to locate credentials."}`, history.OutcomeUnauthorized, "401 Unauthorized: Unable to locate credentials."},
		{402, `{"detail":"Out of free quota."}`, history.OutcomeQuotaExhausted, "402 Payment Required: Out of free quota."},
		{403, `{"detail":"Credentials found, but not matching."}`, history.OutcomeForbidden, "403 Forbidden: Credentials found, but not matching."},
		{404, `{"details":"Dataset was not found"}`, history.OutcomeNotFound, "404 Not Found: Dataset was not found"},
		{
			422, `{"detail":[{"loc":["path","dataset_id",0],"msg":"value is not a valid uuid","type":"type_error.uuid"},{"loc":[],"msg":"x"},7]}`,
			history.OutcomeRejected, "422 Unprocessable Entity: path.dataset_id.0: value is not a valid uuid; x",
		},
		{429, `{"details":"Rate limit reached"}`, history.OutcomeRateLimited, "429 Too Many Requests: Rate limit reached"},
		{400, `{"error":{"message":"no\u0000 such\nname"}}`, history.OutcomeRejected, "400 Bad Request: no\uFFFD such name"},
		{409, `{"message":null,"error":"busy"}`, history.OutcomeRejected, "409 Conflict: busy"},
		{410, `["moved away"]`, history.OutcomeRejected, "410 Gone: moved away"},
		{413, `too large`, history.OutcomeRejected, "413 Request Entity Too Large"},
		{304, ``, history.OutcomeRejected, "304 Not Modified"},
		{302, ``, history.OutcomeRejected, "302 Found"},
		{500, `<html>hunter22/private</html>`, history.OutcomeUpstreamError, "500 Internal Server Error: REDACTED"},
		{502, `{"detail":`, history.OutcomeUpstreamError, "502 Bad Gateway"},
		{503, `{"error":"with hunter22%2Fprivate and https://u:p@h/x?sig=1"}`, history.OutcomeUpstreamError, "503 Service Unavailable: with REDACTED and https://REDACTED@h/x"},
		{599, strings.Repeat(`{"error":`, 2000) + `"x"` + strings.Repeat(`}`, 2000), history.OutcomeUpstreamError, "599"},
	}
	for _, test := range tests {
		t.Run(strconv.Itoa(test.status), func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			response := fetchFrom(t, newClient(t), "woosmap", server.URL)
			if response.Outcome != test.outcome || response.HTTPStatus != test.status || response.Body != nil {
				t.Errorf("got %+v", response)
			}
			if response.Error != test.err {
				t.Errorf("got error %q, want %q", response.Error, test.err)
			}
		})
	}
}

func TestFetchErrorsAreShort(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"detail":"%s"}`, strings.Repeat("é", 5000))
	})
	response := fetchFrom(t, newClient(t), "woosmap", server.URL)
	if n := utf8.RuneCountInString(response.Error); n != 500 || !strings.HasSuffix(response.Error, "é…") {
		t.Errorf("%d runes: %s", n, response.Error)
	}
}

func TestFetchTimesOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		before string // sent before the server falls silent
		status int
	}{
		{"BeforeTheHeader", "", 0},
		{"InTheBody", `{"id":`, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if test.before != "" {
					fmt.Fprint(w, test.before)
					_ = http.NewResponseController(w).Flush()
				}
				<-r.Context().Done()
			})
			client := newClient(t)
			client.SetTimeout(2 * time.Second)
			response := fetchFrom(t, client, "woosmap", server.URL)
			if response.Outcome != history.OutcomeTimeout || response.HTTPStatus != test.status || response.Error != "no complete answer within 2s" {
				t.Errorf("got %+v", response)
			}
		})
	}
}

func TestFetchOfACanceledPollFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	response, err := newClient(t).Fetch(ctx, account(t, "woosmap", server.URL), endpoint(t, "woosmap", server.URL), source.Pace{Now: time.Now})
	if !errors.Is(err, context.Canceled) || response.Requests != 0 {
		t.Errorf("got %+v and error %v", response, err)
	}
}

func TestFetchFromNowhere(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	_ = listener.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	silent := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = connection.Close()
		}
	})
	tests := []struct{ name, baseURL, err string }{
		{"Refused", "http://" + closed, "connect " + closed + ": connection refused"},
		{"NoSuchHost", "http://nowhere.invalid", "lookup nowhere.invalid: "},
		{"UntrustedCertificate", secure.URL, "certificate signed by unknown authority"},
		{"NoTLS", strings.Replace(plain.URL, "http:", "https:", 1), "tls: first record does not look like a TLS handshake"},
		{"ClosedAtOnce", silent.URL, "the connection was closed without an answer"},
		{"NoURL", "http://[hunter22", "base_url: not a URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			response := fetchFrom(t, newClient(t), "woosmap", test.baseURL)
			if response.Outcome != history.OutcomeUnreachable || response.HTTPStatus != 0 || !strings.Contains(response.Error, test.err) {
				t.Errorf("got %+v", response)
			}
		})
	}
}

func TestFetchFallsBackOnTheLink(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		status  int
		outcome history.Outcome
	}{
		{"Found", 200, ""},
		{"NotFound", 404, history.OutcomeNotFound},
		{"TooLargeAsWell", 413, history.OutcomeRejected},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/data/products/requests/req_1" {
					w.Header().Set("Retry-After", "7")
					w.WriteHeader(http.StatusRequestEntityTooLarge)
					return
				}
				if r.URL.Path != "/v1/data/products/requests/req_1/results/download-url" || r.Header.Get("Authorization") != "Bearer "+testSecret {
					t.Errorf("asked for %s with %v", r.URL.Path, r.Header)
				}
				w.WriteHeader(test.status)
				fmt.Fprint(w, `{"data_url":"x"}`)
			})
			response := fetchFrom(t, newClient(t), "safetykit", server.URL)
			if response.Requests != 2 || response.Outcome != test.outcome || response.HTTPStatus != test.status || response.RetryAfter != 0 {
				t.Errorf("got %+v", response)
			}
		})
	}
}

func TestProxiesWithAPasswordThatWasNotEncoded(t *testing.T) {
	t.Parallel()
	for address, fine := range map[string]bool{
		"http://user:p%40ss@proxy:3128": true, "http://user:p@ss@proxy:3128/": true, "socks5://proxy": true,
		"http://user:2024/hunter22@proxy:3128": false, "http://user:2024?hunter22@proxy:3128": false, "http://user:hunter22/x@proxy:3128": false,
	} {
		proxy, err := source.CheckProxy(url.Parse(address))
		if (err == nil) != fine || err == nil && proxy == nil {
			t.Errorf("%s: got %v, error %v", address, proxy, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter22") || !strings.Contains(err.Error(), "percent-encode it")) {
			t.Errorf("%s: it says: %v", address, err)
		}
	}
}
