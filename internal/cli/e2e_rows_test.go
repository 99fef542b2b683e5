package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeOutlivesRows goes on with the jobs that it can poll, whatever the
// database holds of others, and says of each why it is paused.
func TestServeOutlivesRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.counter(0, 50)
	w.counter(1, 50)
	w.apply(oddDeclaration(t))
	zones := w.with(t, map[string]string{"ZONEINFO": newerZones(t)})
	zones.must("job", "add", "newzone", "--source", "woosmap", "--schedule", "CRON_TZ=Europe/Newtown */5 * * * *", "dataset_id="+datasetID(2))
	if p := zones.run("job", "add", "mac", "--source", "woosmap", "--schedule", "CRON_TZ=europe/paris @daily", "dataset_id="+datasetID(3)); p.code != exitUsage ||
		!strings.Contains(p.stderr.String(), "write CRON_TZ=Europe/Paris") {
		t.Errorf("a zone that ignores case: %d %s", p.code, p.stderr.String())
	}
	for _, statement := range []string{
		`SET LOCAL session_replication_role = replica; UPDATE sources SET provider = 'acme' WHERE name = 'alien';
			UPDATE sources SET base_url = 'acme' WHERE name = 'nowhere'`,
		`UPDATE sources SET rate_every = '3000 years', rate_burst = 1000 WHERE name = 'slow'`,
		`UPDATE sources SET schedule = 'CRON_TZ=Europe/Newtown @daily' WHERE name = 'elsewhere'`,
		`SET LOCAL session_replication_role = replica; UPDATE jobs SET target = '{"dataset_id": 7}' WHERE name = 'number'`,
		`UPDATE jobs SET labels = '{"team": 7}' WHERE name = 'job-001'`,
		`UPDATE cursors SET next_poll_at = now()`,
	} {
		w.Exec(statement)
	}
	for range 2 {
		daemon := w.serve()
		before := w.Lines(`SELECT clock_timestamp()::text`)[0]
		for n := range 2 {
			w.awaitLine(`SELECT '' FROM report.polls WHERE job = $1 AND polled_at > $2 HAVING count(*) >= 3`, jobName(n), before)
		}
		daemon.stop()
	}
	for subject, why := range map[string]string{
		"job newzone": `zone "Europe/Newtown" is unknown`, "job number": `field "dataset_id" is no text`,
		"source alien": `unknown provider "acme"`, "source nowhere": "base_url: want http", "source slow": "longer than a year",
		"source elsewhere": `zone "Europe/Newtown" is unknown`,
	} {
		w.Want("changes of "+subject, []string{"tracker pause"}, `SELECT actor || ' ' || action FROM report.changes
			WHERE subject = $1 AND action <> 'register' AND after->>'paused_reason' LIKE '%' || $2 || '%'`, subject, why)
	}
	w.Want("claims", []string{"0"}, `SELECT count(claimed_until)::text FROM cursors`)
	w.Exec(`SET LOCAL session_replication_role = replica; UPDATE sources SET provider = 'woosmap' WHERE name = 'alien'`) // what nobody knows cannot be checked
	w.Check()
}

// oddDeclaration has two jobs that are polled each second, and one at each of
// some sources to be spoilt.
func oddDeclaration(t *testing.T) string {
	t.Helper()
	text := declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 2)
	text += fmt.Sprintf("- {name: number, source: woosmap, target: {dataset_id: %s}}\n", datasetID(9))
	for n, name := range []string{"alien", "nowhere", "slow", "elsewhere"} {
		text = strings.Replace(text, "jobs:", fmt.Sprintf("- {name: %s, provider: woosmap, credential: env:KEY, base_url: $WOOSMAP}\njobs:", name), 1)
		text += fmt.Sprintf("- {name: at-%s, source: %s, target: {dataset_id: %s}}\n", name, name, datasetID(10+n))
	}
	return text
}

// newerZones is a zone database with a zone that others do not know, and that
// finds one whatever its case, as a Mac's file system does.
func newerZones(t *testing.T) string {
	t.Helper()
	paris, err := os.ReadFile("/usr/share/zoneinfo/Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"Europe/Newtown", "europe/paris"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), paris, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
