package source_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
)

// counted serves and counts the connections that are dialled.
func counted(t *testing.T, handler http.HandlerFunc) (baseURL string, dials *atomic.Int32) {
	t.Helper()
	dials = new(atomic.Int32)
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			dials.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, dials
}

// pollOnce polls over a line alone.
func pollOnce(t *testing.T, client *source.Client, baseURL string) source.Response {
	t.Helper()
	response, err := client.Fetch(t.Context(), account(t, "woosmap", baseURL), endpoint(t, "woosmap", baseURL), source.Pace{Now: time.Now})
	if err != nil {
		t.Error(err)
	}
	return response
}

func TestFetchDialsForMoreRequestsAtOnceAlone(t *testing.T) {
	t.Parallel()
	const atOnce = 8
	var together sync.WaitGroup
	together.Add(atOnce)
	baseURL, dials := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		together.Done()
		together.Wait()
		fmt.Fprint(w, `{"a":1}`)
	})
	client := newClient(t)
	for range 20 {
		var polls sync.WaitGroup
		for range atOnce {
			polls.Go(func() { pollOnce(t, client, baseURL) })
		}
		polls.Wait()
		together.Add(atOnce)
	}
	if n := dials.Load(); n != atOnce {
		t.Errorf("%d connections were dialled for %d requests at once", n, atOnce)
	}
}

func TestFetchUsesALineAgainWhateverTheAnswer(t *testing.T) {
	t.Parallel()
	answers := []http.HandlerFunc{
		plainBody(100),
		plainBody(1 << 20),
		gzipBody(5000),
		gzipBody(1 << 20),
		func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			fmt.Fprint(w, `{}`)
		},
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, `{}`)
		},
		func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"detail":"busy"}`, http.StatusServiceUnavailable)
		},
	}
	var next atomic.Int32
	baseURL, dials := counted(t, func(w http.ResponseWriter, r *http.Request) { answers[next.Add(1)-1](w, r) })
	client := newClient(t)
	for i := range answers {
		if response := pollOnce(t, client, baseURL); response.HTTPStatus/100 != 2 && response.HTTPStatus != http.StatusServiceUnavailable {
			t.Errorf("answer %d: got %+v", i, response)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections for %d requests", n, len(answers))
	}
}

// TestFetchLeavesALineAloneThatItHasLetGoOf: the answer to a redirect that is not
// followed is let go of before that is known.
func TestFetchLeavesALineAloneThatItHasLetGoOf(t *testing.T) {
	t.Parallel()
	baseURL, dials := counted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "60")
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	client := newClient(t)
	for range 3 {
		if response := pollOnce(t, client, baseURL); response.HTTPStatus != http.StatusFound || response.Outcome != history.OutcomeRejected {
			t.Errorf("got %+v", response)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections for 3 requests", n)
	}
}

func TestFetchDialsAnewWhereTheServiceHasHungUp(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }))
	t.Cleanup(server.Close)
	client := newClient(t)
	for range 3 {
		if response := pollOnce(t, client, server.URL); response.HTTPStatus != http.StatusOK {
			t.Errorf("got %+v", response)
		}
		server.CloseClientConnections()
	}
}

// accepting serves each connection, and closes it afterwards.
func accepting(t *testing.T, serve func(conn net.Conn)) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// dictating serves each request with what it is told to send, byte for byte.
func dictating(t *testing.T, requests *atomic.Int32, answer func(conn net.Conn)) (baseURL string) {
	t.Helper()
	return "http://" + accepting(t, func(conn net.Conn) {
		for in := bufio.NewReader(conn); ; {
			request, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, request.Body)
			requests.Add(1)
			answer(conn)
		}
	})
}

const shortAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"

func TestFetchTakesNoAnswerForThatToTheNextRequest(t *testing.T) {
	t.Parallel()
	for name, unasked := range map[string]string{
		"Another": shortAnswer + `{"a":9}`, "Timeout": "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "Rest": "x",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, together := range []bool{true, false} {
				var requests atomic.Int32
				told := make(chan net.Conn, 10)
				server := dictating(t, &requests, func(conn net.Conn) {
					text := fmt.Sprintf(`%s{"a":%d}`, shortAnswer, requests.Load())
					if together {
						text += unasked
					}
					_, _ = io.WriteString(conn, text)
					told <- conn
				})
				client := newClient(t)
				for i := 1; i <= 3; i++ {
					if response := pollOnce(t, client, server); string(response.Body) != fmt.Sprintf(`{"a":%d}`, i) {
						t.Errorf("request %d: got %q: %s", i, response.Body, response.Error)
					}
					if conn := <-told; !together {
						_, _ = io.WriteString(conn, unasked)
					}
				}
			}
		})
	}
}

// answered is a connection whose every write ends after the answer to it has come, and
// the runtime has heard so: it hears of an echo later.
type answered struct {
	*net.TCPConn
	came <-chan net.Conn
	echo net.Conn
}

func (c answered) Write(p []byte) (n int, err error) {
	if n, err = c.TCPConn.Write(p); err != nil {
		return n, err
	}
	<-c.came
	for range 10 {
		if _, err = c.echo.Write([]byte("x")); err == nil {
			_, err = c.echo.Read(make([]byte, 1))
		}
	}
	return n, err
}

func TestFetchMissesNoAnswerThatComesBeforeItWaits(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	came := make(chan net.Conn, 1)
	server := dictating(t, &requests, func(conn net.Conn) {
		_, _ = io.WriteString(conn, shortAnswer+`{"a":1}`)
		came <- conn
	})
	var dialer net.Dialer
	echo, err := dialer.DialContext(t.Context(), "tcp", accepting(t, func(conn net.Conn) {
		for buffer := make([]byte, 1); ; { // io.Copy would leave it to the kernel
			if _, err := conn.Read(buffer); err != nil {
				return
			}
			_, _ = conn.Write(buffer)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = echo.Close() })
	client := newClient(t)
	client.Dial(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return answered{conn.(*net.TCPConn), came, echo}, nil
	})
	client.SetTimeout(5 * time.Second)
	for range 3 {
		if response := pollOnce(t, client, server); response.HTTPStatus != http.StatusOK {
			t.Errorf("got %+v", response)
		}
	}
}

// A service that has no room says so to whoever calls, before it is asked for anything.
func TestFetchTakesAnAnswerThatComesBeforeTheRequest(t *testing.T) {
	t.Parallel()
	address := accepting(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
	})
	client := newClient(t)
	client.SetTimeout(5 * time.Second)
	for range 200 {
		if response := pollOnce(t, client, "http://"+address); response.HTTPStatus != http.StatusServiceUnavailable {
			t.Fatalf("got %+v", response)
		}
	}
}

func TestFetchBoundsTheHeader(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{
		"LongLine": "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"Many":     "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: a\r\n", 1<<17) + "\r\n",
		"Endless":  strings.Repeat("HTTP/1.1 103 Early Hints\r\nX-A: a\r\n\r\n", 1<<15),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			server := dictating(t, &requests, func(conn net.Conn) { _, _ = io.WriteString(conn, header) })
			client := newClient(t)
			for _, client := range []*source.Client{client, client.ByNetHTTP()} {
				if response := pollOnce(t, client, server); response.Outcome != history.OutcomeUnreachable || response.HTTPStatus != 0 || !strings.Contains(response.Error, "header") {
					t.Errorf("got %+v", response)
				}
			}
			if n := requests.Load(); n != 2 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}
