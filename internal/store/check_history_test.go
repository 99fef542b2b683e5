package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tracker/internal/checkhistory"
)

// TestCheckHistoryFinds: each thing that can be wrong with a history is told,
// with the claim that it breaks.
func TestCheckHistoryFinds(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	richHistory(t, f)
	if err := f.store.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	undo := f.save(t) + "; DELETE FROM acts; UPDATE jobs SET tracking = 'active', paused_reason = NULL"
	for name, test := range map[string]struct{ damage, want string }{
		"HoleInSnapshots":     {"UPDATE snapshots SET snapshot_no = 9 WHERE job_id = 2 AND snapshot_no = 3", "snapshots count from 1"},
		"HoleInTransitions":   {"DELETE FROM transitions WHERE transition_no = 2", "transitions count from 1"},
		"HoleInEntries":       {"DELETE FROM log_entries WHERE entry_no = 1", "log_entries count from 1 within job_id, run_no, step_no"},
		"BodyChanged":         {"UPDATE snapshots SET body = body || ' ' WHERE job_id = 1 AND snapshot_no = 1", "a snapshot's hash is that of its body"},
		"TextOrNot":           {"UPDATE snapshots SET body_is_text = false WHERE job_id = 2", "is shown as"},
		"SameAnswerTwice":     {"UPDATE snapshots SET body = (SELECT body FROM snapshots WHERE job_id = 2 AND snapshot_no = 1) WHERE job_id = 2", "consecutive snapshots differ"},
		"BoundsMoved":         {"UPDATE snapshots SET not_before = not_before - interval '1 s' WHERE job_id = 1 AND snapshot_no = 2", "not_before is when"},
		"PollsMiscounted":     {"UPDATE snapshots SET previous_polls = 5 WHERE job_id = 1 AND snapshot_no = 2", "previous_polls is how many"},
		"SnapshotOfAnother":   {"UPDATE snapshots SET status = 'x' WHERE job_id = 1 AND snapshot_no = 2", "a snapshot tells of a run in the state"},
		"ChangedPollMissing":  {"DELETE FROM polls WHERE job_id = 1 AND snapshot_no = 2", "each snapshot was made by one changed poll"},
		"ChangedPollSurplus":  {"INSERT INTO polls SELECT 1, now(), 1, 3, 200, 'changed'", "each changed poll made one"},
		"OldAnswerConfirmed":  {"INSERT INTO polls SELECT 1, now(), 1, 2, 200, 'unchanged'", "an unchanged poll confirms the newest snapshot"},
		"PollOfNoJob":         {"INSERT INTO polls SELECT 77, now(), 1, NULL, 200, 'timeout'", "what is kept is of a registered job"},
		"EntryOfNoStep":       {"DELETE FROM steps WHERE job_id = 1", "an entry is of a step"},
		"ChainBroken":         {"UPDATE transitions SET from_status = 'x' WHERE job_id = 1 AND from_state IS NOT NULL", "follow on from each other"},
		"TransitionBounds":    {"UPDATE transitions SET observed_at = observed_at + interval '1 s' WHERE job_id = 2 AND transition_no = 1", "a transition has the bounds"},
		"AnomalyOfNoStep":     {"UPDATE anomalies SET step_no = 7 WHERE job_id = 1 AND anomaly_no = 1", "an anomaly is observed with its snapshot"},
		"RunElsewhere":        {"UPDATE runs SET status = 'x' WHERE job_id = 1 AND run_no = 1", "a run is where its transitions led"},
		"RunEndMoved":         {"UPDATE runs SET ended_seen_at = ended_seen_at + interval '1 s' WHERE job_id = 2", "a run is where its transitions led"},
		"StepElsewhere":       {"UPDATE steps SET state = 'queued', ended_seen_at = NULL WHERE job_id = 2 AND step_no = 1", "a step is where its transitions led"},
		"OldRunGoesOn":        {"UPDATE runs SET state = 'running', ended_seen_at = NULL WHERE job_id = 1 AND run_no = 1", "only the run of the newest snapshot goes on"},
		"RunChangedLast":      {"UPDATE runs SET last_changed_at = last_changed_at + interval '1 s' WHERE job_id = 1 AND run_no = 1", "a run was changed last by"},
		"Miscounted":          {"UPDATE runs SET warnings = 9 WHERE job_id = 1 AND run_no = 1", "a run counts its steps"},
		"GoneBeforeSeen":      {"UPDATE log_entries SET withdrawn_at = first_seen_at WHERE withdrawn_at IS NOT NULL", "had been seen before"},
		"NoCursor":            {"DELETE FROM cursors WHERE job_id = 1", "a job has a cursor"},
		"NextPollOfPaused":    {"UPDATE jobs SET tracking = 'paused', paused_reason = 'why'", "a job that is not active has no next poll"},
		"NoNextPoll":          {"UPDATE cursors SET next_poll_at = NULL", "an active job has a next poll"},
		"CursorBehind":        {"UPDATE cursors SET confirmations = 7", "a cursor knows the truth"},
		"CursorKey":           {"UPDATE cursors SET key = 'x'", "has the key of the newest snapshot"},
		"TimeDropped":         {"UPDATE steps SET started_at = NULL WHERE job_id = 1", "the report views show what the snapshots tell"},
		"ItemChanged":         {"UPDATE result_items SET url = 'x'", "the results are those of"},
		"HiddenColumnChanged": {"UPDATE runs SET unknown_words = '{x}'", "a rebuild changes nothing"},
		"ChangeNotJournaled":  {"DELETE FROM journal WHERE kind = 'change' AND job_id IS NULL", "each change has one entry"},
		"EntryOfNothing":      {"INSERT INTO journal (entry_no, at, no, kind) SELECT max(entry_no) + 1, now(), 777, 'change' FROM journal", "the journal tells of nothing else"},
		"HoleInJournal":       {"UPDATE journal SET entry_no = entry_no + 100 WHERE kind = 'change' AND job_id IS NULL", "count from 1 without holes"},
		"ActNotJournaled":     {"INSERT INTO acts (done_at, kind, what, range_from, range_to, rows_changed, kept_for, actor) SELECT now(), 'retention', 'polls', '-infinity', now(), 0, interval '1 day', 'bob'", "each act has one entry"},
		"StatePast":           {"UPDATE transitions SET happened_at = observed_at - interval '1 day' WHERE job_id = 1 AND step_no IS NULL", "agrees with status_as_of"},
	} {
		f.damage(t, test.damage)
		found := f.violations(t)
		if !slices.ContainsFunc(found, func(v string) bool { return strings.Contains(v, test.want) }) {
			t.Errorf("%s: it does not say %q, but %q", name, test.want, found)
		}
		mustExec(t, f.conn, undo)
	}
}

// save copies all that is told of jobs, and gives the statements that bring it back.
func (f *feed) save(t *testing.T) string {
	t.Helper()
	var undo []string
	mustExec(t, f.conn, "CREATE SCHEMA saved; SET session_replication_role = replica") // no trigger or key is in the way
	for _, table := range []string{"cursors", "polls", "snapshots", "runs", "steps", "log_entries", "result_items", "transitions", "anomalies", "journal"} {
		columns := value[string](t, f.conn, `SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
			WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`, table)
		mustExec(t, f.conn, fmt.Sprintf("CREATE TABLE saved.%s AS SELECT %s FROM %[1]s", table, columns))
		undo = append(undo, fmt.Sprintf("DELETE FROM %s; INSERT INTO %[1]s (%s) SELECT %[2]s FROM saved.%[1]s", table, columns))
	}
	return strings.Join(undo, "; ")
}

// TestCheckHistoryOfSome: only the jobs asked for are looked at.
func TestCheckHistoryOfSome(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	richHistory(t, f)
	mustExec(t, f.conn, "UPDATE runs SET warnings = 9 WHERE job_id = 1")
	for job, wrong := range map[string]bool{"stores": true, "products": false} {
		violations, err := checkhistory.Violations(t.Context(), f.url, job)
		if err != nil {
			t.Fatal(err)
		}
		if (len(violations) > 0) != wrong {
			t.Errorf("%s: %q", job, violations)
		}
	}
}

func (f *feed) violations(t *testing.T) []string {
	t.Helper()
	found, err := checkhistory.Violations(t.Context(), f.url)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
