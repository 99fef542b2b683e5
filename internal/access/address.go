package access

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// isThisMachine reports a Host by which only who is on this machine can mean us. A name
// that somebody else's DNS points here is none.
func isThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	at, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && at.IsLoopback()
}

// isForwarded reports a request that a proxy says it has from somebody else.
func isForwarded(h http.Header) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"} {
		if len(h.Values(name)) > 0 {
			return true
		}
	}
	return false
}

// IsLoopback reports an address that nobody but this machine reaches.
func IsLoopback(at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// address is where a request came from; of IPv6 the network that one customer has.
func (g *Guard) address(r *http.Request) netip.Prefix {
	from := r.RemoteAddr
	if g.BehindProxy { // what the proxy has added stands last
		told := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
		if last := strings.TrimSpace(told[strings.LastIndex(told, ",")+1:]); last != "" {
			from = last
		}
	}
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	at, err := netip.ParseAddr(strings.Trim(from, "[]"))
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	if at = at.Unmap().WithZone(""); at.Is6() {
		bits = 64
	}
	network, _ := at.Prefix(bits)
	return network
}
