package cli

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy is the line between trackers and the database: it can be cut, blocked
// and frozen.
type proxy struct {
	url      string // of the database, through the proxy
	listener net.Listener
	copying  sync.WaitGroup

	mu      sync.Mutex
	network string // of the server
	address string
	lines   map[net.Conn]bool
	blocked bool
	flowing chan struct{} // closed while bytes flow
}

// newProxy gives a proxy before the database at target, a URL.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	at, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{lines: map[net.Conn]bool{}, flowing: make(chan struct{})}
	close(p.flowing)
	p.lead(at)
	query := at.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	if p.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	at.Host, at.RawQuery = p.listener.Addr().String(), query.Encode()
	p.url = at.String()
	p.copying.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.thaw()
		p.cut()
		p.copying.Wait()
	})
	return p
}

// lead sends the lines that come to a server from now on, and ends the others.
func (p *proxy) lead(to *url.URL) {
	p.mu.Lock()
	p.network, p.address = "tcp", to.Host
	if dir := to.Query().Get("host"); dir != "" {
		p.network, p.address = "unix", dir+"/.s.PGSQL."+to.Query().Get("port")
	}
	p.mu.Unlock()
	p.cut()
}

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		var dialer net.Dialer
		p.mu.Lock()
		network, address := p.network, p.address
		p.mu.Unlock()
		far, err := dialer.Dial(network, address)
		if err != nil || !p.keep(near, far) {
			_ = near.Close()
			continue
		}
		p.copying.Go(func() { p.carry(near, far) })
		p.copying.Go(func() { p.carry(far, near) })
	}
}

// keep notes a line, unless none may be.
func (p *proxy) keep(near, far net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blocked {
		_ = far.Close()
		return false
	}
	p.lines[near], p.lines[far] = true, true
	return true
}

// carry copies bytes, as long as they flow.
func (p *proxy) carry(from, to net.Conn) {
	defer func() {
		_ = from.Close()
		_ = to.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.lines, from)
	}()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		flowing := p.flowing
		p.mu.Unlock()
		<-flowing
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// cut ends all lines; new ones may come.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range p.lines {
		_ = line.Close()
	}
}

// block ends all lines and lets no new one come, until unblock.
func (p *proxy) block() {
	p.mu.Lock()
	p.blocked = true
	p.mu.Unlock()
	p.cut()
}

func (p *proxy) unblock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked = false
}

// freeze stops all bytes, as a line that nobody answers on, until thaw.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flowing = make(chan struct{})
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.flowing:
	default:
		close(p.flowing)
	}
}
