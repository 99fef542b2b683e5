package dashboards_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tracker/internal/dashboards"
)

var (
	window = dashboards.Window{
		From:     time.Date(2026, 11, 20, 12, 0, 0, 500_000_000, time.FixedZone("", 3600)),
		To:       time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC),
		Interval: 90 * time.Second,
	}
	variables = []dashboards.Variable{
		{Name: "source", Type: "query", Multi: true, IncludeAll: true, Options: []string{"geo", "shop"}},
		{Name: "kind", Type: "custom", Multi: true, IncludeAll: true, AllValue: "kind"},
		{Name: "job", Type: "query"},
		{Name: "as_of", Type: "textbox"},
		{Name: "as_long", Type: "custom"},
		{Name: "unset", Type: "query"},
		{Name: "none", Type: "query", Multi: true, IncludeAll: true},
	}
	values = map[string][]string{"source": {"geo", "it's"}, "kind": {"one"}, "job": {"it's"}, "as_of": {`say "now"`}, "as_long": {"2m"}, "none": {dashboards.All}}
)

func TestExpand(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ sql, want string }{
		"several values are quoted":          {`source IN ($source)`, `source IN ('geo','it''s')`},
		"one of several is quoted, too":      {`kind IN (${kind})`, `kind IN ('one')`},
		"the only one is not":                {`job = '$job'`, `job = 'it''s'`},
		"brackets name a variable":           {`job = '[[job]]', [[source:csv]]`, `job = 'it''s', geo,it's`},
		"raw is raw":                         {`${job:raw} ${source:raw}`, `it's geo,it's`},
		"csv":                                {`${source:csv}`, `geo,it's`},
		"pipe":                               {`${source:pipe}`, `geo|it's`},
		"singlequote is not for SQL":         {`${source:singlequote}`, `'geo','it\'s'`},
		"doublequote":                        {`${as_of:doublequote}`, `"say \"now\""`},
		"sqlstring spoils double quotes":     {`${job:sqlstring} ${as_of:sqlstring}`, `'it''s' 'say \"now\"'`},
		"a longer name is another":           {`$jobs ${jobs} [[jobs]]`, `$jobs ${jobs} [[jobs]]`},
		"an array's subscripts stay":         {`(array[1])[1], a[[1]]`, `(array[1])[1], a[[1]]`},
		"ends of the window":                 {`$__from ${__to} ${__to:date:seconds}`, `1795172400500 1795258800000 1795258800`},
		"ends of the window as text":         {`'${__from:date:iso}' '${__to:date}'`, `'2026-11-20T11:00:00.500Z' '2026-11-21T11:00:00.000Z'`},
		"interval":                           {`'$__interval' $__interval_ms`, `'1m' 90000`},
		"time":                               {`SELECT $__time(at)`, `SELECT at AS "time"`},
		"timeEpoch":                          {`SELECT $__timeEpoch(at)`, `SELECT extract(epoch from at) as "time"`},
		"timeFilter":                         {`$__timeFilter(r.at)`, `r.at BETWEEN '2026-11-20T11:00:00.5Z' AND '2026-11-21T11:00:00Z'`},
		"arguments end at the first bracket": {`$__timeFilter(lower(at))`, `lower(at BETWEEN '2026-11-20T11:00:00.5Z' AND '2026-11-21T11:00:00Z')`},
		"timeFrom and timeTo":                {`$__timeFrom()::timestamptz, $__timeTo()`, `'2026-11-20T11:00:00.5Z'::timestamptz, '2026-11-21T11:00:00Z'`},
		"timeGroup":                          {`$__timeGroup(at, '5m') AS "time"`, `floor(extract(epoch from at)/300)*300 AS "time"`},
		"timeGroup before a comma names":     {`$__timeGroup(at,1h), n`, `floor(extract(epoch from at)/3600)*3600 AS "time", n`},
		"timeGroup in GROUP BY does not":     {`GROUP BY $__timeGroup(at,1h) LIMIT 1`, `GROUP BY floor(extract(epoch from at)/3600)*3600 LIMIT 1`},
		"timeGroupAlias":                     {`$__timeGroupAlias(at,1d,0), n`, `floor(extract(epoch from at)/86400)*86400 AS "time", n`},
		"timeGroupAlias by the interval":     {`$__timeGroupAlias(at,$__interval,NULL)`, `floor(extract(epoch from at)/60)*60 AS "time"`},
		"an interval below a second":         {`$__timeGroup(at,500ms)`, `floor(extract(epoch from at)/0.5)*0.5`},
		"unixEpochFilter":                    {`$__unixEpochFilter(at)`, `at >= 1795172400 AND at <= 1795258800`},
		"unixEpochFrom and unixEpochTo":      {`$__unixEpochFrom() $__unixEpochTo()`, `1795172400 1795258800`},
		"unixEpochGroupAlias":                {`$__unixEpochGroupAlias(at,1m)`, `floor((at)/60)*60 AS "time"`},
		"nanoseconds":                        {`$__unixEpochNanoFilter(at)`, `at >= 1795172400500000000 AND at <= 1795258800000000000`},
		"a variable within a call":           {`$__timeGroup(at,${as_long:raw})`, `floor(extract(epoch from at)/120)*120`},
	} {
		got, err := dashboards.Query{SQL: test.sql, Variables: variables}.Expand(window, values)
		if err != nil || got != test.want {
			t.Errorf("%s: %s gives\n\t%s, %v\nnot\n\t%s", name, test.sql, got, err, test.want)
		}
	}
}

func TestExpandTakesAllForAllOptionsOrForItsOwnText(t *testing.T) {
	t.Parallel()
	all := map[string][]string{"source": {dashboards.All}, "kind": {dashboards.All}}
	got, err := dashboards.Query{SQL: "source IN ($source) AND kind IN ($kind)", Variables: variables}.Expand(window, all)
	if want := "source IN ('geo','shop') AND kind IN (kind)"; err != nil || got != want {
		t.Errorf("%s, %v, not %s", got, err, want)
	}
}

func TestExpandKeepsToThePanelsLeastInterval(t *testing.T) {
	t.Parallel()
	for least, want := range map[time.Duration]string{time.Minute: "1m", time.Hour: "1h"} {
		got, err := dashboards.Query{SQL: "$__interval", Interval: least}.Expand(window, nil)
		if err != nil || got != want {
			t.Errorf("%s gives %s, %v", least, got, err)
		}
	}
}

func TestExpandLeavesVariablesOfAlertsAlone(t *testing.T) {
	t.Parallel()
	q := dashboards.Query{Kind: dashboards.KindAlert, SQL: "job = '$job' AND $__timeFilter(at) AND every($__interval_ms)", Variables: variables}
	got, err := q.Expand(window, values)
	if want := "job = '$job' AND at BETWEEN '2026-11-20T11:00:00.5Z' AND '2026-11-21T11:00:00Z' AND every(90000)"; err != nil || got != want {
		t.Errorf("%s, %v, not %s", got, err, want)
	}
}

func TestExpandRefuses(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"$__timeFilters(at)":            "no macro $__timeFilters",
		"$job(at)":                      "no macro",
		"$__timeGroup(at)":              "needs a column and an interval",
		"$__timeGroup(at, 5 minutes)":   `"5 minutes" is no interval`,
		"$__timeGroup(at, -2d)":         `"-2d" is no interval`,
		"$__timeGroupAlias(at,1m,zero)": `cannot fill with "zero"`,
		"${job:lucene}":                 `format "lucene" is not known`,
		"${__from:YYYY}":                `format "YYYY" is not known`,
		"${job.text}":                   "fields of values are not known",
		"'$unset'":                      "no value is given",
	} {
		got, err := dashboards.Query{Where: "Imports / Failed A", SQL: sql, Variables: variables}.Expand(window, values)
		if sql == "$job(at)" {
			got, err = dashboards.Query{Where: "Imports / Failed A", SQL: sql}.Expand(window, nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "Imports / Failed A: ") {
			t.Errorf("%s gives %q and the error %v, not %q", sql, got, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	queries, err := dashboards.Load(fstest.MapFS{
		"dashboards/some.json": {Data: []byte(`{"uid": "some", "title": "Some",
			"annotations": {"list": [{"name": "Built in"}, {"name": "Gaps", "target": {"format": "table", "rawSql": "SELECT 3"}}]},
			"templating": {"list": [
				{"name": "source", "type": "query", "multi": true, "query": {"rawSql": "SELECT 1"}, "current": {"value": ["$__all"]}},
				{"name": "job", "type": "query", "query": "SELECT 2"},
				{"name": "limit", "type": "custom", "query": "10, 20", "current": {"value": "20"}}]},
			"panels": [{"title": "Row", "panels": [{"title": "Inner", "targets": [{"refId": "A", "format": "table", "rawSql": "SELECT 4"}]}]},
				{"title": "Outer", "interval": "1h",
					"fieldConfig": {"defaults": {"links": [{"url": "/d/run?var-run=${__data.fields.run}&from=${__data.fields.from_ms}"}]},
						"overrides": [{"matcher": {"id": "byName", "options": "failed"}, "properties": []}]},
					"targets": [{"refId": "B", "format": "time_series", "rawSql": "SELECT 5"}]}]}`)},
		"provisioning/alerting/rules.yaml": {Data: []byte(`
groups:
  - name: Group
    rules:
      - title: Rule
        data:
          - {refId: A, relativeTimeRange: {from: 600}, model: {format: table, rawSql: SELECT 6}}
          - {refId: B, model: {type: threshold}}
`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range queries {
		got = append(got, strings.Join([]string{q.SQL, q.Where, string(q.Kind), q.Format, q.VariableFor}, "|"))
	}
	want := []string{
		"SELECT 1|Some / variable source|variable|table|source",
		"SELECT 2|Some / variable job|variable|table|job",
		"SELECT 3|Some / annotation Gaps|annotation|table|",
		"SELECT 4|Some / Inner A|panel|table|",
		"SELECT 5|Some / Outer B|panel|time_series|",
		"SELECT 6|Group / alert Rule A|alert|table|",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if outer := queries[4]; outer.Interval != time.Hour {
		t.Errorf("the interval is at least %s", outer.Interval)
	} else if !slices.Equal(outer.Fields, []string{"from_ms", "run"}) {
		t.Errorf("fields %q", outer.Fields)
	}
	known := queries[0].Variables
	if len(known) != 3 || !known[0].Multi || !slices.Equal(known[0].Default, []string{"$__all"}) || !slices.Equal(known[2].Options, []string{"10", "20"}) {
		t.Errorf("variables %+v", known)
	}
	if last := queries[len(queries)-1]; last.Lookback != 10*time.Minute || last.Variables != nil {
		t.Errorf("the alert looks back %s, variables %v", last.Lookback, last.Variables)
	}
}

func TestLoadRefusesBrokenFiles(t *testing.T) {
	t.Parallel()
	good := func() fstest.MapFS {
		return fstest.MapFS{"dashboards/a.json": {Data: []byte(`{}`)}, "provisioning/alerting/a.yaml": {Data: []byte(`groups: []`)}}
	}
	if _, err := dashboards.Load(good()); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"dashboards/b.json": `{"panels": [}`, "dashboards/c.json": `{"panels": {}}`, "dashboards/d.json": `{"panels": [{"interval": "long"}]}`, "provisioning/alerting/b.yaml": "groups: [", "provisioning/alerting/c.yaml": "groups: text"} {
		files := good()
		files[path] = &fstest.MapFile{Data: []byte(text)}
		if _, err := dashboards.Load(files); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s is read with %v", path, err)
		}
	}
	for _, path := range []string{"dashboards/a.json", "provisioning/alerting/a.yaml"} {
		files := good()
		delete(files, path)
		if _, err := dashboards.Load(files); err == nil {
			t.Errorf("no error without %s", path)
		}
	}
}
