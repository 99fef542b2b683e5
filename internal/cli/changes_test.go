package cli

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testdb"
	"tracker/internal/words"
)

// newChangesFixture is a database whose registry was changed by several people.
func newChangesFixture(t *testing.T) *readFixture {
	t.Helper()
	environment := map[string]string{"DATABASE_URL": testdb.New(t)}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	by := func(actor string, args ...string) {
		environment["TRACKER_ACTOR"] = actor
		f.must(args...)
	}
	by("anna", "source", "add", "woosmap-test", "--provider", "woosmap", "--credential", "env:KEY")
	by("anna", "job", "add", "stores-eu", "--source", "woosmap-test", "dataset_id="+datasetID(1))
	by("anna", "job", "add", "woosmap-test", "--source", "woosmap-test", "dataset_id="+datasetID(2))
	f.after = append(f.after, f.now())
	by("bert", "job", "add", "stores-eu", "--source", "woosmap-test", "dataset_id="+datasetID(1), "--label", "team=geo", "--stall-after", "90m")
	by("bert", "job", "pause", "stores-eu", "--reason", "the shop moves")
	by("cleo", "job", "resume", "stores-eu")
	by("cleo", "job", "remove", "stores-eu")
	by("dora", "source", "pause", "woosmap-test")
	by("dora", "source", "resume", "woosmap-test")
	return f
}

func TestChanges(t *testing.T) {
	t.Parallel()
	f := newChangesFixture(t)
	line := func(r store.ChangeRow) string { return r.Actor + " " + r.Action + " " + r.Subject }
	told := func(args ...string) (all []string) {
		var rows []store.ChangeRow
		decode(t, f.must(append([]string{"changes", "--format", "json"}, args...)...), &rows)
		for _, row := range rows {
			all = append(all, line(row))
		}
		return all
	}
	ofJob := []string{"anna register job stores-eu", "bert change job stores-eu", "bert pause job stores-eu", "cleo resume job stores-eu", "cleo remove job stores-eu"}
	ofBoth := []string{
		"anna register source woosmap-test", "anna register job woosmap-test", "dora pause source woosmap-test", "dora resume source woosmap-test",
	}
	if got := told(); len(got) != len(ofJob)+len(ofBoth) || got[0] != ofBoth[0] || got[len(got)-1] != ofBoth[3] {
		t.Errorf("all: %q", got)
	}
	if got := told("stores-eu"); !slices.Equal(got, ofJob) {
		t.Errorf("of a removed job: %q", got)
	}
	if got := told("woosmap-test"); !slices.Equal(got, ofBoth) {
		t.Errorf("of a name that a source and a job have: %q", got)
	}
	if got := told("stores-eu", "--since", f.after[0].Format(time.RFC3339Nano)); !slices.Equal(got, ofJob[1:]) {
		t.Errorf("since then: %q", got)
	}
	lines := strings.Split(f.must("changes", "stores-eu"), "\n")
	for i, want := range []string{
		"source: woosmap-test; target: dataset_id=" + datasetID(1), `labels: none → team=geo; stall_after: none → 1h30m0s`,
		"the shop moves", "paused before: the shop moves", "",
	} {
		if !strings.HasSuffix(lines[i+1], strings.TrimRight("stores-eu  "+want, " ")) {
			t.Errorf("%q does not end in %q", lines[i+1], want)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(f.must("changes", "stores-eu", "--format", "csv"))).ReadAll()
	if err != nil || len(rows) != 6 || fmt.Sprint(rows[0]) != "[change_no at actor action subject before after]" || rows[1][5] != "" {
		t.Error(rows, err)
	}
}

func TestChanges_OfNothing(t *testing.T) {
	t.Parallel()
	f := newChangesFixture(t)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"changes nobody", exitUsage, `no job or source is named "nobody"; see  tracker job list  and  tracker source list`},
		{"changes stores-ue", exitUsage, `no job or source is named "stores-ue"; did you mean stores-eu; see`},
		{"changes --since 2999-01-01", exitUsage, "--since: 2999-01-01T00:00:00Z is still to come"},
		{"changes --since yesterday", exitUsage, "--since: "},
		{"changes a b", exitUsage, "want one JOB or SOURCE"},
	} {
		stdout, stderr, code := f.run(strings.Fields(c.args)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("tracker %s ends with %d and says %s%s", c.args, code, stdout, stderr)
		}
	}
	since := f.now()
	if got, want := f.must("changes", "--since", since.Format(time.RFC3339Nano)), "nothing was changed since "+words.Time(&since)+"\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if got := f.must("changes", "--since", since.Format(time.RFC3339Nano), "--format", "json"); got != "[]\n" {
		t.Errorf("%q", got)
	}
	empty := testdb.New(t)
	f.getenv = func(name string) string { return map[string]string{"DATABASE_URL": empty}[name] }
	if got := f.must("changes"); !strings.HasPrefix(got, "nothing was ever registered; see") {
		t.Errorf("%q", got)
	}
}
