package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// examples are the addresses by which each operation that reads is tried: what has rows.
var examples = map[string][]string{
	"list-jobs":               {"/jobs", "/jobs?source=woosmap&label=team%3Dgeo&q=STORES&tracking=active&state=running"},
	"get-job":                 {"/jobs/stores-eu", "/jobs/products-7"},
	"list-runs-of-job":        {"/jobs/stores-eu/runs", "/jobs/stores-eu/runs?state=failed&known_at=0s"},
	"get-run":                 {"/jobs/stores-eu/runs/1", "/jobs/stores-eu/runs/2?known_at=0s"},
	"list-steps":              {"/jobs/stores-eu/runs/1/steps", "/jobs/stores-eu/runs/1/steps?as_of=0s"},
	"list-log-entries":        {"/jobs/stores-eu/runs/1/log_entries?level=warning", "/jobs/stores-eu/runs/1/log_entries?level=error&as_of=0s"},
	"list-transitions-of-run": {"/jobs/stores-eu/runs/1/transitions"},
	"list-anomalies-of-run":   {"/jobs/stores-eu/runs/1/anomalies"},
	"list-result-items":       {"/jobs/products-7/runs/1/result_items"},
	"list-snapshots":          {"/jobs/stores-eu/runs/1/snapshots"},
	"get-snapshot":            {"/jobs/stores-eu/snapshots/2"},
	"get-snapshot-body":       {"/jobs/stores-eu/snapshots/2/body"},
	"list-polls":              {"/jobs/stores-eu/polls?since=1h&until=0s"},
	"list-gaps-of-job":        {"/jobs/stores-eu/gaps?since=1h"},
	"list-status":             {"/status", "/status?source=woosmap&state=running&as_of=0s&known_at=0s"},
	"list-runs":               {"/runs?label=team%3Dgeo&label=tier%3D1", "/runs?source=woosmap&state=failed"},
	"list-transitions":        {"/transitions?since=1h"},
	"list-anomalies":          {"/anomalies?kind=entry_withdrawn"},
	"list-gaps":               {"/gaps?reason=paused"},
	"list-stalled":            {"/stalled"},
	"list-sources":            {"/sources"},
	"get-source":              {"/sources/woosmap"},
	"list-reports":            {"/reports"},
	"get-report":              {"/reports/failed-imports?since=400d", "/reports/job-summary?source=woosmap&label=team%3Dgeo"},
	"list-events":             {"/events?after=1&since=1h", "/events?job=stores-eu&kind=anomaly"},
}

// document is the OpenAPI document, as it is sent.
func (l *lab) document() (doc map[string]any) {
	l.t.Helper()
	l.get("/openapi.json", &doc)
	return doc
}

// TestAnswersAreAsDocumented validates each answer against the OpenAPI document, of each
// operation, and of each error that any may answer.
func TestAnswersAreAsDocumented(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow()
	l.Exec(`INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason) SELECT job_id, 1000, now() - interval '30 min', now() - interval '20 min', 'paused' FROM jobs`)
	l.Exec(`UPDATE jobs SET stall_after = '1 ms'`)
	l.poll("stores-eu", 1) // it is seen to go on
	s := newSchemas(t, l)
	for path, operations := range s.paths {
		read, found := operations.(map[string]any)["get"].(map[string]any)
		if !found || path == "/events/stream" {
			continue
		}
		id := read["operationId"].(string)
		if len(examples[id]) == 0 {
			t.Errorf("%s has no example", id)
		}
		for _, example := range examples[id] {
			got := l.ask(http.MethodGet, example, "")
			if got.status != http.StatusOK {
				t.Errorf("%s: %d %s", example, got.status, got.text)
				continue
			}
			s.check(t, path, "get", got)
			if strings.Contains(got.text, `"items":[]`) {
				t.Errorf("%s: there is nothing to check in %s", example, got.text)
			}
		}
	}
	for _, failing := range []struct {
		method, path, template, body string
		status                       int
	}{
		{http.MethodGet, "/jobs?limit=1001", "/jobs", "", http.StatusUnprocessableEntity},
		{http.MethodGet, "/jobs?cursor=x", "/jobs", "", http.StatusUnprocessableEntity},
		{http.MethodGet, "/jobs?stat=failed", "/jobs", "", http.StatusUnprocessableEntity},
		{http.MethodGet, "/jobs?label=geo", "/jobs", "", http.StatusUnprocessableEntity},
		{http.MethodGet, "/runs?since=yesterday", "/runs", "", http.StatusUnprocessableEntity},
		{http.MethodGet, "/runs?since=2999-01-01", "/runs", "", http.StatusUnprocessableEntity},
		{http.MethodGet, "/jobs/store-eu", "/jobs/{job}", "", http.StatusNotFound},
		{http.MethodGet, "/jobs/stores-eu/runs/9", "/jobs/{job}/runs/{run_no}", "", http.StatusNotFound},
		{http.MethodGet, "/jobs/stores-eu/runs/9/steps", "/jobs/{job}/runs/{run_no}/steps", "", http.StatusNotFound},
		{http.MethodGet, "/jobs/stores-eu/runs/1/steps?known_at=1h", "/jobs/{job}/runs/{run_no}/steps", "", http.StatusNotFound},
		{http.MethodGet, "/jobs/stores-eu/snapshots/9", "/jobs/{job}/snapshots/{snapshot_no}", "", http.StatusNotFound},
		{http.MethodGet, "/sources/wosmap", "/sources/{source}", "", http.StatusNotFound},
		{http.MethodGet, "/reports/stale", "/reports/{name}", "", http.StatusNotFound},
		{http.MethodGet, "/reports/stalled?as_of=soon", "/reports/{name}", "", http.StatusUnprocessableEntity},
		{http.MethodGet, "/reports/new-errors?as_of=10d&since=3d", "/reports/{name}", "", http.StatusUnprocessableEntity},
		{http.MethodPut, "/jobs/stores-eu", "/jobs/{job}", `{"source":"woosmap","target":{"dataset_id":"` + strings.Replace(dataset, "8", "9", 1) + `"}}`, http.StatusConflict},
		{http.MethodPut, "/jobs/new", "/jobs/{job}", `{"source":"wosmap","target":{}}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/jobs/new", "/jobs/{job}", `{"source":"woosmap","target":{"namespace":"x"}}`, http.StatusUnprocessableEntity},
		{http.MethodPut, "/jobs/new", "/jobs/{job}", `{"source":`, http.StatusBadRequest},
		{http.MethodPost, "/jobs/store-eu/pause", "/jobs/{job}/pause", "", http.StatusNotFound},
		{http.MethodPost, "/sources/wosmap/resume", "/sources/{source}/resume", "", http.StatusNotFound},
		{http.MethodPost, "/jobs/store-eu/sync", "/jobs/{job}/sync", "", http.StatusNotFound},
	} {
		got := l.ask(failing.method, failing.path, failing.body)
		if got.status != failing.status || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s", failing.method, failing.path, got.status, got.text)
		}
		s.check(t, failing.template, strings.ToLower(failing.method), got)
	}
}

// TestErrorsNameWhatIsMeant tells near names.
func TestErrorsNameWhatIsMeant(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow()
	for path, want := range map[string]string{
		"/jobs/store-eu": "did you mean stores-eu", "/sources/wosmap": "did you mean woosmap", "/reports/stale": "did you mean stalled",
		"/jobs/stores-eu/runs/9": "its latest is 2", "/jobs/stores-eu/snapshots/9": "its newest is 3", "/runs?since=soon": "since", "/no/such": "/api/v1/docs",
	} {
		if got := l.ask(http.MethodGet, path, ""); !strings.Contains(got.text, want) {
			t.Errorf("%s: no %q in %s", path, want, got.text)
		}
	}
}

// schemas are those of the document, compiled.
type schemas struct {
	compiler *jsonschema.Compiler
	paths    map[string]any
}

const documentURL = "https://tracker.example/openapi.json"

func newSchemas(t *testing.T, l *lab) *schemas {
	t.Helper()
	doc := l.document()
	if doc["openapi"] != "3.1.0" {
		t.Errorf("it is OpenAPI %v", doc["openapi"])
	}
	s := &schemas{compiler: jsonschema.NewCompiler(), paths: doc["paths"].(map[string]any)}
	s.compiler.DefaultDraft(jsonschema.Draft2020)
	s.compiler.AssertFormat()
	if err := s.compiler.AddResource(documentURL, doc); err != nil {
		t.Fatal(err)
	}
	return s
}

// check validates an answer of an operation.
func (s *schemas) check(t *testing.T, path, method string, got answer) {
	t.Helper()
	responses := s.paths[path].(map[string]any)[method].(map[string]any)["responses"].(map[string]any)
	status := strconv.Itoa(got.status)
	response, found := responses[status].(map[string]any)
	if !found {
		t.Errorf("%s %s: %s is documented nowhere, but %q", method, path, status, slices.Sorted(maps.Keys(responses)))
		return
	}
	media := regexp.MustCompile(`^[^;]*`).FindString(got.header.Get("Content-Type"))
	content, _ := response["content"].(map[string]any)
	typed, found := content[media].(map[string]any)
	if !found {
		t.Errorf("%s %s: of %s the type %q is documented nowhere", method, path, status, media)
		return
	}
	if typed["schema"] == nil {
		return // bytes
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	at := fmt.Sprintf("%s#/paths/%s/%s/responses/%s/content/%s/schema", documentURL, escape.Replace(path), method, status, escape.Replace(media))
	schema, err := s.compiler.Compile(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at))
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal([]byte(got.text), &value); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s %s: %v in %s", method, path, err, got.text)
	}
}
