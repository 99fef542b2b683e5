package pages_test

import "testing"

// TestNotify shows rules and what came of them, and of an error what may be shown.
func TestNotify(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.get("/notify").wantText(t, "without rules", "No rules yet")
	l.Exec(`INSERT INTO notify_rules (declared_at, from_entry, group_for, version, name, address, form, events, sources, jobs, labels)
		VALUES (clock_timestamp(), 0, '0', 1, 'geo', 'env:HOOK', 'webhook', '{failed,recovered}', '{}', '{}', '{}')`)
	l.Exec(`INSERT INTO notify_events (at, made_at, key, kind, job, line, more, what)
		VALUES (clock_timestamp(), clock_timestamp(), 'k', 'failed', 'stores-eu', '✖ stores-eu failed: <b>Row 317</b>', '', '{}')`)
	l.Exec(`INSERT INTO deliveries (rule_id, event_no, of_job, due_at, next_at, rule, state, error, attempts)
		SELECT r.rule_id, e.event_no, 0, e.at, e.at, r.name, 'failed', 'it answers 410 Gone', 9 FROM notify_rules r, notify_events e`)
	l.get("/notify").wantText(t, "a rule that fails", "failed, recovered", "Tried in vain", "✖ stores-eu failed: <b>Row 317</b>", "it answers 410 Gone")
}
