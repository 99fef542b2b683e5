package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tracker/db/migrations"
	"tracker/internal/testdb"
)

// The history is to be distributed by job_id without a rewrite, so all that is
// unique in it, or refers to anything, leads with job_id, and its numbers are
// counted within a job.
func TestMigrationsLetTheHistoryBeDistributed(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	const history = `WITH history AS (
		SELECT c.oid, c.oid::regclass::text AS name, a.attnum AS job_id FROM pg_class c
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'job_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT IN ('jobs', 'cursors') AND c.relname !~ '^journal'
	) `
	if tables := column[string](t, conn, history+"SELECT name FROM history"); len(tables) < 11 {
		t.Errorf("the history has only the tables %q", tables)
	}
	for what, query := range map[string]string{
		"constraint without job_id first": `SELECT k.conname FROM history h JOIN pg_constraint k ON k.conrelid = h.oid
			WHERE k.contype IN ('p', 'u', 'f', 'x') AND k.conkey[1] <> h.job_id`,
		"reference to other than job_id": `SELECT k.conname FROM history h JOIN pg_constraint k ON k.conrelid = h.oid
			JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = k.confkey[1] WHERE k.contype = 'f' AND a.attname <> 'job_id'`,
		"unique index without job_id first": `SELECT i.indexrelid::regclass::text FROM history h JOIN pg_index i ON i.indrelid = h.oid
			WHERE i.indisunique AND i.indkey[0] <> h.job_id`,
		"table without primary key": `SELECT name FROM history h
			WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = h.oid AND i.indisprimary)`,
		"column with a sequence": `SELECT h.name || '.' || a.attname FROM history h JOIN pg_attribute a ON a.attrelid = h.oid
			LEFT JOIN pg_attrdef d ON d.adrelid = h.oid AND d.adnum = a.attnum
			WHERE a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) ~ 'nextval'`,
		"reference from outside": `SELECT k.conname FROM history h JOIN pg_constraint k ON k.confrelid = h.oid
			WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM history)`,
	} {
		if found := column[string](t, conn, history+query); len(found) > 0 {
			t.Errorf("%s: %q", what, found)
		}
	}
}

// What a real Citus has refused of functions, and a catalog shows of them.
func TestMigrationsFunctionsCanBeDistributed(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	const ours = `SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		WHERE p.pronamespace IN ('public'::regnamespace, 'report'::regnamespace) AND `
	for what, query := range map[string]string{
		"a setting of which Citus does not tell workers": ours + `p.prosrc ~ 'set_config\(''tracker\.rewrite'''`,
		"EXISTS without a column":                        ours + `p.prosrc ~* 'EXISTS\s*\(\s*SELECT\s+FROM'`,
		"an SQL function with arguments that reads tables": ours + `l.lanname = 'sql' AND p.pronargs > 0
			AND p.prosqlbody IS NULL AND p.prosrc ~* '\m(FROM|JOIN)\s+(public|report)\.'`,
		"a generic plan of what runs in a distributed database": ours + `'plan_cache_mode=force_generic_plan' = ANY(p.proconfig)
			AND p.prosrc !~ 'pg_dist_node'`,
		// Each node has a copy of sources and jobs, and so their triggers.
		"a trigger that writes a table of one node alone": `SELECT p.oid::regprocedure || ' writes ' || n.name
			FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid,
				unnest(ARRAY['changes', 'budgets', 'cursors', 'replicas', 'hourly', 'daily', 'rollup', 'registry_lock']) n (name)
			WHERE t.tgrelid IN ('sources'::regclass, 'jobs'::regclass) AND NOT t.tgisinternal
				AND p.prosrc ~ ('\m(INSERT INTO|UPDATE|DELETE FROM) public\.' || n.name || '\M')
				AND p.prosrc !~ ('to_regclass\(''public\.' || n.name || '''\) IS (NOT )?NULL')`,
	} {
		if found := column[string](t, conn, query); len(found) > 0 {
			t.Errorf("%s: %q", what, found)
		}
	}
}

// Citus takes no part in a statement that reads and writes budgets and cursors alone,
// which stay on one node. It refuses some that read sources or jobs besides.
func TestMigrationsLetHotStatementsStayOnOneNode(t *testing.T) {
	t.Parallel()
	queries := readQueries(t)
	other := regexp.MustCompile(`\b(?:FROM|JOIN|UPDATE|INTO)\s+(?:report\.)?(?:sources|jobs|polls|snapshots|gaps|runs)\b`)
	for _, name := range []string{
		"CursorClaimDue", "CursorClaimJobs", "CursorAdvance", "CursorRelease", "CursorLockForGaps", "CursorListSeen", "CursorListUnseen",
		"BudgetTake", "BudgetTakeBy", "BudgetMoveOn", "BudgetHold", "BudgetLimit", "BudgetLetIn", "BudgetUnprobe", "ClockSetBackBudgets",
	} {
		sql, exists := queries[name]
		if !exists {
			t.Errorf("there is no query %s", name)
		}
		if found := other.FindString(sql); found != "" {
			t.Errorf("%s has %q", name, found)
		}
	}
}

// What a real Citus has refused of queries, and their text shows.
func TestMigrationsQueriesCanBeDistributed(t *testing.T) {
	t.Parallel()
	queries := readQueries(t)
	for what, pattern := range map[string]string{
		"EXISTS without a column":                         `EXISTS\s*\(\s*SELECT\s+FROM`,
		"an upsert that sets what a function gives":       `(?s)DO UPDATE SET.*\b(?:now|clock_timestamp|random|gen_random_uuid)\(`,
		"an UPDATE that calls a volatile function":        `(?s)UPDATE\b.*\b(?:clock_timestamp|random|gen_random_uuid)\(`,
		"a setting of which Citus does not tell workers":  `set_config\('tracker\.rewrite'`,
		"rows of the history looked up beside an array":   `(?s)\bunnest\([^;]*\) w\s+CROSS JOIN LATERAL`,
		"rows of the history looked up beside cursors":    `(?s)\(SELECT [^;]*?\bFROM (?:report\.)?(?:polls|snapshots|runs|gaps) \w+ WHERE \w+\.job_id = c\.job_id`,
		"a gap's number beside rows that are yet to come": `\(SELECT max\(g\.gap_no\) FROM gaps g WHERE g\.job_id = \w+\.job_id`,
	} {
		refused := regexp.MustCompile(pattern)
		for name, sql := range queries {
			if refused.MatchString(sql) {
				t.Errorf("%s has %s", name, what)
			}
		}
	}
}

// readQueries gives the text of each query of db/queries, by its name.
func readQueries(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../db/queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no queries are found: %v", err)
	}
	queries := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, query := range strings.Split(string(content), "-- name: ")[1:] {
			name, sql, _ := strings.Cut(query, " ")
			queries[name] = comment.ReplaceAllString(sql, "")
		}
	}
	return queries
}

var (
	comment    = regexp.MustCompile(`--.*`)
	constraint = regexp.MustCompile(`\b(PRIMARY KEY|UNIQUE \(|FOREIGN KEY|REFERENCES|EXCLUDE|CHECK \()`)
)

// Citus cannot add foreign keys without a name to partitioned tables, and the
// code tells errors apart by the constraint's name.
func TestMigrationsNameAllConstraints(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := fs.ReadFile(migrations.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			line = comment.ReplaceAllString(line, "")
			if constraint.MatchString(line) && !strings.Contains(line, "CONSTRAINT ") {
				t.Errorf("%s: a constraint without a name: %s", file, line)
			}
		}
	}
}
