package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http/httpguts"
)

// carries reports whether an address can be asked over a line: in plain text and by
// no proxy, with nothing in it that net/http would write in another way.
func (l *lines) carries(address *url.URL, credential string) bool {
	if address.Scheme != "http" || address.User != nil || address.Opaque != "" || !isPlainHost(address.Host) || !httpguts.ValidHeaderFieldValue(credential) {
		return false
	}
	by, err := l.proxy(address)
	return by == nil && err == nil
}

// hostChars are what stands in the names and numbers of hosts and their ports as net/http writes them.
const hostChars = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_:[]"

func isPlainHost(host string) bool { return host != "" && strings.Trim(host, hostChars) == "" }

// ask sends a request with a credential, and gives the answer once its header has
// come. Closing its body ends the use of the line. A line that the service has closed
// meanwhile, without a word of an answer, or that is not quiet, is replaced by another.
func (l *lines) ask(ctx context.Context, deadline time.Time, address *url.URL, name, credential string) (*lineAnswer, error) {
	for {
		line, used, err := l.take(ctx, deadline, address)
		if err != nil {
			return nil, err
		}
		answer := &lineAnswer{line: line}
		answer.unwatch = context.AfterFunc(ctx, func() { _ = line.Close() })
		if err = line.send(address, name, credential, used); err == nil {
			answer.Response, err = line.receive() //nolint:bodyclose // begin makes the answer its body
		}
		if err == nil {
			answer.begin()
			return answer, nil
		}
		answer.unwatch()
		_ = line.Close()
		if !used || line.got > 0 || ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
	}
}

// send writes a request in one piece, and on a line that was used before returns when
// something comes: a read that finds nothing costs a system call. RawConn.Read forgets
// what was heard of the connection, then calls, and where that gives false waits for
// what comes from now on. So it has to begin before the request is written, whose answer
// would else be missed, and after it has begun nothing may have come yet. Of a fresh line
// nobody knows that: a service may answer as soon as it is called.
func (l *line) send(address *url.URL, name, credential string, used bool) error {
	l.got, l.out = 0, l.out[:0]
	for _, part := range [...]string{
		"GET ", address.RequestURI(), " HTTP/1.1\r\nHost: ", address.Host, "\r\nUser-Agent: ", l.of.userAgent,
		"\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n", name, ": ", credential, "\r\n\r\n",
	} {
		l.out = append(l.out, part...)
	}
	var failed error
	called := false
	err := l.raw.Read(func(fd uintptr) bool {
		if called {
			return true
		}
		called = true
		if used && !isQuiet(fd) {
			failed = errNotQuiet
		} else {
			_, failed = l.Write(l.out)
		}
		return failed != nil || !used
	})
	return cmp.Or(failed, err)
}

// errNotQuiet means that a line was closed by the service, or that something has come
// that nobody asked for: it would be taken for the answer to the next request.
var errNotQuiet = errors.New("the connection was closed or misused by the service")

func isQuiet(fd uintptr) bool {
	var next [1]byte
	_, _, err := syscall.Recvfrom(int(fd), next[:], syscall.MSG_PEEK)
	return errors.Is(err, syscall.EAGAIN)
}

// receive reads an answer's header, behind those that only say that one will come.
func (l *line) receive() (*http.Response, error) {
	l.left = headerLimit
	for {
		answer, err := http.ReadResponse(l.in, nil)
		switch {
		case l.left <= 0:
			return nil, fmt.Errorf("the header of the answer is over %d KiB", headerLimit>>10)
		case l.got == 0 && errors.Is(err, io.ErrUnexpectedEOF):
			return nil, io.EOF
		case err != nil:
			return nil, err
		case answer.StatusCode/100 != 1 || answer.StatusCode == http.StatusSwitchingProtocols:
			l.left = 1<<63 - 1
			return answer, nil
		}
	}
}

// Read reads from the connection, no more of a header than one may have.
func (l *line) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, io.EOF
	}
	n, err := l.Conn.Read(p[:min(int64(len(p)), l.left)])
	l.got += n
	l.left -= int64(n)
	return n, err
}

// lineAnswer is an answer that comes over a line. It is the reader of its own body.
type lineAnswer struct {
	*http.Response
	line    *line
	unwatch func() bool
	body    io.Reader // that still comes
	whole   bool      // it has come to its end
	closed  bool      // the line may be another answer's by now
}

// begin makes the answer the body of its response.
func (a *lineAnswer) begin() {
	a.whole = a.Body == http.NoBody
	a.body = unzipped(a.Response, &a.whole)
	a.Body = a
}

func (a *lineAnswer) Read(p []byte) (int, error) { return a.body.Read(p) }

// Close lets the next request have the line, if nothing of this answer is left on it.
func (a *lineAnswer) Close() error {
	if a.closed {
		return nil
	}
	a.closed = true
	if !a.unwatch() || !a.whole || a.Response.Close || a.StatusCode == http.StatusSwitchingProtocols || a.line.in.Buffered() > 0 {
		return a.line.Close()
	}
	a.line.of.put(a.line)
	return nil
}

func (a *lineAnswer) end() {} // who has read it has closed it

func (a *lineAnswer) limit(at time.Time) { _ = a.line.SetDeadline(at) }
