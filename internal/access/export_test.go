package access

import (
	"net/netip"
	"time"
)

// Failed counts a wrong token from an address, and tells of how many it is known.
func (g *Guard) Failed(from netip.Prefix) int {
	g.failed.add(from)
	return len(g.failed.by)
}

// Forget has it look at once whether its files have changed.
func (c *Certificate) Forget() { c.looked = time.Time{} }
