package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// refused is a wrong use or a broken surrounding.
type refused struct {
	name string
	yaml string            // applied, if there is one
	args []string          // else run
	env  map[string]string // beside the world's
	code int
	want []string // what stderr says: the field, and the way out
}

const goodSource = "sources:\n- {name: geo, provider: woosmap, credential: env:KEY, base_url: $WOOSMAP, schedule: \"@every 1h\"}\n"

// refusedFiles are wrong in one place each, beside a job that is right.
func refusedFiles() []refused {
	job := func(fields string) string {
		return goodSource + "jobs:\n- {name: right, source: geo, target: {dataset_id: " + datasetID(1) + "}}\n- {" + fields + "}\n"
	}
	wrong := func(fields string) string {
		return job("name: wrong, source: geo, target: {dataset_id: " + datasetID(2) + "}, " + fields)
	}
	cases := []refused{
		{name: "UnknownKey", yaml: wrong("color: red"), want: []string{`tracker.yaml:5:`, `key "color" is unknown; known here are name, source, target`}},
		{name: "NoTarget", yaml: job("name: wrong, source: geo"), want: []string{"tracker.yaml:5:", "target field dataset_id: missing"}},
		{name: "TargetOfAnother", yaml: job("name: wrong, source: geo, target: {namespace: a}"), want: []string{"target field namespace: unknown to woosmap, which has dataset_id"}},
		{name: "NoUUID", yaml: job("name: wrong, source: geo, target: {dataset_id: 12}"), want: []string{`target field dataset_id: "12" is no UUID`}},
		{name: "NameTwice", yaml: job("name: right, source: geo, target: {dataset_id: " + datasetID(2) + "}"), want: []string{`job "right" is declared already in line 4; take another name`}},
		{name: "NameWithCapitals", yaml: job("name: Wrong, source: geo, target: {dataset_id: " + datasetID(2) + "}"), want: []string{`name "Wrong" is not allowed; write lower-case letters`}},
		{name: "UnknownSource", yaml: job("name: wrong, source: nowhere, target: {dataset_id: " + datasetID(2) + "}"), want: []string{"tracker.yaml:5:", `source "nowhere"`, "tracker source list"}},
		{
			name: "ChangedTarget", yaml: goodSource + "jobs:\n- {name: taken, source: geo, target: {dataset_id: " + datasetID(9) + "}}\n", code: exitFailed,
			want: []string{"tracker.yaml:4:", "job taken", "target.dataset_id", "register a new job"},
		},
		{name: "UnknownProvider", yaml: "sources:\n- {name: new, provider: wosmap, credential: env:KEY}\n", want: []string{"tracker.yaml:2:", `unknown provider "wosmap"; see  tracker provider list`}},
		{name: "ChangedProvider", yaml: "sources:\n- {name: geo, provider: safetykit, credential: env:KEY}\n", code: exitFailed, want: []string{"source geo", "provider", "register a new source"}},
		{name: "CredentialItself", yaml: "sources:\n- {name: new, provider: woosmap, credential: " + worldKey + "}\n", want: []string{"tracker.yaml:2:", "credential: want env:NAME or file:PATH"}},
		{name: "PasswordWithASlash", yaml: "sources:\n- {name: new, provider: woosmap, credential: env:KEY, base_url: 'https://me:hunter2/x@example.com'}\n", want: []string{"base_url", "percent-encode it"}},
		{name: "PasswordThatLooksLikeAPort", yaml: "sources:\n- {name: new, provider: woosmap, credential: env:KEY, base_url: 'https://me:2024/hunter2@example.com'}\n", want: []string{"base_url", "percent-encode it"}},
		{name: "PasswordInURL", yaml: "sources:\n- {name: new, provider: woosmap, credential: env:KEY, base_url: 'https://me:hunter2@example.com'}\n", want: []string{"base_url", "use credential instead"}},
		{name: "NotYAML", yaml: "sources: [", want: []string{"tracker.yaml:1:"}},
		{name: "Nothing", yaml: "", want: []string{"it declares nothing"}},
	}
	for _, c := range []struct{ cron, want string }{
		{"TZ=", "zone"},
		{"CRON_TZ=", "zone"},
		{"TZ= * * * * *", "zone"},
		{"CRON_TZ=Europe/Paris", ""},
		{"CRON_TZ=Nowhere/Land 0 * * * *", "Nowhere/Land"},
		{"0 0 31 2 *", ""},
		{"@every 500ms", "1s"},
		{"@every 1500ms", "whole seconds"},
		{"@every", ""},
		{"*/90 * * * *", `@every 90m`},
		{"* * * *", ""},
		{"61 * * * *", ""},
		{"nonsense", ""},
		{"@reboot", ""},
		{"@every -1h", ""},
	} {
		cases = append(cases, refused{
			name: "Schedule " + c.cron, yaml: wrong("schedule: '" + c.cron + "'"), want: []string{"tracker.yaml:5:", fmt.Sprintf("schedule %q", c.cron), c.want},
		})
	}
	return cases
}

// refusedCommands are wrong uses of the command line.
func refusedCommands() []refused {
	return []refused{
		{name: "UnknownCommand", args: []string{"aply"}, want: []string{`unknown command "aply"`, "tracker apply", "tracker --help"}},
		{name: "UnknownSubcommand", args: []string{"job", "delete"}, want: []string{`unknown command "delete"`, "tracker job --help"}},
		{name: "MissingSubcommand", args: []string{"job"}, want: []string{"a command is missing", "tracker job --help"}},
		{name: "UnknownFlag", args: []string{"sync", "--fast"}, want: []string{"--fast", "tracker sync --help"}},
		{name: "FlagOfNoNumber", args: []string{"history", "taken", "--run", "x"}, want: []string{"--run", "tracker history --help"}},
		{name: "UnknownFormat", args: []string{"job", "list", "--format", "xml"}, want: []string{`--format "xml": want one of table, json, csv`}},
		{name: "UnknownLogLevel", args: []string{"job", "list", "--log-level", "loud"}, want: []string{`--log-level "loud": want debug, info, warn or error`}},
		{name: "UnknownLogFormat", args: []string{"serve", "--log-format", "xml"}, want: []string{`--log-format "xml": want text or json`}},
		{name: "NoFile", args: []string{"apply"}, want: []string{"-f FILE is missing"}},
		{name: "AbsentFile", args: []string{"apply", "-f", "absent.yaml"}, want: []string{"absent.yaml", "no such file"}},
		{name: "JobWithoutTarget", args: []string{"job", "add", "new", "--source", "geo"}, want: []string{"FIELD=VALUE", "tracker job add --help"}},
		{name: "JobWithoutSource", args: []string{"job", "add", "new", "dataset_id=" + datasetID(3)}, want: []string{"source"}},
		{name: "JobOfNoUUID", args: []string{"job", "add", "new", "--source", "geo", "dataset_id=x"}, want: []string{`target field dataset_id: "x" is no UUID`}},
		{name: "JobOfBadSchedule", args: []string{"job", "add", "new", "--source", "geo", "--schedule", "*/90 * * * *", "dataset_id=" + datasetID(3)}, want: []string{"schedule", "@every 90m"}},
		{name: "JobOfNoSource", args: []string{"job", "add", "new", "--source", "nowhere", "dataset_id=" + datasetID(3)}, want: []string{`no source is named "nowhere"`, "tracker source list"}},
		{name: "JobOfAnotherTarget", args: []string{"job", "add", "taken", "--source", "geo", "dataset_id=" + datasetID(3)}, code: exitFailed, want: []string{"job taken", "target.dataset_id", "register a new job"}},
		{name: "SourceOfNoProvider", args: []string{"source", "add", "new", "--credential", "env:KEY"}, want: []string{"provider"}},
		{name: "UnknownSourcePaused", args: []string{"source", "pause", "nowhere"}, want: []string{`no source is named "nowhere"`, "tracker source list"}},
		{name: "UnknownJobPaused", args: []string{"job", "pause", "nowhere"}, want: []string{`no job is named "nowhere"`, "tracker job list"}},
		{name: "UnknownJobSynced", args: []string{"sync", "taken", "nowhere"}, want: []string{`no job is named "nowhere"`, "tracker job list"}},
		{name: "UnknownJobShown", args: []string{"history", "nowhere"}, want: []string{`no job is named "nowhere"`, "tracker job list"}},
		{name: "UnknownJobRebuilt", args: []string{"rebuild", "nowhere"}, want: []string{`no job is named "nowhere"`, "tracker job list"}},
	}
}

// refusedSurroundings are environments that a command cannot work in.
func refusedSurroundings(t *testing.T) []refused {
	t.Helper()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(name, value string) map[string]string { return map[string]string{name: value} }
	list := []string{"job", "list"}
	return []refused{
		{name: "NoServer", args: list, env: at("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/x"), code: exitFailed, want: []string{"cannot be reached", "is DATABASE_URL right?", "127.0.0.1"}},
		{name: "NoHost", args: list, env: at("DATABASE_URL", "postgres://me:hunter2@nowhere.invalid/x"), code: exitFailed, want: []string{"is DATABASE_URL right?", "nowhere.invalid"}},
		{name: "NoSocket", args: list, env: at("DATABASE_URL", "postgres://me:hunter2@/x?host=/nowhere"), code: exitFailed, want: []string{"is DATABASE_URL right?", "/nowhere"}},
		{name: "NoURL", args: list, env: at("DATABASE_URL", "mysql://me:hunter2@host/x"), want: []string{"DATABASE_URL", "postgres://user@host:5432/name"}},
		{name: "BadPort", args: list, env: at("DATABASE_URL", "postgres://me:hunter2@host:port/x"), want: []string{"DATABASE_URL", "postgres://user@host:5432/name"}},
		{name: "OpenQuote", args: list, env: at("DATABASE_URL", "host=a password='hunter2"), want: []string{"DATABASE_URL", "postgres://user@host:5432/name"}},
		{name: "NoServerToMigrate", args: []string{"migrate", "up"}, env: at("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/x"), code: exitFailed, want: []string{"is DATABASE_URL right?"}},
		{name: "NoURLToMigrate", args: []string{"migrate", "up"}, env: at("DATABASE_URL", "hunter2:%zz"), want: []string{"DATABASE_URL", "postgres://user@host:5432/name"}},
		{name: "BothURLs", args: list, env: at("DATABASE_URL_FILE", empty), want: []string{"DATABASE_URL and DATABASE_URL_FILE are both set; unset one of them"}},
		{name: "NoURLFile", args: list, env: map[string]string{"DATABASE_URL": "", "DATABASE_URL_FILE": "/nowhere/url"}, want: []string{"DATABASE_URL_FILE", "/nowhere/url"}},
		{name: "EmptyURLFile", args: list, env: map[string]string{"DATABASE_URL": "", "DATABASE_URL_FILE": empty}, want: []string{"DATABASE_URL_FILE", "write the URL into it"}},
		{name: "TwoLinesOfActor", args: list, env: at("TRACKER_ACTOR", "a\nb"), want: []string{"TRACKER_ACTOR", "one line"}},
		{
			name: "NoDirectoryToBe", args: list, env: map[string]string{"DATABASE_URL": "", "TRACKER_DATA_DIR": filepath.Join(empty, "below")}, code: exitFailed,
			want: []string{filepath.Join(empty, "below"), "set TRACKER_DATA_DIR"},
		},
		{
			name: "NoBinaries", args: list, env: map[string]string{"DATABASE_URL": "", "TRACKER_DATA_DIR": t.TempDir(), "TRACKER_PG_BIN": "/nowhere"}, code: exitFailed,
			want: []string{"TRACKER_PG_BIN", "/nowhere"},
		},
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(goodSource + "jobs:\n- {name: taken, source: geo, target: {dataset_id: " + datasetID(0) + "}}\n")
	const registry = `SELECT x::text FROM sources x UNION ALL SELECT x::text FROM jobs x UNION ALL SELECT x::text FROM changes x
		UNION ALL SELECT x::text FROM cursors x UNION ALL SELECT count(*)::text FROM polls ORDER BY 1`
	before := w.Lines(registry)
	for _, c := range slices.Concat(refusedFiles(), refusedCommands(), refusedSurroundings(t)) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := w.with(t, c.env)
			c.check(w)
			w.Want("the registry", before, registry)
		})
	}
}

func (c refused) check(w *world) {
	w.t.Helper()
	args, code := c.args, c.code
	if args == nil {
		args = []string{"apply", "-f", w.file(c.yaml)}
	}
	if code == 0 {
		code = exitUsage
	}
	p := w.run(args...)
	text := p.stderr.String()
	if p.code != code || !strings.HasPrefix(text, "tracker: ") || p.stdout.String() != "" {
		w.t.Errorf("tracker %q ends with %d, not %d; it prints %q and %q", args, p.code, code, p.stdout.String(), text)
	}
	for _, want := range c.want {
		if !strings.Contains(text, want) {
			w.t.Errorf("no %q in %q", want, text)
		}
	}
	for _, secret := range []string{"hunter2", worldKey} {
		if strings.Contains(text, secret) {
			w.t.Errorf("%q shows a secret", text)
		}
	}
}

// TestSchemaOfAnotherVersion works with a database that another version of the
// tracker has migrated.
func TestSchemaOfAnotherVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change string
		want   []string
	}{
		"Old": {`DELETE FROM tracker_migrations WHERE version_id = (SELECT max(version_id) FROM tracker_migrations)`, []string{"too old", "run  tracker migrate up"}},
		"New": {`INSERT INTO tracker_migrations (version_id, is_applied) VALUES (99999, true)`, []string{"too new", "99999", "a newer one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Exec(c.change)
			for _, args := range [][]string{{"job", "list"}, {"apply", "-f", w.file(declaration(unlimited, 1))}, {"sync"}, {"serve", "--listen", "off"}} {
				refused{args: args, code: exitFailed, want: c.want}.check(w)
			}
			w.Want("jobs", []string{"0"}, `SELECT count(*)::text FROM jobs`)
		})
	}
}

// TestReadOnlyDataDirectory runs as somebody who may not write there.
func TestReadOnlyDataDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o555); err != nil { //nolint:gosec // it is to be read-only
		t.Fatal(err)
	}
	var user *syscall.Credential
	if os.Geteuid() == 0 {
		user = &syscall.Credential{Uid: 65534, Gid: 65534}
		for closed := dir; closed != os.TempDir() && len(closed) > 1; closed = filepath.Dir(closed) {
			if err := os.Chmod(closed, 0o555); err != nil { //nolint:gosec // others have to pass
				t.Fatal(err)
			}
		}
	}
	w := newWorldWithout(t)
	w.env["TRACKER_DATA_DIR"] = dir
	p := w.startAs(user, "job", "list")
	if code := p.wait(); code != exitFailed {
		t.Errorf("it ends with %d", code)
	}
	for _, want := range []string{"data directory " + dir + " cannot be written", "set TRACKER_DATA_DIR to a directory that is"} {
		if text := p.stderr.String(); !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
}
