package cli

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/words"
)

func TestReport(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	f.must("job", "add", "stores-us", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1", "--label", "team=us")
	f.must("job", "add", "stores-eu", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0", "--label", "tier=1")
	for name, check := range map[string]func(*testing.T, *readFixture){
		"IsListedInALineEach": reportList, "AnswersInEachFormat": reportFormats, "AllAnswer": reportAll, "IsFiltered": reportFilters,
		"OfNow":               reportOfNow,
		"OfThePast":           reportOfThePast,
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
	if lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n"); len(lines) != 11 || stderr != "" || code != exitDone {
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
	if len(listed) != 11 || listed[0].Name != "failed-imports" {
		t.Error(listed)
	}
}

func reportFormats(t *testing.T, f *readFixture) {
	t.Helper()
	want := []string{"job", "source", "run_no", "ended_at", "duration", "step", "why", "duration_max", "reported"}
	row := []string{"stores-eu", "woosmap-test", "1", "2026-01-05T10:01:00Z", "59.5", "import", "Row 7: <no name>", "59.5", "true"}
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
	text = strings.Split(f.must("report", "job-summary", "--since", "2026-01-01"), "\n")
	for i, want := range []string{
		"JOB SOURCE RUNS ENDED SUCCEEDED PERCENT P50 P95 LAST SUCCESS NO LAST SUCCESS",
		"stores-eu woosmap-test 1 1 0 0.0 59.5 s 59.5 s none seen", "stores-us woosmap-test 0 0 0 none seen",
	} {
		if got := strings.Join(strings.Fields(text[i]), " "); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func reportAll(t *testing.T, f *readFixture) {
	t.Helper()
	for _, q := range words.Questions() {
		for format, empty := range map[string]string{formatTable: "", formatCSV: "", formatJSON: "[]\n"} {
			args := []string{"report", q.Name, "--format", format}
			if q.Since > 0 {
				args = append(args, "--since", "2026-01-01")
			}
			stdout := f.must(args...)
			if stdout == "" || stdout == "null\n" {
				t.Errorf("%s as %s: %q", q.Name, format, stdout)
			}
			stdout = f.must("report", q.Name, "--label", "team=us", "--format", format)
			// They list jobs that never had one, and a gap where this takes minutes.
			if slices.Contains([]string{"no-recent-success", "job-summary", "gaps"}, q.Name) {
				continue
			}
			if empty != "" && stdout != empty || format == formatTable && strings.Count(stdout, "\n") != 1 {
				t.Errorf("%s as %s, of nothing: %q", q.Name, format, stdout)
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
	} {
		if got := count(c.args...); got != c.want {
			t.Errorf("%v: %d jobs, not %d", c.args, got, c.want)
		}
	}
	text := f.must("report", "failed-imports", "--since", "2026-02-01")
	if want := `^no import has failed since 2026-02-01 00:00:00; tracked since 20\d\d-\S+ \S+, nobody had an answer before; of 1 of 2 jobs nothing is known: no poll was answered yet\n$`; !regexp.MustCompile(want).MatchString(text) {
		t.Errorf("%q", text)
	}
}

// reportOfNow gives the same with a --since, and says so.
func reportOfNow(t *testing.T, f *readFixture) {
	t.Helper()
	want, _, _ := f.run("report", "stalled", "--format", "csv")
	got, stderr, code := f.run("report", "stalled", "--since", "1m", "--format", "csv")
	if code != exitDone || got != want {
		t.Errorf("it ends with %d and prints %s, not %s", code, got, want)
	}
	if !strings.Contains(stderr, "report stalled tells of one moment, whatever --since says: it would hide what is so for longest") {
		t.Errorf("it says %q", stderr)
	}
}

// reportOfThePast looks back from then, and knows nothing of what came later.
func reportOfThePast(t *testing.T, f *readFixture) {
	t.Helper()
	last := f.after[len(f.after)-1].Format(time.RFC3339Nano)
	for _, q := range words.Questions() {
		if slices.Contains([]string{"gaps", "job-summary", "no-recent-success"}, q.Name) { // of jobs, without runs too
			continue
		}
		rows := func(flags ...string) int {
			if q.Since == 0 {
				flags = flags[2:]
			}
			return strings.Count(f.must(append([]string{"report", q.Name, "--format", "csv"}, flags...)...), "\n") - 1
		}
		if now, then := rows("--since", "2026-01-01"), rows("--since", "2026-01-01", "--known-at", last); now != then {
			t.Errorf("%s has %d rows, and %d as was known when all was told", q.Name, now, then)
		}
		if before := rows("--since", "2024-01-01", "--known-at", "2025-01-01"); before != 0 {
			t.Errorf("%s has %d rows of before anybody looked", q.Name, before)
		}
	}
	lines := func(flags ...string) int {
		return strings.Count(f.must(append([]string{"report", "new-errors", "--format", "csv"}, flags...)...), "\n") - 1
	}
	now := lines("--since", "2026-01-01")
	if now == 0 {
		t.Fatal("no error was logged")
	}
	for _, test := range []struct {
		flags []string
		want  int
	}{
		{[]string{"--known-at", f.after[len(f.after)-1].Format(time.RFC3339Nano), "--since", "2026-01-01"}, now},
		{[]string{"--known-at", "2025-01-01", "--since", "2024-01-01"}, 0},
		{[]string{"--as-of", "2025-01-01", "--since", "2024-01-01"}, 0},
	} {
		if got := lines(test.flags...); got != test.want {
			t.Errorf("%q: %d lines, not %d", test.flags, got, test.want)
		}
	}
}

func reportErrors(t *testing.T, f *readFixture) {
	t.Helper()
	names := strings.Join(words.QuestionNames(), ", ")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"report nothing", exitUsage, fmt.Sprintf("there is no report %q; there are %s", "nothing", names)},
		{"report failed-imports --label team", exitUsage, `--label "team": want KEY=VALUE`},
		{"report failed-imports --source nowhere", exitUsage, `no source is named "nowhere"; see  tracker source list`},
		{"report failed-imports --source woosmap-tset", exitUsage, `no source is named "woosmap-tset"; did you mean woosmap-test; see  tracker source list`},
		{"report stalled --label team=su", exitUsage, `no job has the label "team=su"; did you mean us; the values of team are: us`},
		{"report stalled --label taem=us", exitUsage, `no job has the label "taem"; did you mean team, tier; the labels are: team, tier`},
		{"report stalled --label team=us --label tier=1", exitUsage, "no job has all of these labels"},
		{"report stalled --since yesterday", exitUsage, "--since: "},
		{"report gaps --since 2999-01-01", exitUsage, "--since: 2999-01-01T00:00:00Z is still to come: the database's clock says 20"},
		{"report failed-imports --since yesterday", exitUsage, "--since: "},
		{"report failed-imports --format xml", exitUsage, "want one of table, json, csv"},
		{"report job-summary --known-at 2999-01-01", exitUsage, "--known-at: 2999-01-01T00:00:00Z is still to come"},
		{"report new-errors --known-at 2999-01-01", exitUsage, "--known-at: 2999-01-01T00:00:00Z is still to come"},
		{"report new-errors --as-of 10d --since 3d", exitUsage, "--since: "},
		{"report new-errors --known-at 2026-01-01 --since 2026-01-02", exitUsage, "--since: 2026-01-02T00:00:00Z is after the time that is asked about, 2026-01-01T00:00:00Z"},
		{"report new-errors --as-of yesterday", exitUsage, "--as-of: "},
		{"report failed-imports stalled", exitUsage, "want one NAME"},
	} {
		stdout, stderr, code := f.run(strings.Fields(c.args)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("tracker %s ends with %d and says %s%s", c.args, code, stdout, stderr)
		}
	}
}
