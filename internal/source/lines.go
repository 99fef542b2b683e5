package source

import (
	"bufio"
	"context"
	"net"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// lineIdle is how long a line waits for a next request.
const lineIdle = 90 * time.Second

// lines are the connections over which requests go in HTTP/1.1 and in plain text,
// each from the goroutine that asks: net/http hands every request to two more, which
// costs as much again. The last one that was used is used first, so that there are as
// many as requests at once, and none is dialled but for more.
type lines struct {
	userAgent string
	proxy     func(to *url.URL) (*url.URL, error)
	dial      func(ctx context.Context, network, address string) (net.Conn, error) // over TCP

	mu   sync.Mutex
	idle map[string][]*line // by host and port, the last used last
	tidy *time.Timer        // closes those that nobody has used for long; nil: none waits
}

func newLines(userAgent string, proxy func(*url.URL) (*url.URL, error)) *lines {
	return &lines{userAgent: userAgent, proxy: proxy, dial: new(net.Dialer).DialContext, idle: map[string][]*line{}}
}

// line is one of them.
type line struct {
	net.Conn
	of   *lines
	host string
	raw  syscall.RawConn
	in   *bufio.Reader
	out  []byte

	got  int       // bytes of the answer to the request that is under way
	left int64     // how many more of its header there may be
	used time.Time // when it was put back
}

// take gives a line to a host, and whether it was used before: then send looks whether it is quiet.
func (l *lines) take(ctx context.Context, deadline time.Time, address *url.URL) (_ *line, used bool, err error) {
	for {
		waiting := l.pop(address.Host)
		if waiting == nil {
			break
		}
		if waiting.SetDeadline(deadline) == nil {
			return waiting, true, nil
		}
		_ = waiting.Close()
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	to := address.Host
	if address.Port() == "" {
		to = net.JoinHostPort(address.Hostname(), "http")
	}
	conn, err := l.dial(ctx, "tcp", to)
	if err != nil {
		return nil, false, err
	}
	fresh := &line{Conn: conn, of: l, host: address.Host}
	fresh.in = bufio.NewReader(fresh)
	if fresh.raw, err = conn.(syscall.Conn).SyscallConn(); err == nil {
		err = fresh.SetDeadline(deadline)
	}
	if err != nil {
		_ = conn.Close()
	}
	return fresh, false, err
}

func (l *lines) pop(host string) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.idle[host]
	if len(waiting) == 0 {
		return nil
	}
	last := waiting[len(waiting)-1]
	l.idle[host] = waiting[:len(waiting)-1]
	return last
}

func (l *lines) put(back *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	back.used = time.Now()
	l.idle[back.host] = append(l.idle[back.host], back)
	if l.tidy == nil {
		l.tidy = time.AfterFunc(lineIdle, func() { l.closeIdle(time.Now().Add(-lineIdle)) })
	}
}

// closeIdle closes the lines that nobody has used since a time.
func (l *lines) closeIdle(since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tidy = nil
	for host, waiting := range l.idle {
		n := 0
		for n < len(waiting) && !waiting[n].used.After(since) {
			_ = waiting[n].Close()
			n++
		}
		if n == len(waiting) {
			delete(l.idle, host)
			continue
		}
		l.idle[host] = append(waiting[:0], waiting[n:]...)
	}
	if len(l.idle) > 0 {
		l.tidy = time.AfterFunc(lineIdle, func() { l.closeIdle(time.Now().Add(-lineIdle)) })
	}
}
