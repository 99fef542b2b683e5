package store_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"tracker/internal/testdb"
	"tracker/internal/words"
)

var update = flag.Bool("update", false, "rewrite the generated part of docs/sql.md")

const docsSQL = "../../docs/sql.md"

// question is a section of docs/sql.md with the query that answers it.
type question struct{ name, title, sql string }

var (
	questionHead = regexp.MustCompile(`(?m)^### ([a-z-]+): (.+\?)$`)
	sqlBlock     = regexp.MustCompile("(?s)```sql\n(.*?)\n```\n")
)

// questions reads docs/sql.md: each of its sql blocks stands alone in a section.
func questions(t *testing.T) []question {
	t.Helper()
	text := readDocs(t)
	heads := questionHead.FindAllStringSubmatchIndex(text, -1)
	var asked []question
	for i, head := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		q := question{name: text[head[2]:head[3]], title: text[head[4]:head[5]]}
		blocks := sqlBlock.FindAllStringSubmatch(text[head[1]:end], -1)
		if len(blocks) != 1 {
			t.Fatalf("%s has %d sql blocks", q.name, len(blocks))
		}
		q.sql = blocks[0][1]
		asked = append(asked, q)
	}
	if blocks := strings.Count(text, "```sql"); blocks != len(asked) {
		t.Errorf("%d sql blocks for %d questions", blocks, len(asked))
	}
	return asked
}

func readDocs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(docsSQL)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDocsSQLAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reader := loginAs(t, w.owner, w.url, "tracker_reader")
	mustExec(t, reader, "SET TimeZone = 'Asia/Tokyo'") // the answers are the same everywhere
	asked := questions(t)
	for _, q := range words.Questions() {
		asked = append(asked, question{q.Name, q.Asks, "SELECT * FROM report." + q.Function() + "()"})
	}
	for _, q := range asked {
		columns, rows := query(t, reader, q.sql)
		w.check(t, q.name, columns, rows)
	}
	files, err := filepath.Glob("testdata/answers/*.txt")
	if err != nil || len(files) != len(asked) {
		t.Errorf("%d files of answers for %d questions, %v", len(files), len(asked), err)
	}
}

func TestDocsSQLIsCurrent(t *testing.T) {
	t.Parallel()
	conn := dial(t, testdb.New(t))
	text := readDocs(t)
	want := withPart(t, text, "questions", describeQuestions())
	want = withPart(t, want, "views and functions", describeViews(t, conn)+describeFunctions(t, conn))
	if *update {
		if err := os.WriteFile(docsSQL, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want == text {
		return
	}
	have, wanted := strings.Split(text, "\n"), strings.Split(want, "\n")
	for i := range min(len(have), len(wanted)) {
		if have[i] != wanted[i] {
			t.Fatalf("%s:%d is not what the comments say (run  make docs):\nhave %s\nwant %s", docsSQL, i+1, have[i], wanted[i])
		}
	}
	t.Fatalf("%s has %d lines, not %d (run  make docs)", docsSQL, len(have), len(wanted))
}

// withPart replaces the part of a text between two marks with its name.
func withPart(t *testing.T, text, name, part string) string {
	t.Helper()
	begin, end := fmt.Sprintf("<!-- generated: %s -->\n", name), fmt.Sprintf("<!-- /generated: %s -->\n", name)
	before, rest, ok := strings.Cut(text, begin)
	_, after, okToo := strings.Cut(rest, end)
	if !ok || !okToo {
		t.Fatalf("%s has no %q and %q", docsSQL, begin, end)
	}
	return before + begin + part + end + after
}

// describeQuestions lists the questions with how they are asked.
func describeQuestions() string {
	var b strings.Builder
	b.WriteString("\n| question | as SQL | as a command | looks back |\n|---|---|---|---|\n")
	for _, q := range words.Questions() {
		back := "now"
		if q.Since > 0 {
			back = fmt.Sprintf("%d days", q.Since/words.Day)
		}
		fmt.Fprintf(&b, "| %s | `SELECT * FROM report.%s();` | `tracker report %s` | %s |\n", q.Asks, q.Function(), q.Name, back)
	}
	b.WriteString("\n")
	return b.String()
}

// describeViews tells of each view what its comments say.
func describeViews(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	var b strings.Builder
	_, views := query(t, conn, `SELECT relname::text, obj_description(oid, 'pg_class') FROM pg_class
		WHERE relnamespace = 'report'::regnamespace AND relkind IN ('v', 'm') ORDER BY relname`)
	for _, view := range views {
		fmt.Fprintf(&b, "\n### report.%s\n\n%s\n\n| column | type | meaning |\n|---|---|---|\n", view[0], view[1])
		_, columns := query(t, conn, fmt.Sprintf(`SELECT attname::text, replace(format_type(atttypid, NULL), 'timestamp with time zone', 'timestamptz'),
			col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'report.%s'::regclass AND attnum > 0 ORDER BY attnum`, view[0]))
		for _, column := range columns {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", column[0], column[1], strings.ReplaceAll(column[2].(string), "|", `\|`))
		}
	}
	return b.String()
}

// describeFunctions tells of each function what its comment says, and its columns.
func describeFunctions(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	var b strings.Builder
	_, functions := query(t, conn, `SELECT proname::text,
			regexp_replace(replace(pg_get_function_arguments(oid), 'timestamp with time zone', 'timestamptz'), '::[a-z]+(\[\])?', '', 'g'),
			obj_description(oid, 'pg_proc'), replace(pg_get_function_result(oid), 'timestamp with time zone', 'timestamptz')
		FROM pg_proc WHERE pronamespace = 'report'::regnamespace ORDER BY proname`)
	for _, f := range functions {
		fmt.Fprintf(&b, "\n### report.%s(%s)\n\n%s\n", f[0], f[1], f[2])
		columns, table := strings.CutPrefix(f[3].(string), "TABLE(")
		if !table {
			fmt.Fprintf(&b, "\nIt gives one value of type %s.\n", columns)
			continue
		}
		fmt.Fprint(&b, "\n| column | type |\n|---|---|\n")
		for column := range strings.SplitSeq(strings.TrimSuffix(columns, ")"), ", ") {
			name, kind, _ := strings.Cut(column, " ")
			fmt.Fprintf(&b, "| `%s` | %s |\n", name, kind)
		}
	}
	return b.String()
}
