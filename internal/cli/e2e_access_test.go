package cli

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// asked is what a daemon answers a request.
func asked(t *testing.T, client *http.Client, method, url, body string, headers ...string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	read, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(read)
}

// TestServeRefusesOpenAddresses where others could read along, or nobody could be known.
func TestServeRefusesOpenAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, refused := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--listen", "0.0.0.0:0"}, exitUsage, "--behind-proxy"},
		{[]string{"--listen", ":0"}, exitUsage, "--tls-cert"},
		{[]string{"--trust-header", "X-Forwarded-User"}, exitUsage, "needs --behind-proxy"},
		{[]string{"--behind-proxy", "--trust-header", "no header"}, exitUsage, "the name of a header"},
		{[]string{"--tls-cert", "cert.pem"}, exitUsage, "belong together"},
		{[]string{"--tls-cert", "/absent.pem", "--tls-key", "/absent.key"}, exitUsage, "/absent.pem"},
		{[]string{"--listen", "0.0.0.0:0", "--behind-proxy"}, exitFailed, "tracker token add NAME"},
		{[]string{"--listen", "127.0.0.1:0", "--behind-proxy"}, exitFailed, "tracker token add NAME"},
	} {
		p := w.run(append([]string{"serve"}, refused.args...)...)
		if text := p.stderr.String(); p.code != refused.code || !strings.Contains(text, refused.want) {
			t.Errorf("%q: it ends with %d, and no %q in %q", refused.args, p.code, refused.want, text)
		} else if listening.MatchString(text) {
			t.Errorf("%q: it says that it listens, and refuses: %q", refused.args, text)
		}
	}
}

var metricsListening = regexp.MustCompile(`msg="listening for metrics" address=(\S+)`)

// TestServeBehindAProxy as deploy/ has it, in the environment: a token for all but health,
// and a port for metrics.
func TestServeBehindAProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env["WEB_TOKEN"] = strings.Repeat("a-token-of-mine.", 2)
	for _, want := range []string{"added token compose", "was there already"} {
		if text := w.must("token", "add", "compose", "--scope", "operate", "--token", "env:WEB_TOKEN"); !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
	made := strings.TrimSpace(w.must("token", "add", "reader", "--scope", "read", "--expires", "30d"))
	if text := w.must("token", "list"); strings.Contains(text, made) || !strings.Contains(text, "reader") {
		t.Errorf("the list: %s", text)
	}
	w.env["TRACKER_LISTEN"], w.env["TRACKER_BEHIND_PROXY"], w.env["TRACKER_METRICS_LISTEN"] = "0.0.0.0:0", "true", "127.0.0.1:0"
	daemon := w.start("serve", "--apply", w.file(declaration(unlimited, 1)))
	daemon.await("serving")
	_, port, err := net.SplitHostPort(daemon.address())
	if err != nil {
		t.Fatal(err)
	}
	at := "http://127.0.0.1:" + port
	metrics := "http://" + metricsListening.FindStringSubmatch(daemon.stderr.String())[1]
	bearer := "Authorization: Bearer " + made
	operate := "Authorization: Bearer " + w.env["WEB_TOKEN"]
	for _, answered := range []struct {
		method, url, body string
		headers           []string
		status            int
	}{
		{http.MethodGet, at + "/healthz", "", nil, http.StatusOK},
		{http.MethodPost, at + "/hooks/%00", "", nil, http.StatusBadRequest},
		{http.MethodGet, at + "/jobs/%ff", "", []string{bearer}, http.StatusBadRequest},
		{http.MethodGet, at + "/api/v1/jobs?q=%00", "", []string{bearer}, http.StatusBadRequest},
		{http.MethodGet, at + "/metrics", "", nil, http.StatusUnauthorized},
		{http.MethodGet, at + "/metrics", "", []string{bearer}, http.StatusOK},
		{http.MethodGet, metrics + "/metrics", "", nil, http.StatusOK},
		{http.MethodGet, metrics + "/api/v1/jobs", "", nil, http.StatusNotFound},
		{http.MethodGet, at + "/", "", nil, http.StatusUnauthorized},
		{http.MethodGet, at + "/", "", []string{bearer}, http.StatusOK},
		{http.MethodGet, at + "/api/v1/jobs", "", []string{bearer}, http.StatusOK},
		{http.MethodPost, at + "/jobs/" + jobName(0) + "/pause", "", []string{bearer}, http.StatusForbidden},
		{http.MethodPost, at + "/api/v1/jobs/" + jobName(0) + "/pause", "", []string{operate}, http.StatusOK},
		{http.MethodPut, at + "/api/v1/jobs/x", `{"source":"` + strings.Repeat("x", 2<<20) + `"}`, []string{operate, "Content-Type: application/json"}, http.StatusRequestEntityTooLarge},
		{http.MethodGet, at + "/api/v1/jobs", "", []string{operate, "X-Large: " + strings.Repeat("x", 64<<10)}, http.StatusRequestHeaderFieldsTooLarge},
	} {
		if status, text := asked(t, http.DefaultClient, answered.method, answered.url, answered.body, answered.headers...); status != answered.status {
			t.Errorf("%s %s: %d, not %d: %.200s", answered.method, answered.url, status, answered.status, text)
		}
	}
	if text := w.must("changes", jobName(0)); !strings.Contains(text, "token compose") {
		t.Errorf("who paused it? %s", text)
	}
	w.must("token", "revoke", "reader")
	if status, _ := asked(t, http.DefaultClient, http.MethodGet, at+"/api/v1/jobs", "", bearer); status != http.StatusUnauthorized {
		t.Errorf("revoked: %d", status)
	}

	slow, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close() }()
	if _, err := fmt.Fprint(slow, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow"); err != nil { // and no more
		t.Fatal(err)
	}
	_ = slow.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadAll(slow); err != nil {
		t.Errorf("who sends half a header is waited for: %v", err)
	}
	daemon.stop()
}

// TestServeTellsMetricsAlone where nobody is to see anything else.
func TestServeTellsMetricsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env["TRACKER_METRICS_LISTEN"] = "127.0.0.1:0"
	daemon := w.serve()
	daemon.await("listening for metrics")
	at := "http://" + metricsListening.FindStringSubmatch(daemon.stderr.String())[1]
	for path, want := range map[string]int{"/metrics": http.StatusOK, "/healthz": http.StatusOK, "/": http.StatusNotFound, "/api/v1/jobs": http.StatusNotFound} {
		if status, text := asked(t, http.DefaultClient, http.MethodGet, at+path, ""); status != want {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	await(t, "that it is ready", func() bool {
		status, _ := asked(t, http.DefaultClient, http.MethodGet, at+"/readyz", "")
		return status == http.StatusOK
	})
	daemon.stop()
}

// TestServeSpeaksTLS by the files that its flags name.
func TestServeSpeaksTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must("token", "add", "reader", "--scope", "read")
	known := httptest.NewTLSServer(nil)
	defer known.Close()
	pair := known.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	daemon := w.start("serve", "--listen", "0.0.0.0:0", "--tls-cert", filepath.Join(dir, "cert.pem"), "--tls-key", filepath.Join(dir, "key.pem"))
	daemon.await("serving")
	_, port, err := net.SplitHostPort(daemon.address())
	if err != nil {
		t.Fatal(err)
	}
	client := known.Client()
	client.Transport.(*http.Transport).TLSClientConfig.MinVersion = tls.VersionTLS13
	if status, text := asked(t, client, http.MethodGet, "https://127.0.0.1:"+port+"/healthz", ""); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := asked(t, client, http.MethodGet, "https://127.0.0.1:"+port+"/api/v1/jobs", ""); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d", status)
	}
	daemon.stop()
}
