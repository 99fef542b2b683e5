package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/testdb"
	"tracker/internal/testkit"
)

// readAnswers is what the service says, poll by poll: an import that is
// running, and then failed, one of its entries gone.
var readAnswers = [...]string{
	`{"id": "run-1", "status": "in_progress", "steps": [{"name": "import", "start": "2026-01-05T10:00:00.5", "end": null,
	"status": "in_progress", "entries": [{"created_at": "2026-01-05T10:00:01", "level": "info", "detail": "loading\u001b[2J"},
	{"created_at": "2026-01-05T10:00:03", "level": "fatal", "detail": "odd"}]}]}`,
	`{"status": "failed", "id": "run-1", "steps": [{"name": "import", "start": "2026-01-05T10:00:00.5", "end": "2026-01-05T10:01:00",
	"status": "failed", "entries": [{"created_at": "2026-01-05T10:00:03", "level": "fatal", "detail": "odd"},
	{"created_at": "2026-01-05T10:00:02", "level": "error", "detail": "Row 7: <no name>"}]}]}`,
}

// readFixture is a database in which a job was polled once for each answer.
type readFixture struct {
	t      *testing.T
	getenv func(string) string
	after  []time.Time // the database's clock after each poll
}

func newReadFixture(t *testing.T) *readFixture {
	t.Helper()
	environment := map[string]string{"DATABASE_URL": testdb.New(t), "KEY": "secret-key"}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	var said atomic.Int64
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, readAnswers[said.Load()])
	}))
	t.Cleanup(upstream.Close)
	f.must("source", "add", "woosmap-test", "--provider", "woosmap", "--credential", "env:KEY", "--base-url", upstream.URL, "--rate-every", "1ms")
	f.must("job", "add", "stores-eu", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0")
	f.must("job", "add", "stores-us", "--source", "woosmap-test", "dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1")
	for i := range readAnswers {
		said.Store(int64(i))
		f.must("sync", "stores-eu")
		f.after = append(f.after, f.now())
	}
	return f
}

// run gives what a command prints and how it ends.
func (f *readFixture) run(args ...string) (stdout, stderr string, code int) {
	f.t.Helper()
	var out, errs bytes.Buffer
	code = report(&errs, run(f.t.Context(), args, surroundings{"dev", f.getenv, strings.NewReader(""), &out, &errs, patience}))
	return out.String(), errs.String(), code
}

func (f *readFixture) must(args ...string) string {
	f.t.Helper()
	stdout, stderr, code := f.run(args...)
	if code != exitDone {
		f.t.Fatalf("tracker %s ends with %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

func (f *readFixture) now() time.Time {
	f.t.Helper()
	now, err := testkit.OpenStore(f.t, f.getenv("DATABASE_URL")).Now(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return now
}

func TestReadCommands(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	for name, check := range map[string]func(*testing.T, *readFixture){
		"HistoryAnswersInTwoLines": historyAnswers, "HistoryKnowsThePast": historyPast, "LogIsInOrderOfTime": logOrder,
		"SnapshotIsByteForByte": snapshotBytes, "SnapshotDiffNamesPaths": snapshotDiffers, "ErrorsNameTheWayOut": readErrors,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, &readFixture{t: t, getenv: f.getenv, after: f.after})
		})
	}
}

func historyAnswers(t *testing.T, f *readFixture) {
	t.Helper()
	lines := strings.Split(f.must("history", "stores-eu"), "\n")
	if !strings.HasPrefix(lines[0], "stores-eu  ✖ failed since 2026-01-05 10:01:00 UTC") && !strings.HasPrefix(lines[0], "stores-eu  ✖ failed since Jan 5 10:01:00 UTC") {
		t.Error(lines[0])
	}
	if want := `run 1 failed in import after 59.5 s: "Row 7: <no name>"`; lines[1] != want {
		t.Error(lines[1])
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{"looked 2 times", "fatal: odd", `withdrew a log entry: info "loading\x1b[2J"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("an escape sequence")
	}
	f.must("job", "remove", "stores-eu")
	if text := f.must("history", "stores-eu"); !strings.Contains(text, "removed: nobody looks any more") {
		t.Error(text)
	}
}

func historyPast(t *testing.T, f *readFixture) {
	t.Helper()
	state := func(args ...string) string {
		var h store.History
		decode(t, f.must(append([]string{"history", "stores-eu", "--format", "json"}, args...)...), &historyJSON{History: &h})
		return fmt.Sprint(store.OrZero(h.Job.State), len(h.Runs), h.Polled.Polls)
	}
	learned := f.after[0].Format(time.RFC3339Nano)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "failed1 2"},
		{[]string{"--known-at", learned}, "running1 1"},
		{[]string{"--as-of", "2026-01-05T10:00:30Z"}, "running1 2"},
		{[]string{"--as-of", "2026-01-05T10:00:00Z"}, "0 2"},
		{[]string{"--as-of", "2026-01-05T10:01:00Z"}, "failed1 2"},
		{[]string{"--as-of", "2026-01-05T10:01:00Z", "--known-at", learned}, "running1 1"},
	} {
		if got := state(c.args...); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(c.want, " ", "") {
			t.Errorf("%v: %s, not %s", c.args, got, c.want)
		}
	}
	if text := f.must("history", "stores-eu", "--known-at", learned); !strings.Contains(text, "by what was known at") {
		t.Error(text)
	}
}

// historyJSON reads of a history what these tests look at.
type historyJSON struct{ *store.History }

func (h *historyJSON) UnmarshalJSON(raw []byte) error {
	var read struct {
		Job    store.JobRow         `json:"job"`
		Polled store.PollSummaryRow `json:"looked"`
		Runs   []json.RawMessage    `json:"runs"`
	}
	err := json.Unmarshal(raw, &read)
	h.Job, h.Polled, h.Runs = read.Job, read.Polled, make([]store.RunRow, len(read.Runs))
	return err
}

func logOrder(t *testing.T, f *readFixture) {
	t.Helper()
	var entries []store.LogEntryRow
	decode(t, f.must("log", "stores-eu", "--format", "json"), &entries)
	var order []string
	for _, e := range entries {
		order = append(order, e.Level)
	}
	if got := strings.Join(order, " "); got != "info error fatal" {
		t.Error(got)
	}
	rows, err := csv.NewReader(strings.NewReader(f.must("log", "stores-eu", "--level", "error", "--format", "csv"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Error(rows, err)
	}
	text := f.must("log", "stores-eu")
	for _, want := range []string{"3 log entries", `loading\x1b[2J  withdrawn `, "error  Row 7: <no name>"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func snapshotBytes(t *testing.T, f *readFixture) {
	t.Helper()
	for i, want := range readAnswers {
		if got := f.must("snapshot", "stores-eu", strconv.Itoa(i+1)); got != want {
			t.Errorf("snapshot %d is %s", i+1, got)
		}
	}
	if got := f.must("snapshot", "stores-eu"); got != readAnswers[1] {
		t.Errorf("the newest is %s", got)
	}
	if got := f.must("snapshot", "stores-eu", "--format", "table"); !strings.Contains(got, "snapshot 2  ✖ failed  run 1") || !strings.Contains(got, `  "id": "run-1"`) {
		t.Error(got)
	}
	var row store.SnapshotRow
	var read struct {
		No   int32  `json:"snapshot_no"`
		Body []byte `json:"body"`
	}
	decode(t, f.must("snapshot", "stores-eu", "1", "--format", "json"), &read)
	if row.Body = read.Body; read.No != 1 || string(row.Body) != readAnswers[0] {
		t.Error(read)
	}
}

func snapshotDiffers(t *testing.T, f *readFixture) {
	t.Helper()
	text := f.must("snapshot", "stores-eu", "--diff", "1")
	for _, want := range []string{
		`~ status: "in_progress" → "failed"`, `~ steps[0].end: null → "2026-01-05T10:01:00"`, `- steps[0].entries[0]: {`, `+ steps[0].entries[1]: {`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := f.must("snapshot", "stores-eu", "2", "--diff", "2"); !strings.Contains(text, "the same, byte for byte") {
		t.Error(text)
	}
}

func readErrors(t *testing.T, f *readFixture) {
	t.Helper()
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"history nobody", exitUsage, `no job is named "nobody"; see  tracker job list`},
		{"history stores-eu --run 9", exitUsage, "job stores-eu has no run 9; its latest is 1"},
		{"history stores-us --run 1", exitUsage, "job stores-us has no run 1: none was known"},
		{"history stores-eu --run 0", exitUsage, "runs are numbered from 1"},
		{"history stores-eu --runs 0", exitUsage, "want 1 or more"},
		{"history stores-eu --as-of yesterday", exitUsage, "--as-of: "},
		{"history stores-eu --as-of 2999-01-01", exitUsage, "--as-of: 2999-01-01T00:00:00Z is still to come"},
		{"history stores-eu --known-at 2999-01-01", exitUsage, "--known-at: 2999-01-01T00:00:00Z is still to come"},
		{"wait stores-eu --after 2999-01-01", exitUsage, "--after: 2999-01-01T00:00:00Z is still to come"},
		{"history", exitUsage, "want one JOB"},
		{"log nobody", exitUsage, `no job is named "nobody"`},
		{"log stores-eu --level fatal", exitUsage, "want one of info, warning, error"},
		{"log stores-eu --run 9", exitUsage, "job stores-eu has no run 9"},
		{"snapshot stores-eu 9", exitUsage, "job stores-eu has no snapshot 9; its newest is 2"},
		{"snapshot stores-us", exitFailed, "job stores-us has no snapshot yet: no poll has succeeded"},
		{"snapshot stores-eu x", exitUsage, "snapshots are numbered from 1"},
		{"snapshot stores-eu --diff 0", exitUsage, "snapshots are numbered from 1"},
		{"snapshot stores-eu --diff 9", exitUsage, "job stores-eu has no snapshot 9"},
	} {
		stdout, stderr, code := f.run(strings.Fields(c.args)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("tracker %s ends with %d and says %s%s", c.args, code, stdout, stderr)
		}
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// Whoever names a job wants it polled: that it was not is no success.
func TestSyncOfNothing(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	f.must("job", "pause", "stores-us")
	for args, want := range map[string]int{"sync": exitDone, "sync stores-us": exitFailed, "sync stores-eu stores-us": exitFailed, "sync stores-eu": exitDone} {
		if stdout, _, code := f.run(strings.Fields(args)...); code != want || strings.Contains(args, "-us") && !strings.Contains(stdout, "skipped") {
			t.Errorf("tracker %s ends with %d: %s", args, code, stdout)
		}
	}
	if stdout, stderr, code := f.run("sync", "--format", "xml"); code != exitUsage || stdout != "" || !strings.Contains(stderr, `--format "xml": want one of table, json, csv`) {
		t.Errorf("in a format that there is not it ends with %d: %s%s", code, stdout, stderr)
	}
	f.must("job", "resume", "stores-us")
	f.must("source", "pause", "woosmap-test")
	if stdout, _, code := f.run("sync", "stores-eu"); code != exitFailed || !strings.Contains(stdout, "skipped") {
		t.Errorf("of a paused source it ends with %d: %s", code, stdout)
	}
}

// Where nobody polls a job, what shows jobs says why, and the way out.
func TestJobSaysWhyItIsNotPolled(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	wantJob := func(command, want string) {
		t.Helper()
		if text := f.must(strings.Fields(command)...); !strings.Contains(text, want) {
			t.Errorf("tracker %s does not say %q:\n%s", command, want, text)
		}
	}
	wantJob("job show stores-eu", "not looked  nobody looks: no tracker serves this database")
	f.must("job", "pause", "stores-us")
	wantJob("job show stores-us", "not looked  nobody looks: job stores-us is paused: by hand; to go on:  tracker job resume stores-us\n")
	if text := f.must("job", "list"); strings.Contains(text, "\nsource ") || strings.Contains(text, "source paused") {
		t.Errorf("nothing is wrong with the source:\n%s", text)
	}
	f.must("source", "pause", "woosmap-test", "--reason", "the key\nmoves")
	wantJob("job show stores-eu", `not looked  nobody looks: source woosmap-test is paused: the key\nmoves; to go on:  tracker source resume woosmap-test`)
	text := f.must("job", "list")
	for _, want := range []string{"  source paused\n", "\n\nsource woosmap-test is paused since ", `: the key\nmoves; to go on:  tracker source resume woosmap-test`} {
		if !strings.Contains(text, want) || strings.Count(text, "source paused") != 1 {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := f.must("job", "list", "--format", "csv"); strings.Contains(text, "tracker source resume") {
		t.Errorf("in the rows: %s", text)
	}
}
