package cli

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tracker/internal/testdb"
	"tracker/internal/upstreamsim"
)

// pathBodies are what the services say in the test of the whole path, poll by
// poll.
var pathBodies = struct{ woosmap, safetykit []string }{
	woosmap: []string{
		`{"id":"r1","status":"in_progress","steps":[{"end":null,"entries":[],"name":"fetch","start":"2024-06-07T09:30:36.715881","status":"in_progress"}]}`,
		`{"id":"r1","status":"in_progress","steps":[{"end":"2024-06-07T09:30:40","entries":[],"name":"fetch","start":"2024-06-07T09:30:36.715881","status":"success"},` +
			`{"end":null,"entries":[{"created_at":"2024-06-07T09:30:41","detail":"12 rows, \"odd\"","level":"warning"}],"name":"import","start":"2024-06-07T09:30:40.5","status":"in_progress"}]}`,
		`{"id":"r1","status":"failed","steps":[{"end":"2024-06-07T09:30:40","entries":[],"name":"fetch","start":"2024-06-07T09:30:36.715881","status":"success"},` +
			`{"end":"2024-06-07T09:31:00","entries":[{"created_at":"2024-06-07T09:30:41","detail":"12 rows, \"odd\"","level":"warning"},` +
			`{"created_at":"2024-06-07T09:30:59","detail":"zone\nlost","level":"error"}],"name":"import","start":"2024-06-07T09:30:40.5","status":"failed"}]}`,
		"  {\"id\": \"r2\",\n \"status\": \"success\", \"steps\": []}\n",
	},
	safetykit: []string{
		`{"data":[],"namespace":"products","request_id":"q1","status":"queued"}`,
		`{"data":[],"namespace":"products","request_id":"q1","status":"uploading"}`,
		`{"data":[{"id":"i1","output":{"actions":[],"fields":{"n":1e400},"labels":[{"label":"a.b"}]},"url":"https://shop/1"}],"namespace":"products","request_id":"q1","status":"succeeded"}`,
	},
}

const pathDeclaration = `
sources:
- {name: geo, provider: woosmap, credential: env:KEY, base_url: $WOOSMAP, schedule: "@every 1h", ` + unlimited + `}
- {name: mod, provider: safetykit, credential: env:KEY, base_url: $SAFETYKIT, schedule: "@every 1h", ` + unlimited + `}
jobs:
- {name: stores, source: geo, target: {dataset_id: 00000000-0000-4000-8000-000000000000}, labels: {team: geo}}
- {name: products, source: mod, target: {namespace: products, request_id: q1}}
`

// TestPath goes the whole way of the data with the program as it is run.
func TestPath(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, testdb.Empty(t))
	for _, script := range []struct {
		bodies []string
		play   func(...upstreamsim.Frame)
	}{
		{pathBodies.woosmap, func(f ...upstreamsim.Frame) { w.Woosmap.Script(datasetID(0), f...) }},
		{pathBodies.safetykit, func(f ...upstreamsim.Frame) { w.SafetyKit.Script("products", "q1", f...) }},
	} {
		var frames []upstreamsim.Frame
		for _, body := range script.bodies {
			frames = append(frames, upstreamsim.Answer(body))
		}
		script.play(frames...)
	}

	if p := w.run("job", "list"); p.code != exitFailed || !strings.Contains(p.stderr.String(), "tracker migrate up") {
		t.Errorf("without a schema: %d, %s", p.code, p.stderr.String())
	}
	if text := w.must("migrate", "up"); !strings.Contains(text, "applied 00001_registry.sql\n") {
		t.Error(text)
	}
	if text := w.must("migrate", "up"); text != "the schema is up to date\n" {
		t.Error(text)
	}
	file := w.file(pathDeclaration)
	want := "register source geo\nregister source mod\nregister job stores\nregister job products\n"
	for _, c := range []struct{ flag, want string }{
		{"--dry-run", "would " + strings.ReplaceAll(strings.TrimSpace(want), "\n", "\nwould ") + "\n"},
		{"--prune", want},
		{"--prune", "nothing to change\n"},
	} {
		if text := w.must("apply", "-f", file, c.flag); text != c.want {
			t.Errorf("apply %s prints %q", c.flag, text)
		}
	}
	pathPolls(w)
	w.Check()
	pathReads(w)
	w.Check()
}

// pathPolls syncs until the services have said all they have to say.
func pathPolls(w *world) {
	w.t.Helper()
	for n, want := range [][]string{
		{"products changed queued", "stores changed running"},
		{"products changed running", "stores changed running"},
		{"products changed succeeded", "stores changed failed"},
		{"products unchanged ", "stores changed succeeded"},
		{"products unchanged ", "stores unchanged "},
		{"products unchanged ", "stores unchanged "},
		{"products  ", "stores unchanged "},
	} {
		p := w.run("sync", "--format", "json")
		var rows []syncRow
		decode(w.t, p.stdout.String(), &rows)
		var got []string
		for _, row := range rows {
			got = append(got, strings.Join([]string{row.Job, row.Outcome, row.State}, " "))
		}
		if p.code != exitDone || p.stderr.String() != "" || !slices.Equal(got, want) {
			w.t.Fatalf("sync %d ends with %d: %q, want %q\n%s", n+1, p.code, got, want, p.stderr.String())
		}
	}
	w.Want("finished", []string{"finished"}, `SELECT tracking FROM report.jobs WHERE job = 'products'`)
}

// pathReads reads back what was polled.
func pathReads(w *world) {
	w.t.Helper()
	for job, bodies := range map[string][]string{"stores": pathBodies.woosmap, "products": pathBodies.safetykit} {
		for n, body := range bodies {
			if text := w.must("snapshot", job, strconv.Itoa(n+1)); text != body {
				w.t.Errorf("snapshot %d of %s is %q, want %q", n+1, job, text, body)
			}
		}
	}
	if text := w.must("rebuild"); text != "7 snapshots of 2 jobs folded; 0 rows differed\n" {
		w.t.Error(text)
	}
	if text := w.must("version"); !strings.HasPrefix(text, "tracker dev (go") {
		w.t.Error(text)
	}
	var history map[string]any
	decode(w.t, w.must("history", "stores", "--format", "json"), &history)
	for list, rows := range map[string]int{"runs": 2, "steps": 2, "transitions": 7, "log_entries": 2, "anomalies": 0} {
		if got, ok := history[list].([]any); !ok || len(got) != rows {
			w.t.Errorf("the history has %d %s, not %d: %v", len(got), list, rows, history[list])
		}
	}
	for _, args := range [][]string{
		{"source", "list"}, {"job", "list"}, {"job", "show", "stores"}, {"log", "stores", "--run", "1"}, {"sync", "stores"}, {"snapshot", "stores"},
	} {
		p := w.run(append(args, "--format", "json")...)
		if p.code != exitDone || !json.Valid([]byte(p.stdout.String())) || p.stderr.String() != "" {
			w.t.Errorf("%q ends with %d: %s%s", args, p.code, p.stdout.String(), p.stderr.String())
		}
	}
	for _, c := range []struct {
		args    []string
		header  string
		records int
	}{
		{[]string{"source", "list"}, "source", 2},
		{[]string{"job", "list", "--all"}, "job", 2},
		{[]string{"log", "stores", "--run", "1"}, "job", 2},
		{[]string{"sync"}, "job", 2},
	} {
		records, err := csv.NewReader(strings.NewReader(w.must(append(c.args, "--format", "csv")...))).ReadAll()
		if err != nil || len(records) != 1+c.records || records[0][0] != c.header {
			w.t.Errorf("%q: %q, %v", c.args, records, err)
		}
	}
}
