package cli

import (
	"strings"
	"testing"
)

// TestWrongUse gives one exit code for what is wrong in the command line,
// wherever that stands in it, and says nothing on stdout.
func TestWrongUse(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	for kind, c := range map[string]struct {
		want string // of stderr
		args []string
	}{
		"Job": {`no job is named "stores-ue"; did you mean stores-eu, stores-us; see  tracker job list`, []string{
			"history stores-ue", "log stores-ue", "log stores-ue --follow", "snapshot stores-ue", "wait stores-ue", "watch stores-ue", "watch stores-eu stores-ue",
			"sync stores-ue", "sync stores-eu stores-ue", "rebuild stores-ue", "job show stores-ue", "job pause stores-ue", "job resume stores-ue", "job remove stores-ue",
			"job hold stores-ue --run 1", "job release stores-ue --run 1",
		}},
		"JobLikeNone": {`no job is named "x"; see  tracker job list`, []string{"history x", "sync x", "job pause x"}},
		"Source": {`no source is named "wosmap-test"; did you mean woosmap-test; see  tracker source list`, []string{
			"source pause wosmap-test", "source resume wosmap-test", "source remove wosmap-test", "source discover wosmap-test", "report runs-per-day --source wosmap-test", "job list --source wosmap-test", "watch --source wosmap-test", "sync --source wosmap-test", "source remove wosmap-test",
			"job add new --source wosmap-test dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c9",
		}},
		"Report":   {`there is no report "stalld"; did you mean stalled; there are failed-imports, `, []string{"report stalld"}},
		"Provider": {`unknown provider "wosmap"; see  tracker provider list`, []string{"source add new --provider wosmap --credential env:KEY"}},
		"Command":  {"did you mean  tracker ", []string{"histroy", "job lits", "help histroy", "source puase"}},
		"Flag":     {"unknown flag: --fast; see  tracker ", []string{"sync --fast", "history stores-eu --fast", "job list --fast", "--fast"}},
		"Run":      {"job stores-eu has no run 9; its latest is 1", []string{"history stores-eu --run 9", "log stores-eu --run 9", "job hold stores-eu --run 9", "job release stores-eu --run 9"}},
		"Snapshot": {"job stores-eu has no snapshot 9; its newest is 2", []string{"snapshot stores-eu 9", "snapshot stores-eu --diff 9"}},
		"Number":   {"numbered from 1", []string{"history stores-eu --run 0", "job hold stores-eu --run 0", "snapshot stores-eu 0", "snapshot stores-eu x"}},
		"Format":   {`--format "xml": want one of table, json`, []string{"job list --format xml", "source list --format xml", "history stores-eu --format xml", "report --format xml", "changes --format xml", "source discover woosmap-test --format xml"}},
		"RunNone":  {"--run is missing: want the number of a run, see  tracker history stores-eu", []string{"job hold stores-eu", "job release stores-eu"}},
		"Level":    {`--level "loud": want one of info, warning, error`, []string{"log stores-eu --level loud"}},
		"LogLevel": {`--log-level "loud": want debug, info, warn or error`, []string{"job list --log-level loud", "sync --log-level loud"}},
		"State":    {`"done": want one of `, []string{"wait stores-eu --for done", "job list --state done", "watch --state done", "sync --state done"}},
		"Subject":  {`no job or source is named "stores-ue"; did you mean stores-eu, stores-us`, []string{"changes stores-ue"}},
		"Time": {" is no time", []string{
			"history stores-eu --as-of soon", "history stores-eu --known-at soon", "wait stores-eu --after soon", "report gaps --since soon", "changes --since soon",
		}},
		"Duration": {" is no duration", []string{
			"wait stores-eu --timeout soon", "watch --for soon",
			"job add new --source woosmap-test --stall-after soon dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c9",
		}},
		"Schedule": {"schedule", []string{
			"source add new --provider woosmap --credential env:KEY --schedule soon",
			"job add new --source woosmap-test --schedule soon dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c9",
		}},
		"Label":   {"KEY=VALUE", []string{"report gaps --label team", "job add new --source woosmap-test --label team dataset_id=x", "source discover woosmap-test --register --label team"}},
		"Address": {"want an address such as 127.0.0.1:8080, or off", []string{"serve --listen here", "serve --listen 127.0.0.1:http:80", "serve --listen 127.0.0.1:99999"}},
		"File":    {"absent.yaml", []string{"apply -f absent.yaml", "serve --listen off --apply absent.yaml"}},
		"Arguments": {"see  tracker ", []string{
			"history", "history stores-eu stores-us", "job show", "job list stores-eu", "source pause", "apply", "version now", "migrate", "completion", "snapshot", "wait",
		}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := &readFixture{t: t, getenv: f.getenv}
			for _, args := range c.args {
				stdout, stderr, code := f.run(strings.Fields(args)...)
				if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "tracker: ") || !strings.Contains(stderr, c.want) {
					t.Errorf("tracker %s ends with %d and says %s%s", args, code, stdout, stderr)
				}
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	f := &readFixture{t: t, getenv: func(string) string { return "" }}
	if command, flag := f.must("version"), f.must("--version"); !strings.HasPrefix(command, "tracker dev (go") || command != flag {
		t.Errorf("tracker version says %q, tracker --version %q", command, flag)
	}
}
