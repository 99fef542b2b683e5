package cli

import (
	"net/url"
	"strings"
	"syscall"
	"testing"

	"tracker/internal/testdb"
)

// TestPooler does all that people do through a pgbouncer in transaction mode.
func TestPooler(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, testdb.Empty(t))
	w.env["DATABASE_URL"] = testdb.Pooler(t, w.URL)
	for n := range 4 {
		w.counter(n, 20)
	}
	w.must("migrate", "up")
	w.apply(declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 4))
	daemon := w.serve()
	w.awaitLine(`SELECT '' FROM (SELECT count(*) AS n FROM polls GROUP BY job_id) p HAVING count(*) = 4 AND min(n) >= 2`)
	watch := w.start("watch")
	await(t, "a screen of watch", func() bool { return strings.Contains(watch.stdout.String(), jobName(0)) })
	for _, args := range [][]string{
		{"history", jobName(0)},
		{"history", jobName(0), "--as-of", "1s"},
		{"job", "list"},
		{"job", "show", jobName(0)},
		{"log", jobName(0)},
		{"snapshot", jobName(0)},
		{"source", "list"},
		{"report", "failed-imports"},
		{"wait", jobName(0), "--timeout", "1m"},
		{"source", "pause", "woosmap"},
		{"source", "resume", "woosmap"},
		{"sync", jobName(1)},
		{"migrate", "status"},
	} {
		w.must(args...)
	}
	watch.signal(syscall.SIGINT)
	watch.wait()
	daemon.stop()
	w.must("rebuild")
	for _, p := range []*process{daemon, watch} {
		if text := p.stderr.String(); strings.Contains(text, "SQLSTATE") {
			t.Errorf("tracker %s: %s", p.cmd.Args[1], text)
		}
	}
	w.Check()
}

// TestPoolerPutInLater puts a pgbouncer in the place of the server that daemons
// have used until now, as it is done under the server's name. Then they find
// statements that are not theirs, and go on.
func TestPoolerPutInLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	direct, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	pooler, err := url.Parse(testdb.Pooler(t, w.URL))
	if err != nil {
		t.Fatal(err)
	}
	line := newProxy(t, w.URL)
	w.env["DATABASE_URL"] = line.url
	for n := range 4 {
		w.counter(n, 200)
	}
	w.apply(declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 4))
	daemons := []*process{w.serve(), w.serve()}
	polled := func(what string) {
		t.Helper()
		w.Exec(`CREATE TABLE IF NOT EXISTS marks (at timestamptz)`)
		w.Exec(`INSERT INTO marks VALUES (clock_timestamp())`)
		await(t, "polls "+what, func() bool {
			lines, err := w.Query(`SELECT '' FROM (SELECT count(*) AS n FROM polls WHERE polled_at > (SELECT max(at) FROM marks) GROUP BY job_id) p
				HAVING count(*) = 4 AND min(n) >= 4`)
			return err == nil && len(lines) > 0
		})
	}
	polled("on the server")
	line.lead(pooler)
	polled("through the pooler")
	line.lead(direct)
	polled("on the server again")
	for _, daemon := range daemons {
		daemon.stop()
	}
	w.Exec(`DROP TABLE marks`)
	w.Check()
}
