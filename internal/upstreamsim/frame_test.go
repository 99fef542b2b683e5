package upstreamsim_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tracker/internal/upstreamsim"
)

// served is a service behind a real server, with a dataset that has a script.
func served(t *testing.T, frames ...upstreamsim.Frame) (url string, log *upstreamsim.Requests) {
	t.Helper()
	log = &upstreamsim.Requests{}
	service := upstreamsim.NewWoosmap(upstreamsim.Options{Key: key, Requests: log})
	service.Script(dataset, frames...)
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return server.URL + upstreamsim.WoosmapPath(dataset), log
}

// reply is what came of a request.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the body's end, or where there was no answer at all
}

// get asks a server as it is: it follows no redirect and undoes no compression.
func get(ctx context.Context, url string) reply {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"?private_key="+key, nil)
	if err != nil {
		return reply{err: err}
	}
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return reply{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(body), err}
}

func TestScriptServesOneFrameAfterTheOther(t *testing.T) {
	t.Parallel()
	url, _ := served(t, upstreamsim.Answer("one"), upstreamsim.Status(503, "two").With("Retry-After", "7"), upstreamsim.Redirect(302, "/three"))
	for i, want := range []string{"200 one  application/json", "503 two 7 application/json", "302   application/json", "302   application/json"} {
		r := get(t.Context(), url)
		got := fmt.Sprintf("%d %s %s %s", r.status, r.body, r.header.Get("Retry-After"), r.header.Get("Content-Type"))
		if got != want || r.err != nil {
			t.Errorf("answer %d is %q, not %q (%v)", i+1, got, want, r.err)
		}
	}
}

func TestFrameCutsItsBody(t *testing.T) {
	t.Parallel()
	url, _ := served(t, upstreamsim.Frame{Body: []byte("a long body"), Cut: 6})
	if r := get(t.Context(), url); r.body != "a long" || !errors.Is(r.err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q: %v", r.body, r.err)
	}
}

func TestFrameDropsItsConnection(t *testing.T) {
	t.Parallel()
	url, _ := served(t, upstreamsim.Frame{Drop: true})
	if r := get(t.Context(), url); r.err == nil {
		t.Errorf("answered with %d", r.status)
	}
}

func TestGzipBombIsLargeOnceDecompressed(t *testing.T) {
	t.Parallel()
	url, _ := served(t, upstreamsim.GzipBomb(1<<20))
	r := get(t.Context(), url)
	body, err := gzip.NewReader(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, body); n != 1<<20 || err != nil {
		t.Errorf("%d bytes: %v", n, err)
	}
	if len(r.body) > 1<<12 || r.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("packed it has %d bytes", len(r.body))
	}
}

func TestGateHoldsAnswersUntilItIsOpened(t *testing.T) {
	t.Parallel()
	gate := upstreamsim.NewGate()
	url, _ := served(t, upstreamsim.Answer("late").Behind(gate))
	answered := make(chan reply, 1)
	go func() { answered <- get(t.Context(), url) }()
	<-gate.Reached()
	if len(answered) > 0 {
		t.Error("answered before the gate was opened")
	}
	gate.Open()
	gate.Open()
	if r := <-answered; r.body != "late" {
		t.Errorf("answered %q: %v", r.body, r.err)
	}
	if r := get(t.Context(), url); r.body != "late" { // it stays open
		t.Errorf("answered %q: %v", r.body, r.err)
	}
}

func TestRequestsHoldNoSecret(t *testing.T) {
	t.Parallel()
	before := time.Now()
	url, log := served(t, upstreamsim.Answer(""))
	if r := get(t.Context(), url); r.err != nil {
		t.Fatal(r.err)
	}
	all := log.All()
	if len(all) != 1 || len(log.Of(upstreamsim.WoosmapPath(dataset))) != 1 || len(log.Of("/")) != 0 {
		t.Fatalf("%d requests", len(all))
	}
	if r := all[0]; r.At.Before(before) || r.Path != upstreamsim.WoosmapPath(dataset) || strings.Join(r.Headers, " ") != "Connection User-Agent" {
		t.Errorf("logged %+v", r)
	}
}

func TestSpeedMakesScenariosShort(t *testing.T) {
	t.Parallel()
	clock := &hand{now: start}
	service := upstreamsim.NewWoosmap(upstreamsim.Options{Key: key, Now: clock.Now, Speed: 60})
	service.Play(dataset, "stores", upstreamsim.Scenario{Start: start, Imports: []upstreamsim.Import{{
		ID: "r", After: 5 * time.Minute, Steps: []upstreamsim.Step{{Name: "fetch", Takes: 10 * time.Minute}},
	}}})
	clock.set(4 * time.Second)
	if answer := ask(t, service, upstreamsim.WoosmapPath(dataset)); answer.Code != http.StatusNotFound {
		t.Errorf("before its first import it gets %d", answer.Code)
	}
	clock.set(15 * time.Second)
	wantAnswer(t, ask(t, service, upstreamsim.WoosmapPath(dataset)), 200, `{"id":"r","status":"success","steps":[`+
		`{"end":"2024-06-07T09:30:51.715881","entries":[],"name":"fetch","start":"2024-06-07T09:30:41.715881","status":"success"}]}`)
}
