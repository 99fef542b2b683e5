package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const declaredProvider = `providers:
- name: acme
  auth: {header: X-Api-Key}
  tracks: one
  target: [{name: import_id}]
  requests: [{path: '/imports/{import_id}'}]
  run_id: .id
  status: .state
  states: {running: [active], failed: [error]}
sources:
- {name: acme-prod, provider: acme, credential: env:KEY, base_url: SERVER}
jobs:
- {name: import-77, source: acme-prod, target: {import_id: "77"}}
`

// failingAcme gives the address of a service whose import has failed.
func failingAcme(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"r1","state":"error"}`))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestProviderCommands: a definition is applied, used by what is registered later, shown,
// tried, exported and applied again.
func TestProviderCommands(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "secret-key" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = w.Write([]byte(`{"id":"r1","state":"error","echo":"` + r.Header.Get("X-Api-Key") + `"}`))
	}))
	t.Cleanup(server.Close)
	f := newApplyFixture(t)
	text := strings.ReplaceAll(declaredProvider, "SERVER", server.URL)
	file := filepath.Join(t.TempDir(), "acme.yaml")
	definition, _, _ := strings.Cut(text, "sources:")
	if err := os.WriteFile(file, []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	exported := ""
	for _, step := range []struct {
		stdin, args string
		code        int
		want        []string // in what it prints
	}{
		{text, "apply -f -", exitDone, []string{"register provider acme\n", "register source acme-prod", "register job import-77"}},
		{text, "apply -f -", exitDone, []string{"nothing to change\n"}},
		{"", "provider show acme", exitDone, []string{"name: acme\n", "status: .state\n"}},
		{"", "provider show acme --interpretation 2", exitUsage, []string{"has no definition 2"}},
		{"", "provider show woosmap", exitUsage, []string{"is code"}},
		{"", "source add acme-test --provider acme --credential env:KEY --base-url " + server.URL, exitDone, []string{"register source acme-test"}},
		{"", "source add acme-bad --provider acme --credential env:KEY", exitUsage, []string{"base_url is missing"}},
		{"", "job add import-78 --source acme-test import_id=78", exitDone, []string{"register job import-78"}},
		{"", "job add import-79 --source acme-test id=79", exitUsage, []string{"target field"}},
		{"", "sync", exitDone, []string{"import-77", "import-78", "failed"}},
		{strings.Replace(text, "failed: [error]", "canceled: [error]", 1), "apply -f -", exitDone, []string{"change provider acme (interpretation: 1 → 2", "change source acme-prod (interpretation: 1 → 2)", "change source acme-test", "until  tracker rebuild\n"}},
		{"", "provider list --format csv", exitDone, []string{"acme,acme,", ",2,file,2,one\n"}},
		{"", "provider try acme --credential env:KEY --base-url " + server.URL + " import_id=77", exitDone, []string{"request: GET " + server.URL + "/imports/77", "X-Api-Key: [credential]", `"echo": "REDACTED"`, "run r1: canceled (error)"}},
		{"", "provider try " + file + " --credential env:KEY --base-url " + server.URL + " import_id=77", exitDone, []string{"run r1: failed (error)"}},
		{"", "provider try acme --credential env:KEY import_id=77", exitUsage, []string{"--base-url is missing"}},
		{"", "provider try nobody --credential env:KEY import_id=77", exitUsage, []string{`unknown provider "nobody"`}},
		{"", "rebuild", exitDone, nil},
		{"", "apply --export", exitDone, []string{"providers:\n  - name: acme\n", "canceled: [error]"}},
	} {
		stdout, stderr, code := f.given(step.stdin, strings.Fields(step.args)...)
		for _, want := range step.want {
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("%s does not tell %q", step.args, want)
			}
		}
		if code != step.code || strings.Contains(stdout+stderr, "secret-key") || t.Failed() {
			t.Fatalf("%s ends with %d: %s%s", step.args, code, stdout, stderr)
		}
		exported = stdout
	}
	if stdout, stderr, code := f.given(exported, "apply", "-f", "-"); code != exitDone || stdout != "nothing to change\n" {
		t.Errorf("what was exported ends with %d: %s%s", code, stdout, stderr)
	}
}

// TestUnfitDefinition: a definition that the targets of jobs do not fit is refused, and the
// targets of a file's jobs are checked by the definition that stands in it.
func TestUnfitDefinition(t *testing.T) {
	t.Parallel()
	f := newApplyFixture(t)
	text := strings.ReplaceAll(declaredProvider, "SERVER", "http://127.0.0.1:1")
	provider, _, _ := strings.Cut(text, "sources:")
	wider := strings.NewReplacer("[{name: import_id}]", "[{name: import_id}, {name: project}]", "{import_id}'", "{project}/{import_id}'").Replace(provider)
	jobs := "jobs: [{name: import-78, source: acme-prod, target: {import_id: \"78\", project: shops}}]\n"
	for _, step := range []struct {
		stdin, args string
		code        int
		want        string
	}{
		{text, "apply -f -", exitDone, "register job import-77"},
		{wider, "apply -f -", exitUsage, "provider acme: 1 job would not be polled any more, such as import-77: target field project: missing; give"},
		{wider, "apply -f - --dry-run", exitUsage, "import-77"},
		{strings.Replace(provider, "{name: import_id}", `{name: import_id, pattern: "[a-z]+"}`, 1), "apply -f -", exitUsage, `"77" does not match [a-z]+`},
		{strings.Replace(provider, "{name: import_id}", `{name: import_id, pattern: "[0-9]+"}`, 1), "apply -f -", exitDone, "change provider acme"},
		{"", "provider list --format csv", exitDone, ",1,file,2,one\n"},
		{"", "job pause import-77", exitDone, ""},
		{wider, "apply -f -", exitUsage, "import-77"},
		{wider + strings.Replace(jobs, ", project: shops", "", 1) + "sources: []\n", "apply -f - --prune", exitUsage, "stdin:10:53: target field project: missing"},
		{wider + jobs, "apply -f - --prune", exitDone, "register job import-78"},
		{wider, "apply -f -", exitDone, "nothing to change"},
	} {
		stdout, stderr, code := f.given(step.stdin, strings.Fields(step.args)...)
		if code != step.code || !strings.Contains(stdout+stderr, step.want) {
			t.Fatalf("%s ends with %d, not %d and %q: %s%s", step.args, code, step.code, step.want, stdout, stderr)
		}
	}
}

// TestUnfitJobTrackedAgain: a file that changes nothing is applied, though a job is tracked
// again whose target did not fit its definition before.
func TestUnfitJobTrackedAgain(t *testing.T) {
	t.Parallel()
	failing := failingAcme(t)
	f := newApplyFixture(t)
	text := strings.ReplaceAll(declaredProvider, "SERVER", failing)
	provider, _, _ := strings.Cut(text, "sources:")
	wider := strings.NewReplacer("[{name: import_id}]", "[{name: import_id}, {name: project}]", "{import_id}'", "{project}/{import_id}'").Replace(provider)
	for _, step := range []struct {
		stdin, args string
		code        int
		want        string
	}{
		{text, "apply -f -", exitDone, "register job import-77"},
		{wider, "apply -f -", exitUsage, "1 job would not be polled"},
		{"", "sync", exitDone, "import-77"},
		{"", "sync", exitDone, "import-77"},
		{"", "sync", exitDone, "import-77"},
		{"", "sync", exitDone, "import-77"},
		{"", "job list", exitDone, "finished"},
		{wider, "apply -f -", exitDone, "change provider acme"},
		{"", "job resume import-77", exitDone, "import-77"},
		{wider, "apply -f -", exitDone, "nothing to change"},
		{"", "sync", exitFailed, "target field project: missing"}, // and is paused for it
		{wider, "apply -f -", exitDone, "nothing to change"},
		{strings.Replace(wider, "failed: [error]", "canceled: [error]", 1), "apply -f -", exitDone, "change provider acme"},
		{provider, "apply -f -", exitDone, "change provider acme"}, // now it fits again
		{wider, "apply -f -", exitUsage, "1 job would not be polled"},
	} {
		stdout, stderr, code := f.given(step.stdin, strings.Fields(step.args)...)
		if code != step.code || !strings.Contains(stdout+stderr, step.want) {
			t.Fatalf("%s ends with %d, not %d and %q: %s%s", step.args, code, step.code, step.want, stdout, stderr)
		}
	}
}

// TestTargetAsDeclared: history shows the fields of a target in their provider's order.
func TestTargetAsDeclared(t *testing.T) {
	t.Parallel()
	f := newApplyFixture(t)
	for _, step := range [][2]string{
		{"source add warehouse --provider bigquery --credential env:KEY", "register source warehouse"},
		{"job add load-7 --source warehouse project_id=shop location=EU job_id=a7", "register job load-7"},
		{"history load-7", "warehouse · shop/EU/a7"},
	} {
		if stdout, stderr, code := f.given("", strings.Fields(step[0])...); code != exitDone || !strings.Contains(stdout, step[1]) {
			t.Errorf("%s ends with %d: %s%s", step[0], code, stdout, stderr)
		}
	}
}
