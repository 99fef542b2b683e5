package store_test

import (
	"errors"
	"testing"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
)

// rebuild rebuilds a job by the feed's clock and returns how many rows differed.
func (f *feed) rebuild(t *testing.T, job store.Job) int64 {
	t.Helper()
	rebuilt, err := f.store.Rebuild(t.Context(), f.rebuildParams(t, job))
	if err != nil {
		t.Fatal(err)
	}
	return rebuilt.Rows
}

func (f *feed) rebuildParams(t *testing.T, job store.Job) store.RebuildParams {
	t.Helper()
	provider, err := source.Lookup(job.From.Provider)
	if err != nil {
		t.Fatal(err)
	}
	return store.RebuildParams{JobID: job.ID, Owner: "rebuilder", Now: f.now, Interpret: provider.Interpret, Interpretation: provider.Interpretation}
}

// richHistory has rows in every derived table: two runs, steps, entries (one
// withdrawn), results, transitions and anomalies, of a job woosmap and a job safetykit.
func richHistory(t *testing.T, f *feed) (jobs []store.Job) {
	t.Helper()
	jobs = append(f.register(t, "woosmap", "stores"), f.register(t, "safetykit", "products")...)
	entry := woosmapEntry("09:30:00", "warning", "slow")
	for _, bodies := range [][2]string{
		{
			woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:00:00", "", entry, entry)),
			safetykitBody("q1", "queued"),
		},
		{
			woosmapBody("r1", "failed", woosmapStep("fetch", "failed", "09:00:00", "09:40:00", entry), woosmapStep("import", "odd", "soon", "")),
			safetykitBody("q1", "ingesting", safetykitItem("a", "1"), safetykitItem("b", `{"k":[1]}`)),
		},
		{
			woosmapBody("r2", "in_progress", woosmapStep("fetch", "in_progress", "09:50:00", "", woosmapEntry("09:51:00", "odd", "x"))),
			safetykitBody("q1", "succeeded", safetykitItem("a", "1"), safetykitItem("b", "null"), safetykitItem("c", "3")),
		},
	} {
		f.round(t, said{job: jobs[0], body: bodies[0]}, said{job: jobs[1], body: bodies[1]})
	}
	return jobs
}

// TestRebuildMends: changed, missing and surplus rows are counted and mended.
// One case goes on where the one before has mended.
func TestRebuildMends(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := richHistory(t, f)
	for name, test := range map[string]struct {
		damage string
		rows   int64
	}{
		"Nothing":                 {"SELECT 1", 0},
		"RunsChanged":             {"UPDATE runs SET status = 'x', warnings = 9 WHERE job_id = 1", 2},
		"RunHiddenColumnsChanged": {`UPDATE runs SET shape = '{"": ["x"]}', unknown_words = '{a,b}', result_expires_raw = 'x' WHERE run_no = 1`, 2},
		"RunIDsSwapped": {`UPDATE runs SET run_id = 'tmp' WHERE job_id = 1 AND run_no = 1; UPDATE runs SET run_id = 'r1' WHERE job_id = 1 AND run_no = 2;
			UPDATE runs SET run_id = 'r2' WHERE job_id = 1 AND run_no = 1`, 2},
		"RunIDsShifted":      {`UPDATE runs SET run_id = 'r0' WHERE job_id = 1 AND run_no = 1; UPDATE runs SET run_id = 'r1' WHERE job_id = 1 AND run_no = 2`, 2},
		"RunSurplus":         {surplusRun, 4},
		"StepChanged":        {"UPDATE steps SET ended_raw = 'x', vanished_at = first_seen_at WHERE job_id = 1 AND run_no = 1 AND step_no = 2", 1},
		"StepSurplus":        {"INSERT INTO steps SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{\"step_no\": 9}') AS s FROM steps s WHERE job_id = 1 AND run_no = 2) x", 1},
		"StepMissing":        {"DELETE FROM log_entries WHERE job_id = 1 AND run_no = 2; DELETE FROM steps WHERE job_id = 1 AND run_no = 2", 2},
		"EntryChanged":       {"UPDATE log_entries SET withdrawn_at = NULL, detail = 'x' WHERE job_id = 1 AND run_no = 1 AND entry_no = 2", 1},
		"EntriesMissing":     {"DELETE FROM log_entries", 3},
		"EntrySurplus":       {"INSERT INTO log_entries SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{\"entry_no\": 9}') AS s FROM log_entries s WHERE run_no = 2) x", 1},
		"ItemChanged":        {"UPDATE result_items SET labels = '{}', metadata = '{\"k\": [1]}' WHERE item_no = 2", 1},
		"ItemsMissing":       {"DELETE FROM result_items WHERE item_no <> 2", 2},
		"ItemsSurplus":       {"INSERT INTO result_items SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{\"item_no\": 4}') AS s FROM result_items s WHERE item_no = 3) x", 1},
		"ItemOfAnotherJob":   {"INSERT INTO result_items SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{\"job_id\": 1}') AS s FROM result_items s WHERE item_no = 1) x", 1},
		"TransitionsChanged": {"UPDATE transitions SET to_state = 'canceled', happened_at = observed_at WHERE job_id = 1", 7},
		"TransitionsMissing": {"DELETE FROM transitions WHERE job_id = 2", 7},
		"TransitionSurplus":  {"INSERT INTO transitions SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{\"transition_no\": 99}') AS s FROM transitions s WHERE transition_no = 1) x", 2},
		"AnomalyChanged":     {"UPDATE anomalies SET was = '\"x\"', count = 7 WHERE anomaly_no = 1", 1},
		"AnomaliesMissing":   {"DELETE FROM anomalies WHERE anomaly_no IN (1, 2)", 2},
		"AnomalySurplus":     {"INSERT INTO anomalies SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{\"anomaly_no\": 99}') AS s FROM anomalies s WHERE anomaly_no = 1) x", 1},
		"Everything":         {"DELETE FROM anomalies; DELETE FROM transitions; DELETE FROM result_items; DELETE FROM log_entries; DELETE FROM steps; DELETE FROM runs", 31},
	} {
		before := value[string](t, f.conn, derived)
		f.damage(t, test.damage)
		var rows int64
		for _, job := range jobs {
			rows += f.rebuild(t, job)
		}
		if rows != test.rows {
			t.Errorf("%s: %d rows differed, not %d", name, rows, test.rows)
		}
		if after := value[string](t, f.conn, derived); after != before {
			t.Fatalf("%s: it was\n%s\nand is\n%s", name, before, after)
		}
	}
	f.round(t, said{job: jobs[0], body: woosmapBody("r1", "success")}, said{job: jobs[1], body: safetykitBody("q2", "queued")})
}

// derived shows every row that a rebuild may write.
const derived = `SELECT string_agg(row, E'\n' ORDER BY row) FROM (
	SELECT 'run ' || x::text AS row FROM runs x UNION ALL SELECT 'step ' || x::text FROM steps x UNION ALL SELECT 'entry ' || x::text FROM log_entries x
	UNION ALL SELECT 'item ' || x::text FROM result_items x UNION ALL SELECT 'transition ' || x::text FROM transitions x
	UNION ALL SELECT 'anomaly ' || x::text FROM anomalies x) all_of_them`

// damage changes what is stored, as only the owner can.
func (f *feed) damage(t *testing.T, statements string) {
	t.Helper()
	mustExec(t, f.conn, "BEGIN; SET LOCAL tracker.rewrite = 'on'; "+statements+"; COMMIT")
}

// surplusRun adds a run with a step, an entry and a result to each job that has some.
const surplusRun = `
	INSERT INTO runs SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{"run_no": 9, "run_id": "r9"}') AS s FROM runs s WHERE job_id = 1 AND run_no = 1) x;
	INSERT INTO steps SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{"run_no": 9}') AS s FROM steps s WHERE job_id = 1 AND run_no = 1 AND step_no = 1) x;
	INSERT INTO log_entries SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{"run_no": 9}') AS s FROM log_entries s WHERE job_id = 1 AND run_no = 1 AND entry_no = 1) x;
	INSERT INTO result_items SELECT (s).* FROM (SELECT jsonb_populate_record(s, '{"job_id": 1, "run_no": 9}') AS s FROM result_items s WHERE item_no = 1) x`

// TestRebuildRefusesAClaimedJob, and lets go of its own claim whatever comes.
func TestRebuildRefusesAClaimedJob(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := richHistory(t, f)[0]
	claim := f.claimAt(t, claimOf(job), f.now.Add(time.Second))
	if _, err := f.store.Rebuild(t.Context(), f.rebuildParams(t, job)); !errors.Is(err, store.ErrClaimed) {
		t.Errorf("it gives %v", err)
	}
	if err := f.store.ReleaseClaims(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	f.rebuild(t, job)
	if claimed := value[bool](t, f.conn, "SELECT claimed_until IS NOT NULL FROM cursors WHERE job_id = $1", job.ID); claimed {
		t.Error("it keeps its claim")
	}
}

// TestRebuildNeedsTheOwner: the writer's attempt changes nothing and leaves no claim.
func TestRebuildNeedsTheOwner(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := richHistory(t, f)[0]
	writer := openStore(t, loginAs(t, f.conn, f.url, "tracker_writer").Config().ConnString())
	if _, err := writer.Rebuild(t.Context(), f.rebuildParams(t, job)); codeOf(err) != codePrivilege {
		t.Errorf("it gives %v", err)
	}
	f.round(t, said{job: job, body: woosmapBody("r3", "success")})
}

// TestRebuildUnreadable: a body that cannot be read stops the rebuild, which then has changed nothing.
func TestRebuildUnreadable(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := richHistory(t, f)[0]
	params := f.rebuildParams(t, job)
	provider, err := source.Lookup("safetykit")
	if err != nil {
		t.Fatal(err)
	}
	params.Interpret = provider.Interpret
	if _, err := f.store.Rebuild(t.Context(), params); err == nil {
		t.Error("it reads another provider's bodies")
	}
	f.round(t, said{job: job, body: woosmapBody("r3", "success")})
}
