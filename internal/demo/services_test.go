package demo

import "testing"

// TestServicesStayWhereTheyWere: a later start has them at the ports of the earlier one,
// unless somebody else listens there.
func TestServicesStayWhereTheyWere(t *testing.T) {
	t.Parallel()
	start := func(before map[string]string) *services {
		d, err := startServices(t.Context(), 1, before)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.close)
		return d
	}
	first := start(map[string]string{sourceWoosmap: "", sourceSafetyKit: "no address"})
	before := map[string]string{sourceWoosmap: first.woosmapAt, sourceSafetyKit: first.safetykitAt}
	beside := start(before)
	if beside.woosmapAt == first.woosmapAt || beside.safetykitAt == first.safetykitAt {
		t.Errorf("two are at %s and %s", beside.woosmapAt, beside.safetykitAt)
	}
	first.close()
	if later := start(before); later.woosmapAt != first.woosmapAt || later.safetykitAt != first.safetykitAt {
		t.Errorf("they were at %s and %s, and are at %s and %s", first.woosmapAt, first.safetykitAt, later.woosmapAt, later.safetykitAt)
	}
}
