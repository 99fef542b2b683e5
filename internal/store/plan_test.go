package store_test

import "testing"

// TestCitusPlansAsEver: a table of that name is by what the server is known.
func TestCitusPlansAsEver(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	for _, test := range []struct{ before, want string }{
		{"", "force_generic_plan"},
		{"SET allow_system_table_mods = on; CREATE TABLE pg_catalog.pg_dist_partition ()", "auto"},
	} {
		if test.before != "" {
			mustExec(t, f.conn, test.before)
		}
		if got, err := f.store.PlanOf(t.Context()); err != nil || got != test.want {
			t.Errorf("got %s, error %v, want %s", got, err, test.want)
		}
	}
}
