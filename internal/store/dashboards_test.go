package store_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"tracker/deploy/grafana"
	"tracker/internal/dashboards"
)

// viewer looks at the dashboards as a browser does, over a login that may read
// reports only.
type viewer struct {
	conn    *pgx.Conn
	owner   *pgx.Conn
	now     time.Time
	queries []dashboards.Query
}

func newViewer(t *testing.T) *viewer {
	t.Helper()
	w := newWorld(t, "testdata/dashboards.sql")
	queries, err := dashboards.Load(grafana.FS)
	if err != nil {
		t.Fatal(err)
	}
	reader := loginAs(t, w.owner, w.url, "tracker_reader")
	mustExec(t, reader, "SET TimeZone = 'Asia/Tokyo'") // the answers are the same everywhere
	return &viewer{conn: reader, owner: w.owner, now: w.now, queries: queries}
}

// The ways to choose values of a variable that can have several.
const (
	chooseEach    = "each alone"
	chooseSeveral = "several"
	chooseAll     = "all"
)

func TestDashboardsShowData(t *testing.T) {
	t.Parallel()
	v := newViewer(t)
	for _, length := range []time.Duration{time.Hour, 24 * time.Hour, 30 * 24 * time.Hour} {
		window := dashboards.Window{From: v.now.Add(-length), To: v.now, Interval: length / 1000}
		for _, choice := range []string{chooseEach, chooseSeveral, chooseAll} {
			for _, dumb := range v.emptyQueries(t, window, choice) {
				t.Errorf("%s: nothing is shown within %s with %s", dumb, length, choice)
			}
		}
	}
}

// emptyQueries runs all queries, and returns those that show nothing. The variables of a
// dashboard come before what uses them.
func (v *viewer) emptyQueries(t *testing.T, window dashboards.Window, choice string) (dumb []string) {
	t.Helper()
	chosen := map[string]map[string][]string{}
	for _, q := range v.queries {
		if chosen[q.Dashboard] == nil {
			chosen[q.Dashboard] = fixedValues(q)
		}
		values, shown, way := chosen[q.Dashboard], false, choice
		if q.Kind == dashboards.KindVariable {
			way = chooseAll // of what it depends on, so that there are options
		}
		for _, one := range alternatives(q, values, way) {
			result := v.ask(t, q, window, one)
			if q.Kind == dashboards.KindVariable {
				chooseOption(t, q, result, values, choice)
			}
			shown = shown || says(result)
		}
		if !shown {
			dumb = append(dumb, q.Where)
		}
	}
	return dumb
}

// fixedValues gives the values of the variables that no query gives.
func fixedValues(q dashboards.Query) map[string][]string {
	values := map[string][]string{}
	for _, variable := range q.Variables {
		if variable.Type != "query" {
			values[variable.Name] = variable.Default
		}
	}
	return values
}

// chooseOption takes the options of a variable, of which each is told once. A
// second column is how it is shown.
func chooseOption(t *testing.T, q dashboards.Query, result *pgconn.Result, values map[string][]string, choice string) {
	t.Helper()
	at := slices.IndexFunc(q.Variables, func(v dashboards.Variable) bool { return v.Name == q.VariableFor })
	var options, columns []string
	for _, column := range result.FieldDescriptions {
		columns = append(columns, column.Name)
	}
	for _, row := range result.Rows {
		options = append(options, string(row[0]))
	}
	if (len(columns) != 1 && !slices.Equal(columns, []string{"__value", "__text"})) || len(options) == 0 || len(slices.Compact(slices.Sorted(slices.Values(options)))) != len(options) {
		t.Errorf("%s gives columns %q, of options %q", q.Where, columns, options)
		return
	}
	q.Variables[at].Options = options
	values[q.VariableFor] = options[:1]
	for _, telling := range []string{"fresh", `{"team": "geo"}`} { // the job, and the label, of which there is all to show
		if choice != chooseAll && slices.Contains(options, telling) {
			values[q.VariableFor] = []string{telling}
		}
	}
	if q.VariableFor == "job" {
		values[q.VariableFor] = []string{"fresh"}
	}
}

// alternatives gives the values to ask a query with: where each value is to be
// chosen alone there are as many as the query's variables have options, the
// others being all.
func alternatives(q dashboards.Query, values map[string][]string, choice string) []map[string][]string {
	common := maps.Clone(values)
	var alone []map[string][]string
	for _, v := range q.Variables {
		if !v.Multi || q.VariableFor == v.Name {
			continue
		}
		common[v.Name] = []string{dashboards.All}
		if choice == chooseSeveral {
			common[v.Name] = append([]string{"o'hara"}, v.Options...)
		}
	}
	for _, v := range q.Variables {
		if choice != chooseEach || !v.Multi || q.VariableFor == v.Name || !strings.Contains(q.SQL, "$"+v.Name) {
			continue
		}
		for _, option := range v.Options {
			one := maps.Clone(common)
			one[v.Name] = []string{option}
			alone = append(alone, one)
		}
	}
	if len(alone) == 0 {
		return []map[string][]string{common}
	}
	return alone
}

// ask sends what Grafana would, the way it does: as one text, without parameters.
func (v *viewer) ask(t *testing.T, q dashboards.Query, window dashboards.Window, values map[string][]string) *pgconn.Result {
	t.Helper()
	if q.Kind == dashboards.KindAlert {
		window.From = window.To.Add(-q.Lookback)
	}
	sql, err := q.Expand(window, values)
	if err != nil {
		t.Fatal(err)
	}
	results, err := v.conn.PgConn().Exec(t.Context(), sql).ReadAll()
	if err != nil || len(results) != 1 {
		t.Fatalf("%s: %v, %d results\n%s", q.Where, err, len(results), sql)
	}
	if len(results[0].Rows) == 0 {
		return results[0] // which then has no columns, either
	}
	checkColumns(t, q, results[0])
	if q.Format == "time_series" {
		checkSeries(t, q, results[0])
	}
	return results[0]
}

// says reports whether a result has anything but nulls and zeros.
func says(result *pgconn.Result) bool {
	for _, row := range result.Rows {
		for _, cell := range row {
			if cell != nil && string(cell) != "0" {
				return true
			}
		}
	}
	return false
}

func checkColumns(t *testing.T, q dashboards.Query, result *pgconn.Result) {
	t.Helper()
	var names []string
	for _, column := range result.FieldDescriptions {
		names = append(names, column.Name)
		switch column.DataTypeOID {
		case pgtype.IntervalOID, pgtype.ByteaOID, pgtype.JSONBOID, pgtype.TextArrayOID:
			t.Errorf("%s: column %s is of a type that Grafana shows badly", q.Where, column.Name)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("%s: columns %q", q.Where, names)
	}
	for _, field := range q.Fields {
		if !slices.Contains(names, field) {
			t.Errorf("%s: the panel counts on a column %s, there are %q", q.Where, field, names)
		}
	}
	if want := []string{"time", "timeend", "text", "tags"}; q.Kind == dashboards.KindAnnotation && !slices.Equal(names, want) {
		t.Errorf("%s: columns %q, not %q", q.Where, names, want)
	}
}

// checkSeries checks that rows can be made series of: they begin with a time,
// in whose order they are, and no two stand for the same point.
func checkSeries(t *testing.T, q dashboards.Query, result *pgconn.Result) {
	t.Helper()
	columns := result.FieldDescriptions
	for _, column := range columns {
		if q.Decides && isText(column) && column.Name != "job" && column.Name != "source" {
			t.Errorf("%s: %s is a label, each change of which is another alert", q.Where, column.Name)
		}
	}
	if numbers := slices.DeleteFunc(slices.Clone(columns[1:]), isText); columns[0].Name != "time" || len(numbers) != 1 {
		t.Errorf("%s: the first column is %s, then there are %d of numbers", q.Where, columns[0].Name, len(numbers))
	}
	seen, last := map[string]bool{}, ""
	for _, row := range result.Rows {
		if row[0] == nil || string(row[0]) < last {
			t.Errorf("%s: %q comes after %q", q.Where, row[0], last)
		}
		last = string(row[0])
		var point []string
		for i, column := range columns {
			if i == 0 || isText(column) {
				point = append(point, string(row[i]))
			}
		}
		if seen[strings.Join(point, "|")] {
			t.Errorf("%s: %q is there twice", q.Where, point)
		}
		seen[strings.Join(point, "|")] = true
	}
}

func isText(column pgconn.FieldDescription) bool { return column.DataTypeOID == pgtype.TextOID }
