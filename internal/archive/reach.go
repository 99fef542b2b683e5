package archive

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

const (
	// idleMost is how long a connection waits for the next file.
	idleMost = 90 * time.Second
	// dialTimeout bounds how long a connection takes to be made.
	dialTimeout = 30 * time.Second
)

// errInside is of a link whose host the source's base_url does not name.
var errInside = errors.New("the link leads into a network of this machine's own, and not to the host of base_url")

// clients fetch what is behind links, each over connections of its own.
type clients struct {
	own     *http.Client // anywhere: it asks the host of a source's base_url, or a proxy
	outside *http.Client // only what is outside of the machine's own networks
}

func newClients() clients {
	return clients{own: newClient(nil), outside: newClient(refuseInside)}
}

func newClient(control func(network, address string, _ syscall.RawConn) error) *http.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, Control: control}
	return &http.Client{
		// Of its own: what others do to net/http's bounds no file. It is kept as it is sent.
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true, IdleConnTimeout: idleMost},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// to gives the client for a link of a source.
func (c clients) to(request *http.Request, baseURL string) (*http.Client, error) {
	host := request.URL.Hostname()
	if base, err := url.Parse(baseURL); err == nil && strings.EqualFold(base.Hostname(), host) {
		return c.own, nil
	}
	if proxy, err := http.ProxyFromEnvironment(request); proxy == nil {
		return c.outside, err
	}
	if ip, err := netip.ParseAddr(host); err == nil && inside(ip) || strings.EqualFold(host, "localhost") {
		return nil, errInside
	}
	return c.own, nil // what a name leads to the proxy alone knows
}

// refuseInside is asked of each address before it is connected to.
func refuseInside(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || inside(to.Addr()) {
		return errInside
	}
	return nil
}

// shared are the addresses that a provider's network has for itself (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// inside reports whether an address is that of this machine, or of a network that only
// machines within can reach.
func inside(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return !ip.IsGlobalUnicast() || ip.IsPrivate() || shared.Contains(ip)
}
