package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// oneLine is a listener to which one client comes.
type oneLine struct {
	net.Listener
	client chan net.Conn
}

func (l oneLine) Accept() (net.Conn, error) {
	line, open := <-l.client
	if !open {
		return nil, net.ErrClosed
	}
	return line, nil
}

func (l oneLine) Close() error {
	close(l.client)
	return nil
}

// readSlowly asks a server, in a time of its own, for an answer, and reads a part of it
// each so often.
func readSlowly(t *testing.T, every time.Duration) (read int) {
	t.Helper()
	const parts = 8
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		listener := oneLine{client: make(chan net.Conn, 1)}
		listener.client <- theirs
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- serveHTTP(ctx, listener, patiently(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(make([]byte, parts*patientMost))
			})), nil)
		}()
		if _, err := fmt.Fprint(ours, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(ours), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range parts {
			n, err := io.ReadFull(answer.Body, make([]byte, patientMost))
			if read += n; err != nil {
				break
			}
			time.Sleep(every)
		}
		_ = answer.Body.Close()
		_ = ours.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return read / patientMost
}

// TestAnswersLastAsLongAsTheyAreRead, however slowly, and no longer.
func TestAnswersLastAsLongAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for every, want := range map[time.Duration]int{50 * time.Second: 8, 2 * time.Minute: 1} {
		if read := readSlowly(t, every); read != want {
			t.Errorf("who reads a part each %s gets %d, not %d", every, read, want)
		}
	}
}
