package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	f.must("job", "add", "stores-us", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1", "--label", "team=us")
	for name, check := range map[string]func(*testing.T, *readFixture){
		"IsListedInALineEach": reportList, "AnswersInEachFormat": reportFormats, "AllAnswer": reportAll, "IsFiltered": reportFilters,
		"ErrorsNameTheWayOut": reportErrors,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, &readFixture{t: t, getenv: f.getenv, after: f.after})
		})
	}
}

func reportList(t *testing.T, f *readFixture) {
	t.Helper()
	stdout, stderr, code := f.run("report")
	if lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n"); len(lines) != 10 || stderr != "" || code != exitDone {
		t.Errorf("%d lines, %q, %d", len(lines), stderr, code)
	}
	for line := range strings.Lines(stdout) {
		name, question, _ := strings.Cut(line, " ")
		if question = strings.TrimSpace(question); !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(name) || !strings.HasSuffix(question, "?") || len(line) > 60 {
			t.Errorf("%q", line)
		}
	}
	var listed []struct{ Name, Question string }
	decode(t, f.must("report", "--format", "json"), &listed)
	if len(listed) != 10 || listed[0].Name != "failed-imports" {
		t.Error(listed)
	}
}

// The reports are the first questions of docs/sql.md.
func TestReportQuestionsAreThoseOfTheDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/sql.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, head := range regexp.MustCompile(`(?m)^### ([a-z-]+): (.+\?)$`).FindAllStringSubmatch(string(text), -1) {
		told = append(told, head[1]+" "+head[2])
	}
	var asked []string
	for _, k := range reports() {
		asked = append(asked, k.name+" "+k.question)
	}
	slices.Sort(asked)
	told = told[:min(len(told), len(asked))]
	slices.Sort(told)
	if !slices.Equal(asked, told) {
		t.Errorf("reports\n%q\ndocs\n%q", asked, told)
	}
}

func reportFormats(t *testing.T, f *readFixture) {
	t.Helper()
	want := []string{"job", "source", "run_no", "ended_at", "duration", "step", "why"}
	row := []string{"stores-eu", "woosmap-test", "1", "2026-01-05T10:01:00Z", "59.5", "import", "Row 7: <no name>"}
	rows, err := csv.NewReader(strings.NewReader(f.must("report", "failed-imports", "--since", "2026-01-01", "--format", "csv"))).ReadAll()
	if err != nil || len(rows) != 2 || !slices.Equal(rows[0], want) || !slices.Equal(rows[1], row) {
		t.Error(rows, err)
	}
	var objects []map[string]any
	decode(t, f.must("report", "failed-imports", "--since", "2026-01-01", "--format", "json"), &objects)
	if len(objects) != 1 || len(objects[0]) != len(want) || objects[0]["duration"] != 59.5 || objects[0]["why"] != row[6] {
		t.Error(objects)
	}
	text := strings.Split(f.must("report", "failed-imports", "--since", "2026-01-01"), "\n")
	if strings.Join(strings.Fields(text[0]), " ") != "JOB SOURCE RUN ENDED DURATION STEP WHY" || !strings.Contains(text[1], "  59.5 s  ") {
		t.Errorf("%q", text)
	}
}

func reportAll(t *testing.T, f *readFixture) {
	t.Helper()
	for _, k := range reports() {
		for format, empty := range map[string]string{formatTable: "", formatCSV: "", formatJSON: "[]\n"} {
			stdout := f.must("report", k.name, "--since", "2026-01-01", "--format", format)
			if stdout == "" || stdout == "null\n" {
				t.Errorf("%s as %s: %q", k.name, format, stdout)
			}
			stdout = f.must("report", k.name, "--since", "1m", "--label", "team=nobody", "--format", format)
			if empty != "" && stdout != empty || format == formatTable && strings.Count(stdout, "\n") != 1 {
				t.Errorf("%s as %s, of nothing: %q", k.name, format, stdout)
			}
		}
	}
}

func reportFilters(t *testing.T, f *readFixture) {
	t.Helper()
	count := func(args ...string) int {
		var rows []struct{ Job string }
		decode(t, f.must(append([]string{"report", "no-recent-success", "--format", "json"}, args...)...), &rows)
		return len(rows)
	}
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, 2},
		{[]string{"--source", "woosmap-test"}, 2},
		{[]string{"--label", "team=us"}, 1},
		{[]string{"--label", "team=us", "--label", "tier=1"}, 0},
	} {
		if got := count(c.args...); got != c.want {
			t.Errorf("%v: %d jobs, not %d", c.args, got, c.want)
		}
	}
	if text := f.must("report", "failed-imports", "--since", "2026-02-01"); text != "no import has failed since 2026-02-01 00:00:00\n" {
		t.Errorf("%q", text)
	}
}

func reportErrors(t *testing.T, f *readFixture) {
	t.Helper()
	names := strings.Join(reportNames(), ", ")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"report nothing", exitUsage, fmt.Sprintf("there is no report %q; there are %s", "nothing", names)},
		{"report failed-imports --label team", exitUsage, `--label "team": want KEY=VALUE`},
		{"report failed-imports --source nowhere", exitFailed, `no source is named "nowhere"; see  tracker source list`},
		{"report failed-imports --since yesterday", exitUsage, "--since: "},
		{"report failed-imports --format xml", exitUsage, "want one of table, json, csv"},
		{"report failed-imports stalled", exitUsage, "want one NAME"},
	} {
		stdout, stderr, code := f.run(strings.Fields(c.args)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("tracker %s ends with %d and says %s%s", c.args, code, stdout, stderr)
		}
	}
}
