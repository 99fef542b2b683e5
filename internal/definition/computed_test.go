package definition_test

import (
	"strings"
	"testing"

	"tracker/internal/definition"
)

const computed = `
name: acme
base_url: https://api.acme.example
auth: {bearer: true}
tracks: one
target: [{name: import_id, pattern: "[0-9]+"}]
requests:
  - path: /imports/get
    method: POST
    body: {id: '\($target.import_id | tonumber)', with: ["all of {import_id}", 'no. \($target.import_id)']}
  - name: log
    path: /log
    query: {since: '\(.created)', import: 'i\(.id)-{import_id}', of: "{import_id}"}
    pages: {next: 'if ($log.lines | length) < .total then ($log.lines | length) else empty end', param: offset}
run_id: .id
status: .state
states: {running: [active], succeeded: [done]}
`

// TestComputed: \( ) in a query and in a body is jq, and pages know what came before.
func TestComputed(t *testing.T) {
	t.Parallel()
	d, err := definition.Parse("acme.yaml", []byte(computed))
	if err != nil {
		t.Fatal(err)
	}
	plan := d[0].Provider(1).Plan(map[string]string{"import_id": "9007199254740993"})
	var came [][]byte
	for i, answer := range []string{
		`{"id": 7, "state": "active", "created": "2026-03-02T09:00:00+00:00"}`,
		`{"lines": [1, 2], "total": 5}`, `{"lines": [3], "total": 5}`, `{"lines": [4, 5], "total": 5}`,
	} {
		next, err := plan.Next(came)
		if err != nil || next == nil {
			t.Fatalf("request %d: %v, %v", i, next, err)
		}
		want := [4]string{
			"/imports/get? " + `{"id":9007199254740993,"with":["all of 9007199254740993","no. 9007199254740993"]}`,
			"/log?import=i7-9007199254740993&of=9007199254740993&since=2026-03-02T09%3A00%3A00%2B00%3A00 ",
			"/log?import=i7-9007199254740993&of=9007199254740993&offset=2&since=2026-03-02T09%3A00%3A00%2B00%3A00 ",
			"/log?import=i7-9007199254740993&of=9007199254740993&offset=3&since=2026-03-02T09%3A00%3A00%2B00%3A00 ",
		}[i]
		if got := next.Address + "?" + next.Query.Encode() + " " + string(next.Body); got != want {
			t.Errorf("request %d:\ngot  %s\nwant %s", i, got, want)
		}
		came = append(came, []byte(answer))
	}
	if next, err := plan.Next(came); next != nil || err != nil {
		t.Errorf("after the last page: %v, %v", next, err)
	}
}

// TestComputedFails: what is no text is malformed, by the name of its place alone.
func TestComputedFails(t *testing.T) {
	t.Parallel()
	d, err := definition.Parse("acme.yaml", []byte(strings.Replace(computed, `'\(.created)'`, `'\(.created | if . then . else [] end)'`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = d[0].Provider(1).Plan(map[string]string{"import_id": "1"}).Next([][]byte{[]byte(`{"id": 7, "state": "active"}`)})
	if want := "requests[1].query.since: want a string or a number, got a list"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestComputedRefused: a definition that asks for an answer before it is there.
func TestComputedRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, is, wrong string }{
		{"    method: POST", "    query: {since: '\\(.created)'}\n    method: POST", `query "since": of the first request it has no \( ): there is no answer yet`},
		{`\(.created)`, `\($log.total)`, "$log is not there yet"},
		{`\(.created)`, `\(.created`, "is not closed"},
		{`\(.created)`, `\(.created |)`, "jq: "},
		{`\($target.import_id | tonumber)`, `\($log)`, "$log is not there yet"},
		{`\($target.import_id | tonumber)`, `\(now)`, "now is not for a definition"},
	} {
		_, err := definition.Parse("acme.yaml", []byte(strings.Replace(computed, c.was, c.is, 1)))
		if err == nil || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: got %v, want %s", c.is, err, c.wrong)
		}
	}
}
