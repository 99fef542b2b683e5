package access_test

import (
	"net/netip"
	"testing"

	"tracker/internal/access"
)

// TestFailuresAreBounded however many addresses somebody has.
func TestFailuresAreBounded(t *testing.T) {
	t.Parallel()
	var guard access.Guard
	at := netip.MustParseAddr("10.0.0.0")
	most := 0
	for range 10_000 {
		at = at.Next()
		most = max(most, guard.Failed(netip.PrefixFrom(at, 32)))
	}
	if most != 4096 {
		t.Errorf("of %d addresses it is known", most)
	}
}
