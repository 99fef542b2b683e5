package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/testkit"
)

// TestCredentialScope has who may register sources point them at secrets of the
// daemon's host that are not theirs: none is read, and each source says why.
func TestCredentialScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := filepath.Join(w.env["HOME"], "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{filepath.Join(keys, "key"): worldKey, filepath.Join(w.env["HOME"], "other"): "hush-of-another-service"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../other", filepath.Join(keys, "link")); err != nil {
		t.Fatal(err)
	}
	w.env["IMPORT_KEY"], w.env["OTHER_KEY"] = worldKey, "hush-of-another-service"
	var yaml, jobs strings.Builder
	yaml.WriteString("sources:\n")
	for n, c := range []struct{ name, credential string }{
		{"file", "file:" + keys + "/key"},
		{"variable", "env:IMPORT_KEY"},
		{"file-outside", "file:" + w.env["HOME"] + "/other"},
		{"link-outside", "file:" + keys + "/link"},
		{"variable-outside", "env:OTHER_KEY"},
	} {
		yaml.WriteString("- {name: " + c.name + ", provider: woosmap, credential: '" + c.credential + "', base_url: $WOOSMAP, " + unlimited + "}\n")
		jobs.WriteString("- {name: of-" + c.name + ", source: " + c.name + ", target: {dataset_id: " + datasetID(n) + "}}\n")
		w.Woosmap.Script(datasetID(n), testkit.WoosmapRun("r1", "success"))
	}
	path := w.file(yaml.String() + "jobs:\n" + jobs.String())
	w.env["TRACKER_CREDENTIAL_DIR"] = keys
	const scope = "--credential-env=IMPORT_"
	reasons := []string{
		"/other is refused on this host: only files below " + keys + " (--credential-dir) and variables that begin with IMPORT_ (--credential-env) may be named",
		"/link: statat link: path escapes from parent: symbolic links have to be relative and to stay below " + keys,
		"env:OTHER_KEY is refused on this host",
	}
	wantReasons := func(text string) {
		t.Helper()
		for _, reason := range reasons {
			if strings.Count(text, reason) != 1 {
				t.Errorf("no %q in %s", reason, text)
			}
		}
	}
	wantReasons(w.run("apply", "-f", path, scope).stderr.String())
	added := w.run("source", "add", "added", "--provider", "woosmap", "--credential", "env:OTHER_KEY", scope)
	if text := added.stderr.String(); added.code != exitDone || !strings.Contains(text, "warning: credential env:OTHER_KEY is refused on this host") {
		t.Errorf("source add ends with %d: %s", added.code, text)
	}
	w.must("sync", "of-file", "of-variable", scope)
	synced := w.run("sync", scope, "--format", "csv")
	if synced.code != exitFailed {
		t.Errorf("sync ends with %d", synced.code)
	}
	wantReasons(synced.stdout.String())
	if p := w.run("source", "discover", "variable-outside", scope); p.code != exitFailed || !strings.Contains(p.stderr.String(), reasons[2]) {
		t.Errorf("discover ends with %d: %s", p.code, p.stderr.String())
	}

	daemon := w.serve(scope)
	w.awaitLine(`SELECT '' FROM report.sources WHERE paused_reason IS NOT NULL HAVING count(*) = 4`)
	daemon.stop()
	wantReasons(strings.Join(w.Lines(`SELECT paused_reason FROM report.sources WHERE paused_reason IS NOT NULL AND source <> 'added'`), "\n"))
	w.Want("sources that go on", []string{"file", "variable"}, `SELECT source FROM report.sources WHERE paused_at IS NULL ORDER BY 1`)
	w.Want("jobs that were polled", []string{"of-file changed", "of-variable changed"},
		`SELECT DISTINCT job || ' ' || outcome FROM report.polls WHERE outcome <> 'unchanged' ORDER BY 1`)
	for _, empty := range []string{"--credential-dir=", "--credential-env="} {
		if p := w.run("serve", empty); p.code != exitUsage || !strings.Contains(p.stderr.String(), "it is empty") {
			t.Errorf("serve %s ends with %d: %s", empty, p.code, p.stderr.String())
		}
	}
	for _, twin := range []string{"TRACKER_CREDENTIAL_DIR", "TRACKER_CREDENTIAL_ENV"} {
		w.env["TRACKER_CREDENTIAL_DIR"], w.env[twin] = keys, ""
		if p := w.run("sync"); p.code != exitUsage || !strings.Contains(p.stderr.String(), twin+": ") || !strings.Contains(p.stderr.String(), "it is empty") {
			t.Errorf("with an empty %s sync ends with %d: %s", twin, p.code, p.stderr.String())
		}
	}
	w.Check()
}
