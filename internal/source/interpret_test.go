package source_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/history"
	"tracker/internal/redact"
)

var update = flag.Bool("update", false, "rewrite the want.json files")

func TestInterpretGolden(t *testing.T) {
	t.Parallel()
	responses, err := filepath.Glob("testdata/*/*/response.json")
	if err != nil || len(responses) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range responses {
		folder := filepath.Dir(path)
		p := provider(t, filepath.Base(filepath.Dir(folder)))
		t.Run(p.Name+"/"+filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			body, _, err := p.Redact(raw, redact.Secret{})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := p.Interpret(body)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(folder, "want.json"), readable(t, answer))
		})
	}
}

// readable gives an answer as JSON in which the results are JSON too.
func readable(t *testing.T, answer history.Answer) []byte {
	t.Helper()
	type item struct {
		ID, URL          string
		Labels           []string
		Output, Metadata json.RawMessage
	}
	var items []item
	for _, i := range answer.Results.Items {
		items = append(items, item{i.ID, i.URL, i.Labels, i.Output, i.Metadata})
	}
	answer.Results.Items = nil
	text, err := json.MarshalIndent(struct {
		history.Answer
		Items []item
	}{answer, items}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func TestInterpretMalformed(t *testing.T) {
	t.Parallel()
	const (
		step = `{"name":"fetch","start":"x","end":null,"status":"success","entries":[]}`
		item = `{"id":"i","url":"u","output":{"actions":[],"fields":{},"labels":[]}}`
		link = `{"namespace":"n","request_id":"r","status":"queued","data_count":1,"data_expires_at":"x","data_url":"u"}`
	)
	woosmap := func(steps string) string { return `{"id":"r","status":"success","steps":` + steps + `}` }
	safetykit := func(data string) string {
		return `{"namespace":"n","request_id":"r","status":"queued","data":` + data + `}`
	}
	without := func(text, part string) string { return strings.Replace(text, part, "", 1) }
	tests := []struct{ provider, name, body, want string }{
		{"woosmap", "Empty", ``, "not JSON: unexpected end of JSON input"},
		{"woosmap", "HTML", `<html>`, "not JSON: invalid character '<'"},
		{"woosmap", "Truncated", `{"id":"r","sta`, "not JSON: unexpected end"},
		{"woosmap", "TwoValues", woosmap("[]") + "{}", "not JSON: "},
		{"woosmap", "List", `[]`, "want an object, got a list"},
		{"woosmap", "Null", `null`, "want an object, got null"},
		{"woosmap", "NoID", `{"status":"success","steps":[]}`, "id: missing"},
		{"woosmap", "IDInOtherCase", `{"ID":"r","status":"success","steps":[]}`, "id: missing"},
		{"woosmap", "NumberForID", `{"id":7,"status":"success","steps":[]}`, "id: want a string, got a number"},
		{"woosmap", "NullStatus", `{"id":"r","status":null,"steps":[]}`, "status: want a string, got null"},
		{"woosmap", "LastStatusIsNull", `{"id":"r","status":"success","status":null,"steps":[]}`, "status: want a string, got null"},
		{"woosmap", "NullSteps", woosmap("null"), "steps: want a list, got null"},
		{"woosmap", "ObjectForSteps", woosmap("{}"), "steps: want a list, got an object"},
		{"woosmap", "NullStep", woosmap("[null]"), "steps[0]: want an object, got null"},
		{"woosmap", "NoName", woosmap("[" + step + "," + without(step, `"name":"fetch",`) + "]"), "steps[1].name: missing"},
		{"woosmap", "NullStart", woosmap("[" + strings.Replace(step, `"x"`, "null", 1) + "]"), "steps[0].start: want a string, got null"},
		{"woosmap", "NoEnd", woosmap("[" + without(step, `"end":null,`) + "]"), "steps[0].end: missing"},
		{"woosmap", "BooleanForEnd", woosmap("[" + strings.Replace(step, "null", "false", 1) + "]"), "steps[0].end: want a string or null, got a boolean"},
		{"woosmap", "NoEntries", woosmap("[" + without(step, `,"entries":[]`) + "]"), "steps[0].entries: missing"},
		{"woosmap", "TextForEntry", woosmap("[" + strings.Replace(step, "[]", `["x"]`, 1) + "]"), "steps[0].entries[0]: want an object, got a string"},
		{"woosmap", "NullDetail", woosmap("[" + strings.Replace(step, "[]", `[{"created_at":"x","level":"info","detail":null}]`, 1) + "]"), "steps[0].entries[0].detail: want a string, got null"},
		{"safetykit", "NoNamespace", without(safetykit("[]"), `"namespace":"n",`), "namespace: missing"},
		{"safetykit", "NullRequestID", strings.Replace(safetykit("[]"), `"r"`, "null", 1), "request_id: want a string, got null"},
		{"safetykit", "ListForStatus", strings.Replace(safetykit("[]"), `"queued"`, "[]", 1), "status: want a string, got a list"},
		{"safetykit", "NeitherShape", without(safetykit("[]"), `,"data":[]`), "data: missing"},
		{"safetykit", "NullData", safetykit("null"), "data: want a list, got null"},
		{"safetykit", "ObjectForData", safetykit("{}"), "data: want a list, got an object"},
		{"safetykit", "NoCount", without(link, `"data_count":1,`), "data_count: missing"},
		{"safetykit", "NoExpiry", without(link, `"data_expires_at":"x",`), "data_expires_at: missing"},
		{"safetykit", "NoURL", without(link, `,"data_url":"u"`), "data_url: missing"},
		{"safetykit", "TextForCount", strings.Replace(link, `1`, `"1"`, 1), "data_count: want a number or null, got a string"},
		{"safetykit", "NumberForExpiry", strings.Replace(link, `"x"`, `1`, 1), "data_expires_at: want a string or null, got a number"},
		{"safetykit", "ListForURL", strings.Replace(link, `"u"`, `[]`, 1), "data_url: want a string or null, got a list"},
		{"safetykit", "NullItem", safetykit("[" + item + ",null]"), "data[1]: want an object, got null"},
		{"safetykit", "NoItemID", safetykit("[" + without(item, `"id":"i",`) + "]"), "data[0].id: missing"},
		{"safetykit", "NullItemURL", safetykit("[" + strings.Replace(item, `"u"`, "null", 1) + "]"), "data[0].url: want a string, got null"},
		{"safetykit", "NullOutput", safetykit(`[{"id":"i","url":"u","output":null}]`), "data[0].output: want an object, got null"},
		{"safetykit", "NoActions", safetykit("[" + without(item, `"actions":[],`) + "]"), "data[0].output.actions: missing"},
		{"safetykit", "ListForFields", safetykit("[" + strings.Replace(item, "{}", "[]", 1) + "]"), "data[0].output.fields: want an object, got a list"},
		{"safetykit", "NullLabel", safetykit("[" + strings.Replace(item, `"labels":[]`, `"labels":[{"label":"a"},{"label":null}]`, 1) + "]"), "data[0].output.labels[1].label: want a string, got null"},
	}
	for _, test := range tests {
		t.Run(test.provider+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			answer, err := provider(t, test.provider).Interpret([]byte(test.body))
			wantError(t, err, test.want)
			if answer.RunID != "" || answer.Shape != nil {
				t.Errorf("an answer beside the error: %+v", answer)
			}
		})
	}
}

func TestInterpretReadsAHundredThousandEntries(t *testing.T) {
	t.Parallel()
	p := provider(t, "woosmap")
	body, _, err := p.Redact(woosmapBody(100_000), redact.NewSecret("hunter22"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := p.Interpret(body)
	if err != nil || len(answer.Steps[0].Entries) != 100_000 {
		t.Errorf("%d steps, error %v", len(answer.Steps), err)
	}
}

func TestShapeIsBounded(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&many, `"k%04d":{"deep":{}},`, i)
	}
	deep := `"deep":` + strings.Repeat(`{"a":[`, 4000) + strings.Repeat(`]}`, 4000)
	long := `"` + strings.Repeat("é", 5000) + `":1,`
	body := []byte(`{"id":"r","status":"success","steps":[],` + long + many.String() + deep + `}`)
	p := provider(t, "woosmap")
	first, err := p.Interpret(body)
	if err != nil {
		t.Fatal(err)
	}
	size := len(first.Shape)
	for kind, names := range first.Shape {
		size += len(names)
		if len(kind) > 10_000 {
			t.Errorf("a kind of %d bytes", len(kind))
		}
	}
	if size > 1000 || size < 900 {
		t.Errorf("a shape of %d", size)
	}
	second, err := p.Interpret(body)
	if err != nil || !bytes.Equal(readable(t, first), readable(t, second)) {
		t.Errorf("read differently a second time: %v", err)
	}
}

// woosmapBody gives a body with so many log entries, as the vendor writes them.
func woosmapBody(entries int) []byte {
	var body bytes.Buffer
	body.WriteString(`{"id":"832eb97f-266c-4387-991d-52e77366dc99","status":"in_progress","steps":[{"end":null,"entries":[`)
	for i := range entries {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"created_at":"2024-06-07T09:30:36.%06d","detail":"Feature %d of the dataset has no valid position, it was left out.","level":"warning"}`, i%1_000_000, i)
	}
	body.WriteString(`],"name":"import","start":"2024-06-07T09:30:36.715881","status":"in_progress"}]}`)
	return body.Bytes()
}
