package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tracker/internal/testdb"
)

// declaredRegistry is what the tests below declare: names that YAML would
// read otherwise, and each field that can be left out.
const declaredRegistry = `
sources:
- {name: "007", provider: woosmap, credential: env:KEY, base_url: "http://127.0.0.1:1/x", schedule: "CRON_TZ=Europe/Paris 0 6 * * *",
   active_every: 90s, rate_limit: {every: 1ms, burst: 3}, volatile: [.progress, ".steps[].heartbeat"]}
- {name: quiet, provider: safetykit, credential: "file:/run/secrets/safety kit"}
jobs:
- {name: "null", source: "007", target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0}, labels: {team: "geo: \"EU\" #1", "true": "", k: " é "},
   schedule: "@every 90m", stall_after: 2d12h}
- {name: 1e3, source: "007", target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1}}
- {name: "true", source: quiet, target: {namespace: "on", request_id: "12"}, stall_after: 90s}
- {name: gone, source: quiet, target: {namespace: products, request_id: request_2}}
- {name: halted, source: quiet, target: {namespace: products, request_id: request_3}}
- {name: done, source: quiet, target: {namespace: products, request_id: request_4}}
`

func newApplyFixture(t *testing.T) *readFixture {
	t.Helper()
	environment := map[string]string{"DATABASE_URL": testdb.New(t), "KEY": "secret-key"}
	return &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
}

// given runs a command with something on its standard input.
func (f *readFixture) given(stdin string, args ...string) (stdout, stderr string, code int) {
	f.t.Helper()
	var out, errs bytes.Buffer
	code = report(&errs, run(f.t.Context(), args, surroundings{"dev", f.getenv, strings.NewReader(stdin), &out, &errs, patience}))
	return out.String(), errs.String(), code
}

func TestApply_FromStdin(t *testing.T) {
	t.Parallel()
	f := newApplyFixture(t)
	if stdout, stderr, code := f.given(declaredRegistry, "apply", "-f", "-"); code != exitDone || strings.Count(stdout, "register ") != 8 || !strings.Contains(stderr, "warning: stdin:5:") {
		t.Errorf("it ends with %d: %s%s", code, stdout, stderr)
	}
	if stdout, _, code := f.given(declaredRegistry, "apply", "-f", "-"); code != exitDone || stdout != "nothing to change\n" {
		t.Errorf("again it ends with %d: %s", code, stdout)
	}
	for stdin, want := range map[string]string{
		"": "stdin: it declares nothing", "sources: [": "stdin:1:", "jobs: [{name: x, color: red}]": `stdin:1:18: key "color" is unknown`,
	} {
		if stdout, stderr, code := f.given(stdin, "apply", "-f", "-"); code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("of %q it ends with %d: %s%s", stdin, code, stdout, stderr)
		}
	}
}

// A job may name a source of the file or of the registry: both are asked after.
func TestApply_OfAnUnknownSource(t *testing.T) {
	t.Parallel()
	f := newApplyFixture(t)
	f.must("source", "add", "woosmap-old", "--provider", "woosmap", "--credential", "env:KEY")
	const text = "sources: [{name: woosmap-new, provider: woosmap, credential: env:KEY}]\njobs: [{name: x, source: woosmap-ew, target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0}}]\n"
	const want = `stdin:2:26: source "woosmap-ew" is neither declared here nor registered; did you mean woosmap-new; see  tracker source list`
	if stdout, stderr, code := f.given(text, "apply", "-f", "-"); code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
		t.Errorf("it ends with %d: %s%s", code, stdout, stderr)
	}
	if _, stderr, _ := f.given(strings.Replace(text, "woosmap-ew", "wosmap-old", 1), "apply", "-f", "-"); !strings.Contains(stderr, "did you mean woosmap-old; see") {
		t.Error(stderr)
	}
}

func TestApply_AsJSON(t *testing.T) {
	t.Parallel()
	f := newApplyFixture(t)
	type row struct {
		Action, Subject string
		Before, After   map[string]any
	}
	read := func(text string, args ...string) []row {
		t.Helper()
		stdout, stderr, code := f.given(text, append([]string{"apply", "-f", "-", "--format", "json"}, args...)...)
		if code != exitDone {
			t.Fatalf("it ends with %d: %s", code, stderr)
		}
		var rows []row
		decode(t, stdout, &rows)
		if rows == nil {
			t.Errorf("no list: %s", stdout)
		}
		return rows
	}
	dry := read(declaredRegistry, "--dry-run")
	rows := read(declaredRegistry)
	if len(dry) != 8 || len(rows) != 8 || rows[0].Action != "register" || rows[0].Subject != "source 007" || rows[0].Before != nil || rows[0].After["rate_burst"] != 3.0 {
		t.Errorf("%+v", rows)
	}
	if rows := read(declaredRegistry); len(rows) != 0 {
		t.Errorf("%+v", rows)
	}
	rows = read(strings.Replace(declaredRegistry, "stall_after: 90s", "stall_after: 80s", 1))
	if len(rows) != 1 || rows[0].Subject != "job true" || rows[0].Before["stall_after"] == rows[0].After["stall_after"] {
		t.Errorf("%+v", rows)
	}
}

// What is exported and applied again changes nothing, and registers the same
// where nothing is registered.
func TestExport(t *testing.T) {
	t.Parallel()
	f := newApplyFixture(t)
	if text, _, code := f.given(f.must("apply", "--export"), "apply", "-f", "-"); code != exitDone || text != "nothing to change\n" {
		t.Errorf("of nothing: %s", text)
	}
	if _, stderr, code := f.given(declaredRegistry, "apply", "-f", "-"); code != exitDone {
		t.Fatal(stderr)
	}
	f.must("job", "remove", "gone")
	f.must("source", "add", "old", "--provider", "woosmap", "--credential", "env:OLD")
	f.must("source", "remove", "old")
	f.must("job", "pause", "halted", "--reason", "moves: \"soon\"")
	f.must("source", "pause", "quiet")
	exported := f.must("apply", "--export")
	for _, want := range []string{
		"# Paused, which a file does not say: source quiet: by hand\n", "# Paused, which a file does not say: job halted: moves: \"soon\"\n", "# Not in it, since removed: source old, job gone\n",
		"    rate_limit: {every: 1ms, burst: 3}\n", "    stall_after: 60h\n", "      \"true\": \"\"\n", `  - name: "007"`,
	} {
		if !strings.Contains(exported, want) {
			t.Errorf("no %q in\n%s", want, exported)
		}
	}
	file := filepath.Join(t.TempDir(), "tracker.yaml")
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"apply", "-f", file}, {"apply", "-f", file, "--prune"}, {"apply", "-f", file, "--prune", "--dry-run"}} {
		if text := f.must(args...); text != "nothing to change\n" {
			t.Errorf("tracker %s: %s", strings.Join(args, " "), text)
		}
	}
	if f.must("apply", "--export") != exported {
		t.Error("it differs after that")
	}

	other := newApplyFixture(t)
	other.must("apply", "-f", file)
	if again := other.must("apply", "--export"); uncommented(again) != uncommented(exported) {
		t.Errorf("elsewhere it is\n%s\nnot\n%s", again, exported)
	}
	for _, args := range []string{"apply --export -f x.yaml", "apply --export --prune", "apply --export --dry-run", "apply --export --format json"} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code != exitUsage || stdout != "" || !strings.Contains(stderr, "--export writes a file and takes no --") {
			t.Errorf("tracker %s ends with %d: %s%s", args, code, stdout, stderr)
		}
	}
}

func uncommented(file string) string {
	lines := slices.DeleteFunc(strings.Split(file, "\n"), func(line string) bool { return strings.HasPrefix(line, "#") })
	return strings.Join(lines, "\n")
}
