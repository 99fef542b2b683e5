package store_test

import (
	"io/fs"
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
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname NOT IN ('jobs', 'cursors')
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
