package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tracker/bench/program"
	"tracker/internal/testdb"
)

// TestReports measures all there is on a small seed.
func TestReports(t *testing.T) {
	t.Parallel()
	url, tracker := testdb.New(t), filepath.Join(t.TempDir(), "tracker")
	command(t, url, "go", "build", "-o", tracker, "../../cmd/tracker")
	command(t, url, "go", "run", "../seed", "-jobs=50", "-runs-per-job=6", "-polls-per-job=120", "-days=4")
	var table bytes.Buffer
	err := run(t.Context(), []string{"-tracker", tracker, "-times", "1"}, environment(url), &table, io.Discard)
	if err != nil && !errors.Is(err, program.ErrMissed) { // a machine may be slow
		t.Fatal(err)
	}
	for _, want := range []string{
		"jit=off", "report.jobs", "tracker history ", "tracker report failed-imports", "24 h: Imports / Newest failures A", "30 d: state_timeline, one source",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("there is no %q in\n%s", want, table.String())
		}
	}
}

// TestReportsWantASeed: nothing is measured on anything else.
func TestReportsWantASeed(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), nil, environment(testdb.New(t)), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "make seed") {
		t.Errorf("error %v, want one that says how to make a seed", err)
	}
}

func command(t *testing.T, url string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(cmd.Environ(), "DATABASE_URL="+url)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args[0], err, out)
	}
}

func environment(url string) func(string) string {
	return func(name string) string { return map[string]string{"DATABASE_URL": url}[name] }
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	done := 0
	m, err := measure(t.Context(), task{name: "it", bar: time.Hour, work: func(context.Context) (int, error) { done++; return 7, nil }}, 5)
	if err != nil || done != 6 || m.rows != 7 || m.max < m.median {
		t.Errorf("done %d times: %+v, error %v", done, m, err)
	}
	for median, missed := range map[time.Duration]bool{59 * time.Minute: false, time.Hour: true} {
		m.median = median
		var out bytes.Buffer
		if got := printTable(&out, []measurement{m}); got != missed || strings.Contains(out.String(), "FAIL") != missed {
			t.Errorf("a median of %s misses the bar of an hour: %t\n%s", median, got, out.String())
		}
	}
	refused := errors.New("refused")
	if _, err := measure(t.Context(), task{work: func(context.Context) (int, error) { return 0, refused }}, 5); !errors.Is(err, refused) {
		t.Errorf("error %v, want %v", err, refused)
	}
}
