package audit_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tracker/internal/testdb"
	"tracker/internal/testkit"
)

// unchecked reads which columns of which tables docs/audit.md names as not checked; none
// named: all of the table.
func unchecked(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## What is stored, and not checked\n")
	if !found {
		t.Fatal("docs/audit.md does not tell what is not checked")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	named := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\| ([^|]+) \\|").FindAllStringSubmatch(section, -1) {
		for _, table := range inCode(row[1]) {
			named[table] = append(named[table], inCode(row[2])...)
		}
	}
	return named
}

func inCode(text string) (words []string) {
	for _, word := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		words = append(words, word[1])
	}
	return words
}

// alteration gives a column of a type another value.
var alteration = map[string]string{
	"text":                     "coalesce(%s, '') || 'x'",
	"timestamp with time zone": "coalesce(%s, '2001-01-01') - interval '1 s'",
	"bigint":                   "coalesce(%s, 0) + 100000",
	"integer":                  "coalesce(%s, 0) + 100000",
	"smallint":                 "coalesce(%s, 0) + 1",
	"boolean":                  "NOT coalesce(%s, false)",
	"bytea":                    `coalesce(%s, '') || '\x00'`,
	"jsonb":                    `jsonb_build_object('was', %s)`,
	"text[]":                   "coalesce(%s, '{}') || 'x'::text",
	"interval":                 "coalesce(%s, '0') + interval '1 s'",
}

// findsEachColumn alters each column of each table, and finds that, or docs/audit.md names
// the column.
func findsEachColumn(t *testing.T, p past) {
	t.Helper()
	named := unchecked(t)
	bare := testdb.Copy(t, p.url)
	asSuperuser(t, bare, `DO $$ DECLARE c record;
		BEGIN
		FOR c IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
			WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace AND coninhcount = 0 LOOP
			EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.of, c.conname);
			END LOOP;
		FOR c IN SELECT attrelid::regclass AS of, attname FROM pg_attribute JOIN pg_class r ON r.oid = attrelid
			WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attidentity <> '' LOOP
			EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP IDENTITY', c.of, c.attname);
			END LOOP;
		FOR c IN SELECT attrelid::regclass AS of, attname FROM pg_attribute JOIN pg_class r ON r.oid = attrelid
			WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND attnotnull
				AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = attrelid AND attnum = ANY(i.indkey)) LOOP
			EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', c.of, c.attname);
			END LOOP;
		END $$`)
	db, err := sql.Open("pgx", bare)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), `SELECT relname::text, attname::text, format_type(atttypid, NULL) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
		WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]map[string]string{}
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			t.Fatal(err)
		}
		if types[table] == nil {
			types[table] = map[string]string{}
		}
		types[table][column] = kind
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil { // so that it can be copied
		t.Fatal(err)
	}
	for table, columns := range named {
		for _, column := range columns {
			if types[table][column] == "" {
				t.Errorf("docs/audit.md names %s.%s, which is not there", table, column)
			}
		}
	}
	for _, table := range slices.Sorted(maps.Keys(types)) {
		columns := maps.Clone(types[table])
		maps.DeleteFunc(columns, func(column, _ string) bool { return slices.Contains(named[table], column) })
		if of, isNamed := named[table]; len(columns) > 0 && (!isNamed || len(of) > 0) {
			t.Run(table, func(t *testing.T) { t.Parallel(); findsColumnsOf(t, p, testdb.Copy(t, bare), table, columns) })
		}
	}
}

// isChecked is which rows of a table are checked whole: of the cursor of a job that nobody
// polls, or that no poll has seen, less is.
var isChecked = map[string]string{"cursors": "tracking = 'active' AND snapshot_no > 0"}

// findsColumnsOf alters a row of a table, one column after the other, of which each is put
// back before the next: what is found is found by that column.
func findsColumnsOf(t *testing.T, p past, url, table string, types map[string]string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()      //nolint:errcheck // nothing is lost
	db.SetMaxOpenConns(1) // of which the setting is
	if _, err := db.ExecContext(t.Context(), "SET session_replication_role = replica"); err != nil {
		t.Fatal(err)
	}
	s := testkit.OpenStore(t, url)
	var part, row string // where the row is, which each change moves
	first := "SELECT tableoid::text, ctid::text FROM " + table + " WHERE " + cmp.Or(isChecked[table], "true") + " ORDER BY tableoid, ctid LIMIT 1"
	if err := db.QueryRowContext(t.Context(), first).Scan(&part, &row); err != nil {
		t.Fatal(err)
	}
	set := func(column, value string, args ...any) {
		t.Helper()
		statement := fmt.Sprintf("UPDATE %s SET %s = %s WHERE tableoid = $1::oid AND ctid = $2::tid RETURNING tableoid::text, ctid::text", table, column, value)
		if err := db.QueryRowContext(t.Context(), statement, append([]any{part, row}, args...)...).Scan(&part, &row); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, column := range slices.Sorted(maps.Keys(types)) {
		var was sql.NullString
		if err := db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %s::text FROM %s WHERE tableoid = $1::oid AND ctid = $2::tid", column, table), part, row).Scan(&was); err != nil {
			t.Fatal(err)
		}
		set(column, fmt.Sprintf(alteration[types[column]], column))
		if v := p.verifyIn(t, s); v.Count == 0 {
			t.Errorf("nobody finds that %s was altered, and docs/audit.md does not name it", column)
		}
		set(column, "$3::text::"+types[column], was)
	}
	if v := p.verifyIn(t, s); v.Count != 0 {
		t.Errorf("all put back, it finds %+v", v.Wrong)
	}
}
