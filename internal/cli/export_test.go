package cli

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/ledger"
	"tracker/internal/spreadsheet"
	"tracker/internal/store"
)

func TestExportCommand(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	for name, check := range map[string]func(*testing.T, *readFixture){
		"WritesAPack": exportPack, "WritesRows": exportRows, "WritesNoFormulas": exportFormulas, "KnowsThePast": exportPast,
		"RefusesWrongUse": exportRefuses, "LeavesNothingHalfWritten": exportAside,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, &readFixture{t: t, getenv: f.getenv, after: f.after})
		})
	}
}

func exportPack(t *testing.T, f *readFixture) {
	t.Helper()
	dir := t.TempDir()
	pack, key := filepath.Join(dir, "pack.zip"), filepath.Join(dir, "key")
	if _, stderr, code := f.run("export", "stores-eu", "--run", "1", "-o", pack); code != exitFailed || !strings.Contains(stderr, "is not sealed yet: run  tracker ledger seal") {
		t.Errorf("before anything is sealed it ends with %d: %s", code, stderr)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("it left %v (%v)", entries, err)
	}
	verifier := strings.TrimSpace(f.must("ledger", "keygen", "--name", "example.com/log", "-o", key))
	f.must("ledger", "seal", "--ledger-key", "file:"+key)
	for range 2 { // the second takes the place of the first
		_, stderr, code := f.run("export", "stores-eu", "--run", "1", "-o", pack)
		if code != exitDone || !strings.Contains(stderr, "run 1 of stores-eu: 2 answers until ") || !strings.Contains(stderr, "tracker verify "+pack+" --key "+verifier) {
			t.Errorf("it ends with %d: %s", code, stderr)
		}
	}
	public, err := ledger.ReadVerifier(verifier)
	if err != nil {
		t.Fatal(err)
	}
	verifyPack(t, pack, &public)
	published := filepath.Join(dir, "published")
	if _, stderr, code := f.run("verify", pack, "--key", verifier, "--against", published); code != exitUsage || !strings.Contains(stderr, "--against: open "+published) {
		t.Errorf("against a file that is not there it ends with %d: %s", code, stderr)
	}
	f.must("ledger", "seal", "--ledger-key", "file:"+key, "--publish-checkpoints", published)
	if text := f.must("verify", pack, "--key", verifier, "--against", published); !strings.Contains(text, "its checkpoint is among ") {
		t.Errorf("against published checkpoints it says\n%s", text)
	}
}

// verifyPack has a pack checked as  tracker verify  does.
func verifyPack(t *testing.T, pack string, key *ledger.Verifier) {
	t.Helper()
	if !isPack([]string{pack}) || isPack([]string{"stores-eu"}) || isPack([]string{pack, pack}) {
		t.Error("a pack is not told from a job")
	}
	for format, want := range map[string][]string{
		formatTable: {"run 1 of job stores-eu, until ", "checked 2 snapshots, 2 bodies and 0 gaps against the log example.com/log of ", "3 log entries, 2 anomalies\n", "signed by " + key.String(), "✓ all of it holds"},
		formatJSON:  {`"snapshots": 2`, `"signed_by": "` + key.String() + `"`, `"notes": []`},
	} {
		var out strings.Builder
		a := &app{surroundings: surroundings{"dev", func(string) string { return "" }, nil, &out, &out, patience}}
		if err := a.verifyPack(t.Context(), pack, key, nil, format); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("no %q in\n%s", text, out.String())
			}
		}
	}
	altered := filepath.Join(t.TempDir(), "altered.zip")
	whole, err := os.ReadFile(pack)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)/2] ^= 1
	if err := os.WriteFile(altered, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&app{}).verifyPack(t.Context(), altered, key, nil, formatTable); err == nil || report(io.Discard, err) != exitFailed {
		t.Errorf("an altered pack: %v", err)
	}
}

// exportedRows reads rows of json.
// exportedRows reads rows, without the gap that is open since the fixture was polled last,
// which a quick machine does not see.
func exportedRows(t *testing.T, text string) (rows []store.SeenRow) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	return slices.DeleteFunc(rows, isGap)
}

func isGap(row store.SeenRow) bool { return row.Kind == "gap" }

func rowTexts(rows []store.SeenRow) (texts []string) {
	for _, row := range rows {
		words := []string{row.Kind}
		for _, more := range []*string{row.Step, row.ToState, row.Level, row.Anomaly} {
			if more != nil {
				words = append(words, *more)
			}
		}
		texts = append(texts, strings.Join(words, " "))
	}
	return texts
}

func exportRows(t *testing.T, f *readFixture) {
	t.Helper()
	rows := exportedRows(t, f.must("export", "stores-eu", "--format", "json"))
	if want := []string{
		"transition import running", "log_entry import info", "log_entry import error", "log_entry import fatal", "transition import failed", "transition failed",
		"transition running", "anomaly import unknown_level", "anomaly import entry_withdrawn",
	}; !sameRows(rowTexts(rows), want) {
		t.Errorf("the rows are\n%s", strings.Join(rowTexts(rows), "\n"))
	}
	if !slices.IsSortedFunc(rows, func(a, b store.SeenRow) int { return a.At.Compare(b.At) }) {
		t.Error("they are not in the order of their times")
	}
	var lines int
	for line := range strings.Lines(f.must("export", "--all", "--format", "ndjson")) {
		var row store.SeenRow
		err := json.Unmarshal([]byte(line), &row)
		if err == nil && isGap(row) {
			continue // opens meanwhile, as of a job without answers
		}
		if lines++; err != nil || row.Job != "stores-eu" {
			t.Errorf("%s: %v", line, err)
		}
	}
	if lines != len(rows) {
		t.Errorf("of all jobs there are %d lines", lines)
	}
	if since := exportedRows(t, f.must("export", "--all", "--since", f.after[0].Format(time.RFC3339Nano), "--format", "json")); len(since) >= len(rows) || len(since) == 0 ||
		slices.ContainsFunc(since, func(r store.SeenRow) bool { return r.ObservedAt.Before(f.after[0]) }) {
		t.Errorf("since the first answer: %q", rowTexts(since))
	}
	if none := exportedRows(t, f.must("export", "stores-us", "--format", "json")); len(none) != 0 {
		t.Errorf("of a job without answers: %q", rowTexts(none))
	}
}

// sameRows compares rows whatever the order of those of one time.
func sameRows(got, want []string) bool {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	return slices.Equal(got, want)
}

func exportFormulas(t *testing.T, f *readFixture) {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(f.must("export", "stores-eu", "--format", "csv"))).ReadAll()
	records = slices.DeleteFunc(records, func(record []string) bool { return slices.Contains(record, "gap") })
	if err != nil || len(records) != 10 || records[0][0] != "job" {
		t.Fatalf("%q, %v", records, err)
	}
	path := filepath.Join(t.TempDir(), "rows.csv")
	f.must("export", "stores-eu", "--format", "csv", "-o", path)
	written, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(written), strings.Join(records[0], ",")+"\n") {
		t.Errorf("the file is not what stdout gets: %v", err)
	}
	var out strings.Builder
	evil := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "fine"}
	if err := spreadsheet.Write(&out, rowsOf(evil), spreadsheet.Cells{}); err != nil {
		t.Fatal(err)
	}
	records, err = csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(records) != len(evil)+1 {
		t.Fatalf("%q, %v", records, err)
	}
	detail := slices.Index(records[0], "detail")
	for i, text := range evil {
		want := "'" + text
		if text == "fine" {
			want = text
		}
		if got := records[i+1][detail]; got != want {
			t.Errorf("%q stands as %q", text, got)
		}
	}
}

func rowsOf(details []string) (rows []store.SeenRow) {
	for _, detail := range details {
		rows = append(rows, store.SeenRow{Detail: &detail})
	}
	return rows
}

func exportPast(t *testing.T, f *readFixture) {
	t.Helper()
	then := f.after[0].Format(time.RFC3339Nano)
	known := exportedRows(t, f.must("export", "stores-eu", "--known-at", then, "--format", "json"))
	if want := []string{"transition import running", "transition running", "log_entry import info", "log_entry import fatal", "anomaly import unknown_level"}; !sameRows(rowTexts(known), want) {
		t.Errorf("then it was known:\n%s", strings.Join(rowTexts(known), "\n"))
	}
	if slices.ContainsFunc(known, func(r store.SeenRow) bool { return r.WithdrawnAt != nil }) {
		t.Error("an entry was known to be withdrawn before it was")
	}
	asOf := exportedRows(t, f.must("export", "stores-eu", "--as-of", "2026-01-05T10:00:02Z", "--format", "json"))
	if want := []string{"transition running", "transition import running", "log_entry import info", "log_entry import error"}; !sameRows(rowTexts(asOf), want) {
		t.Errorf("as of then there is:\n%s", strings.Join(rowTexts(asOf), "\n"))
	}
}

func exportRefuses(t *testing.T, f *readFixture) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.zip")
	for _, test := range []struct {
		args []string
		want string
		code int
	}{
		{nil, "want one JOB, or --all", exitUsage},
		{[]string{"stores-eu", "--all", "--format", "csv"}, "want one JOB, or --all", exitUsage},
		{[]string{"stores-eu"}, "want -o FILE.zip, or --format json", exitUsage},
		{[]string{"--all", "-o", out}, "a pack is of one JOB", exitUsage},
		{[]string{"stores-eu", "--since", "1h", "-o", out}, "a pack is of whole runs", exitUsage},
		{[]string{"--all", "--run", "1", "--format", "csv"}, "--run is of one JOB", exitUsage},
		{[]string{"stores-eu", "--run", "0", "-o", out}, "runs are numbered from 1", exitUsage},
		{[]string{"stores-eu", "--run", "7", "-o", out}, "job stores-eu has no run 7", exitUsage},
		{[]string{"stores-eu", "--run", "7", "--format", "json"}, "job stores-eu has no run 7", exitUsage},
		{[]string{"stores-eu", "--known-at", "2020-01-01", "-o", out}, "had no answer then", exitUsage},
		{[]string{"stores-us", "-o", out}, "job stores-us has no answer yet", exitFailed},
		{[]string{"stores-xx", "-o", out}, "stores-xx", exitUsage},
		{[]string{"stores-eu", "--format", "table"}, `--format "table": want one of zip, json, ndjson, csv`, exitUsage},
	} {
		if _, stderr, code := f.run(append([]string{"export"}, test.args...)...); code != test.code || !strings.Contains(stderr, test.want) {
			t.Errorf("export %s ends with %d: %s", strings.Join(test.args, " "), code, stderr)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written all the same")
	}
}

func exportAside(t *testing.T, f *readFixture) {
	t.Helper()
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "x.csv"): "x.csv: no such file or directory",
		dir:                                 "it is there and no file",
		"/dev/full":                         "it is there and no file",
	} {
		if _, stderr, code := f.run("export", "stores-eu", "--format", "csv", "-o", path); code != exitFailed || !strings.Contains(stderr, want) || strings.Contains(stderr, ".part") {
			t.Errorf("to %s it ends with %d: %s", path, code, stderr)
		}
	}
	kept := filepath.Join(dir, "kept.zip")
	if err := os.WriteFile(kept, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, code := f.run("export", "stores-us", "-o", kept); code != exitFailed {
		t.Errorf("without an answer it ends with %d", code)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("it left %v (%v)", entries, err)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "as it was" {
		t.Errorf("what was there is %q (%v)", text, err)
	}
}
