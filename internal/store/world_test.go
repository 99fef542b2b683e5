package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"tracker/internal/store"
	"tracker/internal/testdb"
)

// world is the small made data set of testdata/world.sql, rolled up. What is
// asked of it gives the rows of testdata/answers, which are written by hand; more
// files add to it.
// Their times are days before today and a time of day, "D-3 09:01:12".
type world struct {
	url   string
	owner *pgx.Conn
	store *store.Store
	now   time.Time
	today time.Time
}

func newWorld(t *testing.T, more ...string) *world {
	t.Helper()
	w := &world{url: testdb.New(t)}
	w.owner, w.store = dial(t, w.url), openStore(t, w.url)
	for _, file := range append([]string{"testdata/world.sql"}, more...) {
		sql, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mustExec(t, w.owner, string(sql))
	}
	var err error
	if w.now, err = w.store.Now(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.today = w.now.Truncate(24 * time.Hour)
	if err := w.store.RollUp(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	return w
}

// check compares an answer with the rows that are written by hand.
func (w *world) check(t *testing.T, name string, columns []string, rows [][]any) {
	t.Helper()
	golden, err := os.ReadFile(filepath.Join("testdata", "answers", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n")
	w.equal(t, name, columns, rows, want)
}

// equal compares an answer with rows whose cells have a bar between them.
func (w *world) equal(t *testing.T, name string, columns []string, rows [][]any, want []string) {
	t.Helper()
	got := []string{strings.Join(columns, "|")}
	for _, row := range rows {
		var wanted []string
		if len(got) < len(want) {
			wanted = strings.Split(want[len(got)], "|")
		}
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = w.text(value)
			if i < len(wanted) && w.isAbout(value, wanted[i]) {
				cells[i] = wanted[i]
			}
		}
		got = append(got, strings.Join(cells, "|"))
	}
	if now, err := w.store.Now(t.Context()); err == nil && !now.Truncate(24*time.Hour).Equal(w.today) {
		t.Skip("a day has begun meanwhile")
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s gives\n\t%s\nnot\n\t%s", name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// text shows a value as it is written in the files of answers.
func (w *world) text(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case time.Time:
		day := v.UTC().Truncate(24 * time.Hour)
		text := fmt.Sprintf("D%d", int(day.Sub(w.today)/(24*time.Hour)))
		if v.Location() == dateOnly {
			return text
		}
		return text + v.UTC().Format(" 15:04:05.999999")
	case pgtype.Interval:
		return store.DurationOf(v).String()
	case store.Interval:
		return time.Duration(v).String()
	case pgtype.Numeric:
		decimal, _ := v.Value()
		return fmt.Sprint(decimal)
	default:
		return fmt.Sprint(v)
	}
}

// isAbout reports whether a value that moves with the clock is what was wanted
// to a minute: "~6h" is a duration, or so long ago; "~D-1 09:00:00" is the
// duration since then.
func (w *world) isAbout(value any, wanted string) bool {
	wanted, moves := strings.CutPrefix(wanted, "~")
	if !moves {
		return false
	}
	length, err := time.ParseDuration(wanted)
	if err != nil {
		var days int
		var clock string
		if _, err := fmt.Sscanf(wanted, "D-%d %s", &days, &clock); err != nil {
			return false
		}
		at, err := time.Parse(time.TimeOnly, clock)
		if err != nil {
			return false
		}
		midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
		length = w.now.Sub(w.today.AddDate(0, 0, -days).Add(at.Sub(midnight)))
	}
	var got time.Duration
	switch v := value.(type) {
	case time.Time:
		got = w.now.Sub(v)
	case pgtype.Interval:
		got = store.DurationOf(v)
	case store.Interval:
		got = time.Duration(v)
	}
	return (got - length).Abs() < time.Minute
}

// dateOnly marks times that stand for a day.
var dateOnly = time.FixedZone("a day", 0)

// query runs a query and gives its columns and rows.
func query(t *testing.T, conn *pgx.Conn, sql string) (columns []string, values [][]any) {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	fields := rows.FieldDescriptions()
	for _, field := range fields {
		columns = append(columns, field.Name)
	}
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		for i, field := range fields {
			if day, ok := row[i].(time.Time); ok && field.DataTypeOID == pgtype.DateOID {
				row[i] = day.In(dateOnly)
			}
		}
		values = append(values, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return columns, values
}
