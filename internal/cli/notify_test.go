package cli

import (
	"slices"
	"strings"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testkit"
)

// newNotifyFixture is a database with two sources and a rule that was removed, by which
// more has failed than a table lists.
func newNotifyFixture(t *testing.T) *readFixture {
	t.Helper()
	db := testkit.NewDatabase(t)
	f := &readFixture{t: t, getenv: func(name string) string { return map[string]string{"DATABASE_URL": db.URL}[name] }}
	f.must("source", "add", "woosmap-eu", "--provider", "woosmap", "--credential", "env:KEY")
	if _, stderr, code := f.given("notify:\n- {name: geo, to: env:HOOK, as: webhook, on: [failed]}\n", "apply", "-f", "-"); code != exitDone {
		t.Fatal(stderr)
	}
	if _, stderr, code := f.given("notify:\n- {name: other, to: env:HOOK, as: webhook, on: [failed]}\n", "apply", "-f", "-"); code != exitDone {
		t.Fatal(stderr)
	}
	db.Exec(`INSERT INTO notify_events (at, made_at, key, kind, line, more, what)
		SELECT clock_timestamp(), clock_timestamp(), n::text, 'failed', 'x', '', '{}' FROM generate_series(1, 1001) n`)
	db.Exec(`INSERT INTO deliveries (rule_id, event_no, of_job, due_at, next_at, rule, state, error, attempts)
		SELECT r.rule_id, e.event_no, 0, e.at, e.at, r.name, 'failed', 'it answers 410 Gone', 9 FROM notify_rules r, notify_events e WHERE r.name = 'geo'`)
	return f
}

func TestNotify(t *testing.T) {
	t.Parallel()
	f := newNotifyFixture(t)
	if text := f.must("notify", "list"); !strings.Contains(text, "geo (removed)") || !strings.Contains(text, "1001") {
		t.Errorf("what has failed by a rule that was removed is not listed:\n%s", text)
	}
	for _, args := range [][]string{{"notify", "log", "--rule", "goe"}, {"notify", "retry", "--rule", "goe"}} {
		if _, stderr, code := f.run(args...); code != exitUsage || !strings.Contains(stderr, `no rule is or was named "goe"; did you mean geo`) {
			t.Errorf("%q ends with %d: %s", args, code, stderr)
		}
	}
	stdout, stderr, code := f.run("notify", "log", "--rule", "geo")
	if code != exitDone || strings.Count(stdout, "\n") != 1001 || !strings.Contains(stderr, "the newest 1,000") {
		t.Errorf("the log ends with %d: %d lines, %s", code, strings.Count(stdout, "\n"), stderr)
	}
	for args, hint := range map[string]string{
		"": "", "--rule geo": " --rule geo", "--failed": " --failed", "--failed --rule=geo": " --rule geo --failed",
	} {
		if _, stderr, _ := f.run(append([]string{"notify", "log"}, strings.Fields(args)...)...); !strings.Contains(stderr, "all:  tracker notify log"+hint+" --format csv\n") {
			t.Errorf("with %q the hint is %s", args, stderr)
		}
	}
	stdout, stderr, _ = f.run("notify", "log", "--format", "json")
	var rows []store.DeliveryRow
	decode(t, stdout, &rows)
	if len(rows) != 1001 || stderr != "" {
		t.Errorf("as JSON it has %d rows: %s", len(rows), stderr)
	}
	if text := f.must("notify", "retry", "--rule", "geo"); !strings.HasPrefix(text, "1001 ") && !strings.HasPrefix(text, "1,001 ") {
		t.Errorf("retry: %s", text)
	}
}

// TestNotify_IdlePatterns: a source without jobs is one, too.
func TestNotify_IdlePatterns(t *testing.T) {
	t.Parallel()
	f := newNotifyFixture(t)
	_, stderr, code := f.given("notify:\n- {name: geo, to: env:HOOK, as: webhook, on: [failed], match: {sources: [woosmap-*, safety-*]}}\n", "apply", "-f", "-")
	warned := strings.Split(strings.TrimSpace(stderr), "\n")
	warned = slices.DeleteFunc(warned, func(line string) bool { return !strings.Contains(line, "matches none") })
	if code != exitDone || len(warned) != 1 || !strings.Contains(warned[0], `"safety-*"`) {
		t.Errorf("it ends with %d: %s", code, stderr)
	}
}
