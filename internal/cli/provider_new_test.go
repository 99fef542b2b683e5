package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/testkit"
)

// TestProviderNew: a draft finds its answer from wherever it is written, and its tests run
// as those of any file; names that are no plain words are read, too.
func TestProviderNew(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Mkdir("providers", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]string{
		"answer.json": `{"import-status":"done","id":1,"progress-percent":100,"import-steps":[{"name":"load","step-status":"done"}]}`,
		"failed.json": `{"import-status":"error","id":2}`,
	} {
		if err := os.WriteFile(name, []byte(answer), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environment := map[string]string{"TRACKER_DATA_DIR": filepath.Join(dir, "none"), "TRACKER_PG_BIN": "/nowhere"}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	for _, step := range []struct {
		args string
		code int
		want []string
	}{
		{"provider new acme --from answer.json", exitDone, []string{"acme.yaml written", "ok    answer.json"}},
		{"provider new acme --from answer.json", exitFailed, []string{"acme.yaml"}}, // it is there
		{"provider new beside -o providers/beside.yaml --from answer.json", exitDone, []string{"ok    ../answer.json"}},
		{"provider new absolute -o providers/absolute.yaml --from " + filepath.Join(dir, "answer.json"), exitDone, []string{"ok    ../answer.json"}},
		{"provider new afar -o " + filepath.Join(dir, "providers", "afar.yaml") + " --from ./answer.json", exitDone, []string{"ok    ../answer.json"}},
		{"provider test providers/afar.yaml", exitDone, []string{"ok    ../answer.json"}},
		{"provider test acme.yaml --payload failed.json", exitDone, []string{"run 2: unknown (error)", `"status": "error"`}},
		{"provider test acme.yaml --payload none.json", exitUsage, []string{"--payload: "}},
		{"provider new woosmap --from answer.json", exitUsage, []string{"is a provider in code"}},
		{"provider new other --from none.json", exitUsage, []string{"--from: "}},
		{"provider test dbt-cloud", exitDone, []string{"ok    testdata/dbt-cloud/"}}, // without a database
		{"provider test dbt-clod", exitUsage, []string{`unknown provider "dbt-clod"; did you mean dbt-cloud`}},
		{"provider show dbt-cloud", exitDone, []string{"name: dbt-cloud"}},
		{"provider show dbt-clod", exitUsage, []string{`unknown provider "dbt-clod"; did you mean dbt-cloud`}},
	} {
		stdout, stderr, code := f.given("", strings.Fields(step.args)...)
		for _, want := range step.want {
			if !strings.Contains(stdout+stderr, want) {
				t.Errorf("%s does not tell %q", step.args, want)
			}
		}
		if code != step.code || t.Failed() {
			t.Fatalf("%s ends with %d: %s%s", step.args, code, stdout, stderr)
		}
	}
	if _, err := os.Stat(environment["TRACKER_DATA_DIR"]); err == nil {
		t.Error("a data directory was made")
	}
	absolute := filepath.Join(dir, "absolute.yaml")
	text, err := os.ReadFile("acme.yaml")
	if err == nil {
		err = os.WriteFile(absolute, []byte(strings.Replace(string(text), "payload: answer.json", "payload: "+filepath.Join(dir, "answer.json"), 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code := f.given("", "provider", "test", absolute); code != exitDone || !strings.Contains(stdout, "ok    "+dir) {
		t.Errorf("of an absolute payload it ends with %d: %s%s", code, stdout, stderr)
	}
}

// TestProviderNames_PrivateDatabase: it is asked, too, though nobody runs it.
func TestProviderNames_PrivateDatabase(t *testing.T) {
	t.Parallel()
	failing := failingAcme(t)
	environment := map[string]string{"TRACKER_DATA_DIR": openTempDir(t), "TRACKER_PG_BIN": os.Getenv("TRACKER_PG_BIN"), "KEY": "secret-key"}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	provider, _, _ := strings.Cut(declaredProvider, "sources:")
	for _, step := range []struct {
		stdin, args string
		want        string
	}{
		{strings.Replace(provider, "name: acme\n", "name: dbt-cloud\n", 1), "apply -f -", "register provider dbt-cloud"},
		{"", "provider show dbt-cloud", "failed: [error]"},
		{"", "provider try dbt-cloud --credential env:KEY import_id=77 --base-url " + failing, "run r1: failed (error)"},
	} {
		stdout, stderr, code := f.given(step.stdin, strings.Fields(step.args)...)
		if code != exitDone || !strings.Contains(stdout, step.want) {
			t.Fatalf("%s ends with %d, without %q: %s%s", step.args, code, step.want, stdout, stderr)
		}
	}
	environment["TRACKER_PG_BIN"] = "/nowhere"
	if stdout, stderr, code := f.run("provider", "test", "dbt-cloud"); code != exitDone || !strings.Contains(stderr, "warning: the preset dbt-cloud is used") {
		t.Errorf("without programs it ends with %d: %s%s", code, stdout, stderr)
	}
}

// TestProviderNames_OfLaterVersions: a stored definition that cannot be read is not passed
// over in silence.
func TestProviderNames_OfLaterVersions(t *testing.T) {
	t.Parallel()
	f := newApplyFixture(t)
	db := testkit.Connect(t, f.getenv("DATABASE_URL"))
	for name, origin := range map[string]string{"airbyte": "preset", "acme": "file"} {
		db.Exec(`INSERT INTO providers (name, interpretation, definition, sha256, origin, since)
			VALUES ($1, 1, 'later: true', sha256('later: true'), $2, now())`, name, origin)
	}
	unreadable := ", definition 1: unreadable definition: stored definition:1:1: "
	if stdout, stderr, code := f.run("provider", "test", "airbyte"); code != exitDone || !strings.Contains(stderr, "warning: the preset airbyte is used") || !strings.Contains(stderr, unreadable) {
		t.Errorf("of a preset it ends with %d: %s%s", code, stdout, stderr)
	}
	if stdout, stderr, code := f.run("provider", "test", "acme"); code != exitFailed || !strings.Contains(stderr, "provider acme"+unreadable) {
		t.Errorf("of another one it ends with %d: %s%s", code, stdout, stderr)
	}
}

// TestProviderNames: a name means what the database has under it, in each command, and a
// folder of that name is no definition.
func TestProviderNames(t *testing.T) {
	failing := failingAcme(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, folder := range []string{"airbyte", "acme", "dbt-cloud"} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("a.json", []byte(`{"id":"r1","state":"error"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newApplyFixture(t)
	text := strings.ReplaceAll(declaredProvider, "SERVER", failing)
	text = strings.Replace(text, "  states:", "  tests: [{payload: a.json, want: {run_id: r1}}]\n  states:", 1)
	mine := strings.NewReplacer("name: acme\n", "name: dbt-cloud\n", "acme-prod", "dbt-prod", "provider: acme", "provider: dbt-cloud", "import-77", "import-78").Replace(text)
	tried := " --credential env:KEY --base-url " + failing + " import_id=77"
	for _, step := range []struct {
		stdin, args string
		code        int
		want        string
	}{
		{"", "provider test dbt-cloud", exitDone, "ok    testdata/dbt-cloud/"},
		{"", "provider test acme --payload a.json", exitUsage, `unknown provider "acme"`},
		{text, "apply -f -", exitDone, "register provider acme"},
		{mine, "apply -f -", exitDone, "register provider dbt-cloud"},
		{"", "provider test acme --payload a.json", exitDone, "run r1: failed (error)"},
		{"", "provider test acme", exitUsage, "write --payload FILE"},
		{"", "provider test dbt-cloud --payload a.json", exitDone, "run r1: failed (error)"},
		{"", "provider try dbt-cloud" + tried, exitDone, "run r1: failed (error)"},
		{"", "provider try acme" + tried, exitDone, "run r1: failed (error)"},
		{"", "provider test airbyte", exitDone, "ok    testdata/airbyte/"},
		{"", "provider test woosmap", exitUsage, "is code"},
		{"", "provider list --format csv", exitDone, ",1,file,1,one\n"},
		{"", "provider list", exitDone, "TRACKS"},
	} {
		stdout, stderr, code := f.given(step.stdin, strings.Fields(step.args)...)
		if code != step.code || !strings.Contains(stdout+stderr, step.want) {
			t.Fatalf("%s ends with %d, not %d and %q: %s%s", step.args, code, step.code, step.want, stdout, stderr)
		}
	}
	gone := &readFixture{t: t, getenv: func(name string) string {
		return map[string]string{"DATABASE_URL": "postgres://127.0.0.1:1/none"}[name]
	}}
	if stdout, stderr, code := gone.given("", "provider", "test", "airbyte"); code != exitDone || !strings.Contains(stderr, "warning: the preset airbyte is used") {
		t.Errorf("without its database it ends with %d: %s%s", code, stdout, stderr)
	}
}
