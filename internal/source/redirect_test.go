package source_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tracker/internal/history"
)

func TestFetchAndRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("followed to another host, with %v", r.Header)
	})
	var server *httptest.Server
	server = serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch _, to, _ := strings.Cut(r.URL.Path, "/to-"); strings.TrimSuffix(to, "/datasets/"+datasetID+"/status") {
		case "home":
			http.Redirect(w, r, "/home?x=1#y", http.StatusMovedPermanently)
		case "home-in-full":
			http.Redirect(w, r, server.URL+"/home", http.StatusTemporaryRedirect)
		case "itself":
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		case "elsewhere":
			http.Redirect(w, r, elsewhere.URL+"/x?token=1", http.StatusFound)
		case "user":
			http.Redirect(w, r, strings.Replace(elsewhere.URL, "://", "://u:p@", 1), http.StatusFound)
		case "nowhere":
			w.Header().Set("Location", "http://[hunter22")
			w.WriteHeader(http.StatusFound)
		default:
			fmt.Fprint(w, r.Header.Get("X-Api-Key"))
		}
	})
	tests := []struct {
		to      string
		outcome history.Outcome
		err     string
	}{
		{"home", "", ""},
		{"home-in-full", "", ""},
		{"itself", history.OutcomeRejected, "302 Found: more than 5 redirects"},
		{"elsewhere", history.OutcomeRejected, "302 Found: redirect to " + elsewhere.URL + " not followed"},
		{"user", history.OutcomeRejected, "302 Found: redirect to " + elsewhere.URL + " not followed"},
		{"nowhere", history.OutcomeRejected, "302 Found: redirect to an unreadable address not followed"},
	}
	for _, test := range tests {
		t.Run(test.to, func(t *testing.T) {
			t.Parallel()
			response := fetchFrom(t, newClient(t), "woosmap", server.URL+"/to-"+test.to)
			if response.Outcome != test.outcome || response.Error != test.err {
				t.Errorf("got %+v", response)
			}
			if response.Outcome == "" && string(response.Body) != testSecret {
				t.Errorf("the credential did not come along: %s", response.Body)
			}
		})
	}
}

func TestFetchDoesNotFollowFromTLSToPlainText(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	client := newClient(t)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client.Trust(roots)
	response := fetchFrom(t, client, "woosmap", server.URL)
	if response.Outcome != history.OutcomeRejected || !strings.Contains(response.Error, "redirect to http://127.0.0.1:") {
		t.Errorf("got %+v", response)
	}
}
