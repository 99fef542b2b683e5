package audit_test

import (
	"context"
	"database/sql" // with the driver that package store brings
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/audit"
	"tracker/internal/demo"
	"tracker/internal/ledger"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testdb"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// past is the demo's: three weeks of both services, with steps, entries, results, gaps and
// days of polls, journaled and sealed with a key in two batches. Nobody is connected to it.
type past struct {
	url       string
	key       *ledger.Key
	published []ledger.Checkpoint
}

func newPast(t *testing.T) past {
	t.Helper()
	p := past{url: testdb.New(t)}
	s, err := store.Open(t.Context(), p.url, store.Options{MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fixtures := &demo.Fixtures{Dir: t.TempDir(), Speed: 60, Store: s, Actor: "ann", Owner: "test"}
	defer fixtures.Close()
	if err := fixtures.SetUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	pollResults(t, s)
	if _, p.key, err = ledger.GenerateKey("audit.example.com/test"); err != nil {
		t.Fatal(err)
	}
	p.seal(t, s)
	by := store.Author{Actor: "ann", At: now(t, s)}
	if _, err := s.PauseJob(t.Context(), by, "demo-stores-eu", "a pause"); err != nil {
		t.Fatal(err)
	}
	p.seal(t, s)
	return p
}

// pollResults polls two requests of SafetyKit that have succeeded, with their results and a
// link that ends in a time that is none, and erases what the second said.
func pollResults(t *testing.T, s *store.Store) {
	t.Helper()
	services := testkit.NewServices(t, "a-key-of-the-test", time.Now)
	const answer = `{"data_expires_at":"9999-12-31T23:59:59Z","data":[{"id":"p-1","metadata":{"large":1.5e2,"exact":12345678901234567890.10},"output":{"actions":[],"fields":{},"labels":[]},"url":"https://example.com/p-1"}],
		"namespace":"products","request_id":"r1","status":"succeeded"}`
	services.SafetyKit.Script("products", "r1", upstreamsim.Answer(answer))
	services.SafetyKit.Script("products", "r2", upstreamsim.Answer(strings.ReplaceAll(answer, "r1", "r2")))
	by := store.Author{Actor: "ann", At: now(t, s)}
	if _, err := s.Apply(t.Context(), by, store.Declaration{
		Sources: []store.SourceSpec{testkit.Source("results", "safetykit", services.SafetyKitAt, "env:KEY")},
		Jobs: []store.JobSpec{{
			Name: "results", Source: "results", Target: map[string]string{"namespace": "products", "request_id": "r1"}, FirstPollAt: by.At,
		}, {
			Name: "results-erased", Source: "results", Target: map[string]string{"namespace": "products", "request_id": "r2"}, FirstPollAt: by.At,
		}},
	}); err != nil {
		t.Fatal(err)
	}
	job, err := s.Job(t.Context(), "results")
	if err != nil {
		t.Fatal(err)
	}
	erased, err := s.Job(t.Context(), "results-erased")
	if err != nil {
		t.Fatal(err)
	}
	client := source.NewClient("test")
	defer client.Close()
	syncer := &sync.Syncer{
		Store: s, Client: client, Owner: "test", Logger: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "a-key-of-the-test" },
	}
	if err := syncer.Once(t.Context(), []store.Job{job, erased}, func(e sync.Event) {
		if e.Error != "" {
			t.Errorf("poll of the results: %s", e.Error)
		}
	}); err != nil {
		t.Fatal(err)
	}
	eraseFirst(t, s, erased)
}

// eraseFirst erases what the first answer of a job of SafetyKit said.
func eraseFirst(t *testing.T, s *store.Store, job store.Job) {
	t.Helper()
	provider := source.Providers()[0].For(job.Target)
	if _, err := s.Erase(t.Context(), store.EraseParams{
		JobID: job.ID, RunNo: 1, SnapshotNo: 1, Reason: "it named somebody", By: store.Author{Actor: "ann", At: now(t, s)}, Owner: "test", Now: now(t, s),
		Interpret: provider.Interpret, Interpretation: provider.Interpretation,
	}); err != nil {
		t.Fatal(err)
	}
}

func now(t *testing.T, s *store.Store) time.Time {
	t.Helper()
	at, err := s.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// seal journals and seals what is new.
func (p *past) seal(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := (&audit.Sealer{Store: s, Key: p.key}).Seal(t.Context(), func(c store.Checkpoint) { p.published = append(p.published, c.Checkpoint) })
	if err != nil {
		t.Fatal(err)
	}
}

// TestVerify checks a past, whole and in what ways its owner may alter it.
func TestVerify(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	if v := p.verify(t, p.url); v.Count != 0 || v.Entries == 0 || v.Snapshots < 100 || v.Days < 10 || v.Checkpoints != 2 || v.Signed != 2 || v.Published != 2 || v.Jobs < 10 {
		t.Fatalf("untouched, it gives %+v", v)
	}
	// From here on nobody is connected to it: it is copied.
	t.Run("Altered", func(t *testing.T) { t.Parallel(); findsWhatWasAltered(t, p) })
	t.Run("EachColumn", func(t *testing.T) { t.Parallel(); findsEachColumn(t, p) })
	t.Run("OfAnotherLog", func(t *testing.T) { t.Parallel(); findsTheCheckpointsOfAnotherLog(t, p) })
	t.Run("MadeUp", func(t *testing.T) { t.Parallel(); findsACheckpointThatWasMadeUp(t, p) })
	t.Run("ClosedAgain", func(t *testing.T) { t.Parallel(); namesADayClosedAgain(t, p) })
	t.Run("WrittenAnew", func(t *testing.T) { t.Parallel(); findsALogWrittenAnew(t, p) })
}

// findsWhatWasAltered by a superuser whom no trigger stops.
func findsWhatWasAltered(t *testing.T, p past) {
	t.Helper()
	const snapshot = "(job_id, snapshot_no) = (SELECT job_id, snapshot_no FROM snapshots WHERE snapshot_no = 3 ORDER BY job_id LIMIT 1)"
	for name, test := range map[string]struct{ tamper, want string }{
		"Body":              {"UPDATE snapshots SET body = body || ' ' WHERE " + snapshot, "it is no patch of the body before"},
		"BodyGone":          {"UPDATE snapshots SET body = NULL, patches = 0 WHERE " + snapshot, "snapshot 3: its body is gone, and not by retention or erasure"},
		"BodyErasedByNoAct": {"UPDATE snapshots SET body = NULL, patches = 0 WHERE " + snapshot + "; INSERT INTO erased_snapshots SELECT job_id, 1, snapshot_no, run_no, 1, 0, false, 'x' FROM snapshots WHERE " + snapshot, "snapshot 3: its body is gone, and not by retention or erasure"},
		"BodyAndHash":       {"UPDATE snapshots SET body = body || ' ', sha256 = sha256(body || ' ') WHERE " + snapshot, "snapshot 3 is not what was sealed"},
		"Time":              {"UPDATE snapshots SET observed_at = observed_at + interval '1 s' WHERE " + snapshot, "snapshot 3 is not what was sealed"},
		"Bound":             {"UPDATE snapshots SET not_before = not_before - interval '1 s' WHERE " + snapshot, "snapshot 3 is not what was sealed"},
		"Confirmations":     {"UPDATE snapshots SET previous_polls = previous_polls + 1 WHERE " + snapshot, "snapshot 3 is not what was sealed"},
		"Deleted":           {"DELETE FROM snapshots WHERE " + snapshot, "snapshot 3 is gone"},
		"NewestDeleted":     {newest + "DELETE FROM snapshots s USING newest n WHERE s.job_id = n.job_id AND s.snapshot_no = n.snapshot_no", "is gone"},
		"Inserted":          {newest + inserted, "somebody has inserted one"},
		"Swapped":           {"UPDATE snapshots s SET body = o.body, sha256 = o.sha256 FROM snapshots o WHERE s.job_id = o.job_id AND s.job_id = (SELECT min(job_id) FROM snapshots) AND (s.snapshot_no, o.snapshot_no) IN ((2, 3), (3, 2))", "snapshot 2 is not what was sealed"},
		"Entry":             {"UPDATE log_entries SET detail = 'all is well' WHERE (job_id, run_no, step_no, entry_no) = (SELECT job_id, run_no, step_no, entry_no FROM log_entries LIMIT 1)", "the snapshots give"},
		"Transition":        {"UPDATE transitions SET to_state = 'succeeded', to_status = 'success' WHERE (job_id, transition_no) = (SELECT job_id, transition_no FROM transitions WHERE to_state = 'failed' AND step_no IS NULL LIMIT 1)", "has the to_sta"},
		"TransitionDeleted": {"DELETE FROM transitions WHERE (job_id, transition_no) = (SELECT job_id, max(transition_no) FROM transitions GROUP BY job_id ORDER BY job_id LIMIT 1)", "is missing, which the snapshots give"},
		"Run":               {"UPDATE runs SET error_summary = 'none' WHERE (job_id, run_no) = (SELECT job_id, run_no FROM runs WHERE state = 'failed' LIMIT 1)", "has the error_summary"},
		"RunBound":          {"UPDATE runs SET not_before = first_seen_at - interval '1 day' WHERE (job_id, run_no) = (SELECT job_id, run_no FROM runs LIMIT 1)", "has the not_before"},
		"StepBound":         {"UPDATE steps SET ended_not_before = ended_not_before - interval '1 s' WHERE (job_id, run_no, step_no) = (SELECT job_id, run_no, step_no FROM steps WHERE ended_at IS NOT NULL AND ended_not_before IS NOT NULL LIMIT 1)", "has the ended_not_before"},
		"EntryBound":        {"UPDATE log_entries SET not_before = not_before - interval '1 s' WHERE (job_id, run_no, step_no, entry_no) = (SELECT job_id, run_no, step_no, entry_no FROM log_entries WHERE not_before IS NOT NULL LIMIT 1)", "has the not_before"},
		"EntryPlace":        {"UPDATE log_entries SET position = position + 1 WHERE (job_id, run_no, step_no, entry_no) = (SELECT job_id, run_no, step_no, entry_no FROM log_entries LIMIT 1)", "has the position"},
		"Shape":             {"UPDATE runs SET shape = shape || '{\"x\": [\"y\"]}' WHERE (job_id, run_no) = (SELECT job_id, run_no FROM runs LIMIT 1)", "has the shape"},
		"UnknownWords":      {"UPDATE runs SET unknown_words = unknown_words || 'unknown_status:x'::text WHERE (job_id, run_no) = (SELECT job_id, run_no FROM runs LIMIT 1)", "has the unknown_words"},
		"UnknownWordsNull":  {"UPDATE runs SET unknown_words = '{NULL}' WHERE (job_id, run_no) = (SELECT job_id, run_no FROM runs LIMIT 1)", "has the unknown_words"},
		"UnknownWordsShape": {"UPDATE runs SET unknown_words = '[0:0]={unknown_status:x}' WHERE (job_id, run_no) = (SELECT job_id, run_no FROM runs LIMIT 1)", "has the unknown_words"},
		"RunInserted":       {"INSERT INTO runs SELECT (jsonb_populate_record(NULL::runs, to_jsonb(r) || jsonb_build_object('run_no', r.run_no + 1000, 'run_id', 'x'))).* FROM (SELECT * FROM runs LIMIT 1) r", "is there, which the snapshots do not give"},
		"Item":              {"UPDATE result_items SET url = 'https://example.com/other' WHERE (job_id, run_no, item_no) = (SELECT job_id, run_no, item_no FROM result_items LIMIT 1)", "has the url"},
		"Day":               {"DELETE FROM polls WHERE (polled_at AT TIME ZONE 'UTC')::date = (SELECT (to_date(min(no)::text, 'YYYYMMDD') + 1) FROM journal WHERE kind = 'polls')", "the day of polls"},
		"Poll":              {"UPDATE polls SET outcome = 'unchanged', snapshot_no = 1 WHERE (job_id, polled_at) = (SELECT job_id, polled_at FROM polls WHERE outcome NOT IN ('changed', 'unchanged') AND polled_at < now() - interval '3 days' LIMIT 1)", "the day of polls"},
		"HashGrown":         {"ALTER TABLE snapshots DROP CONSTRAINT snapshots_sha256_check; UPDATE snapshots SET sha256 = sha256 || 'x' WHERE " + snapshot, "snapshot 3 is not what was sealed"},
		"Size":              {"UPDATE snapshots SET size = size + 1 WHERE " + snapshot, "snapshot 3: its size, or whether it is text"},
		"ShownAsNoText":     {"UPDATE snapshots SET body_is_text = false WHERE " + snapshot, "snapshot 3: its size, or whether it is text"},
		"ReadFromAnother":   {"UPDATE snapshots SET patches = patches - 1 WHERE " + snapshot, "it is no patch of the body before"},
		"SilentTarget":      {"UPDATE jobs SET target = jsonb_build_object('dataset_id', 'x') WHERE name = 'demo-outage'", "it was registered with another target: somebody has altered one of them"},
		"SilentSource":      {"UPDATE jobs SET source_id = (SELECT max(source_id) FROM sources WHERE source_id <> jobs.source_id) WHERE name = 'demo-outage'", "it was registered with another source: somebody has altered one of them"},
		"JobInserted":       {"INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at) SELECT source_id, 'made-up', target, labels, 'removed', registered_at FROM jobs WHERE name = 'demo-outage'", "no change tells that it was registered"},
		"SourceName":        {"UPDATE sources SET name = 'made-up' WHERE name = 'demo-woosmap-old'", "no change tells that source made-up was registered"},
		"SourceProvider":    {"UPDATE sources SET provider = 'safetykit' WHERE name = 'demo-woosmap-old'", "source demo-woosmap-old was registered with another provider"},
		"TargetInChange":    {"UPDATE changes SET after = jsonb_set(after, '{target,dataset_id}', '\"x\"') WHERE subject = 'job demo-outage' AND action = 'register'", "is not what was sealed"},
		"TimeInJournal":     {"UPDATE journal SET at = at + interval '1 s' WHERE entry_no = 7", "has another time in the journal than was sealed"},
		"NewestSeenLast":    {"UPDATE cursors SET confirmed_at = confirmed_at + interval '1 h' WHERE job_id = (SELECT min(job_id) FROM cursors WHERE snapshot_no > 0)", "is said to be seen last at"},
		"Verifier":          {"UPDATE checkpoints SET verifier = 'another+01020304+key' WHERE size = (SELECT min(size) FROM checkpoints)", "is said to be signed by another key"},
		"NewestCount":       {"UPDATE cursors SET confirmations = confirmations + 1 WHERE job_id = (SELECT min(job_id) FROM cursors WHERE snapshot_no > 0)", "is said to be seen by"},
		"Change":            {"UPDATE changes SET actor = 'bob' WHERE change_no = (SELECT min(change_no) FROM changes)", "is not what was sealed"},
		"Gap":               {"UPDATE gaps SET reason = 'paused' WHERE (job_id, gap_no) = (SELECT job_id, gap_no FROM gaps LIMIT 1)", "is not what was sealed"},
		"JournalEntry":      {"DELETE FROM journal WHERE entry_no = 7", "the journal has no entry 7"},
		"LeafHash":          {"UPDATE ledger_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 97 FOR 32) WHERE level = 0 AND tile_no = 0", "is not what was sealed"},
		"TileAbove":         {"UPDATE ledger_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 1 FOR 32) WHERE level = 1 AND tile_no = 0", "tile 0 of level 1 of the tree is not what those below give"},
		"GapInserted":       {"WITH last AS (SELECT * FROM gaps ORDER BY job_id, gap_no DESC LIMIT 1) INSERT INTO gaps SELECT (jsonb_populate_record(NULL::gaps, to_jsonb(g) || jsonb_build_object('gap_no', g.gap_no + 1))).* FROM last g", "gaps, and the journal"},
		"ChangeInserted":    {"INSERT INTO changes (changed_at, actor, action, subject) VALUES (now() + interval '1 day', 'bob', 'pause', 'source x')", "is not in the journal: somebody has inserted it"},
		"ActInserted":       {"INSERT INTO acts (done_at, kind, what, range_from, range_to, rows_changed, kept_for, actor) SELECT now() - interval '1 day', 'retention', 'polls', '-infinity', now(), 0, interval '1 day', 'bob'", "is not in the journal: somebody has inserted it"},
		"Tile":              {"DELETE FROM ledger_tiles WHERE level = 0 AND tile_no = 1", "the log has lost its hash"},
		"Checkpoint":        {"UPDATE checkpoints SET root = sha256('x') WHERE size = (SELECT min(size) FROM checkpoints)", "is not what its note says"},
		"Signature":         {"UPDATE checkpoints SET note = overlay(note PLACING 'AAAA' FROM length(note) - 20 FOR 4)", "not signed by this key"},
		"AllCutOff":         {"DELETE FROM checkpoints; DELETE FROM ledger_tiles", "the log has 0 entries, but a checkpoint of"},
		"CutOff":            {"DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints); DELETE FROM journal WHERE entry_no > (SELECT max(size) FROM checkpoints)", "the newest were cut off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copied := testdb.Copy(t, p.url)
			asSuperuser(t, copied, test.tamper)
			v := p.verify(t, copied)
			if v.Count == 0 || !strings.Contains(v.Wrong[0].What, test.want) {
				t.Fatalf("it finds %d wrong: %+v", v.Count, v.Wrong)
			}
			if first := v.Wrong[0]; first.At.IsZero() && first.EntryNo == 0 && first.Job != "" {
				t.Errorf("it tells no time: %+v", first)
			}
		})
	}
}

// newest names the newest snapshot of a job, and inserted inserts another beyond it.
const (
	newest   = "WITH newest AS (SELECT * FROM snapshots ORDER BY job_id, snapshot_no DESC LIMIT 1) "
	inserted = `INSERT INTO snapshots SELECT (jsonb_populate_record(NULL::snapshots, to_jsonb(s) || jsonb_build_object('snapshot_no', s.snapshot_no + 1,
		'polled_at', s.polled_at + interval '1 s', 'observed_at', s.observed_at + interval '1 s', 'not_before', s.polled_at))).* FROM newest s`
)

// findsALogWrittenAnew with the true key, by checkpoints that have left the machine, and
// with another key by the true one.
func findsALogWrittenAnew(t *testing.T, p past) {
	t.Helper()
	_, other, err := ledger.GenerateKey("audit.example.com/test")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		key  *ledger.Key
		want string
	}{
		"TrueKey":  {p.key, "is not the one whose checkpoint was published"},
		"OtherKey": {other, "not signed by this key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copied := testdb.Copy(t, p.url)
			asSuperuser(t, copied, "UPDATE changes SET actor = 'bob'; DELETE FROM checkpoints; DELETE FROM ledger_tiles")
			anew := past{key: test.key}
			s := testkit.OpenStore(t, copied)
			anew.seal(t, s)
			v := p.verify(t, copied)
			if !slices.ContainsFunc(v.Wrong, func(w audit.Wrong) bool { return strings.Contains(w.What, test.want) }) {
				t.Errorf("it finds %d wrong: %+v", v.Count, v.Wrong)
			}
			own, err := audit.Verify(t.Context(), audit.Verification{Store: s})
			if err != nil || own.Count != 0 || !own.OwnKeys {
				t.Errorf("by itself it gives %+v, %v", own, err)
			}
		})
	}
}

// namesADayClosedAgain: who takes polls of a day that is sealed, and has it closed once
// more, does not get that past unnamed, whether or not it is sealed again.
func namesADayClosedAgain(t *testing.T, p past) {
	t.Helper()
	copied := testdb.Copy(t, p.url)
	const day = "(SELECT min(no) + 1 FROM journal WHERE kind = 'polls')"
	asSuperuser(t, copied, "DELETE FROM polls WHERE (job_id, polled_at) = (SELECT job_id, polled_at FROM polls WHERE to_char(polled_at AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint = "+day+" LIMIT 1); INSERT INTO journal_notes (no, kind) SELECT "+day+", 'polls'")
	s := testkit.OpenStore(t, copied)
	if err := s.CompleteJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, sealed := range []bool{false, true} {
		if sealed {
			(&past{key: p.key}).seal(t, s)
		}
		v := p.verify(t, copied)
		if len(v.Again) != 1 || v.Again[0].EntryNo == 0 || v.Again[0].Last <= v.Again[0].EntryNo || (v.Again[0].Last <= v.Entries) != sealed || len(v.Again[0].Day) != len(time.DateOnly) {
			t.Errorf("sealed %t, it names %+v", sealed, v.Again)
		}
	}
}

// findsTheCheckpointsOfAnotherLog that has the same tree, though no key is given.
func findsTheCheckpointsOfAnotherLog(t *testing.T, p past) {
	t.Helper()
	other := slices.Clone(p.published)
	for i := range other {
		other[i].Origin = "audit.example.com/other"
	}
	v, err := audit.Verify(t.Context(), audit.Verification{Store: testkit.OpenStore(t, testdb.Copy(t, p.url)), Against: other})
	if err != nil || v.Count != len(other) || !strings.Contains(v.Wrong[0].What, `is of the log "audit.example.com/other", and this is the log "audit.example.com/test"`) {
		t.Errorf("it finds %d wrong: %+v, %v", v.Count, v.Wrong, err)
	}
}

// findsACheckpointThatWasMadeUp of a longer log: nothing was cut off, whoever says so.
func findsACheckpointThatWasMadeUp(t *testing.T, p past) {
	t.Helper()
	last := p.published[len(p.published)-1]
	longer := strings.Replace(last.Note, fmt.Sprintf("\n%d\n", last.Size), fmt.Sprintf("\n%d\n", last.Size+1000), 1)
	madeUp, err := ledger.ParseCheckpoint(longer)
	if err != nil {
		t.Fatal(err)
	}
	p.published = append(slices.Clone(p.published), madeUp)
	v := p.verify(t, testdb.Copy(t, p.url))
	if v.Count != 1 || !strings.Contains(v.Wrong[0].What, "that was published: not signed by this key") || v.Published != len(p.published) {
		t.Errorf("it finds %d wrong, held against %d: %+v", v.Count, v.Published, v.Wrong)
	}
}

func (p past) verify(t *testing.T, url string) audit.Verified {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return p.verifyIn(t, s)
}

func (p past) verifyIn(t *testing.T, s *store.Store) audit.Verified {
	t.Helper()
	verified, err := audit.Verify(t.Context(), audit.Verification{Store: s, Key: &p.key.Verifier, Against: p.published})
	if err != nil {
		t.Fatal(err)
	}
	return verified
}

// asSuperuser runs statements that no trigger and no foreign key stops.
func asSuperuser(t *testing.T, url, statements string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // nothing is lost
	db.SetMaxOpenConns(1)
	for statement := range strings.SplitSeq("SET session_replication_role = replica; "+statements, "; ") {
		result, err := db.ExecContext(context.WithoutCancel(t.Context()), statement)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if rows, _ := result.RowsAffected(); rows == 0 && !strings.HasPrefix(statement, "SET") && !strings.HasPrefix(statement, "ALTER") && !strings.HasPrefix(statement, "DO") {
			t.Fatalf("%s: changes nothing", statement)
		}
	}
}
