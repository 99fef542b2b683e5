package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tracker/internal/definition"
	"tracker/internal/testdb"
	"tracker/internal/tracking"
)

func TestCompletion(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"DATABASE_URL": testdb.New(t)}
	f := &readFixture{t: t, getenv: func(name string) string { return environment[name] }}
	f.must("source", "add", "woosmap-test", "--provider", "woosmap", "--credential", "env:KEY")
	f.must("source", "add", "safetykit-test", "--provider", "safetykit", "--credential", "env:KEY")
	for i, name := range []string{"stores-eu", "stores-us", "poi", "stores-old"} {
		f.must("job", "add", name, "--source", "woosmap-test", "dataset_id="+datasetID(i))
	}
	f.must("job", "add", "poi", "--source", "woosmap-test", "dataset_id="+datasetID(2), "--label", "team=geo", "--label", "tier=1")
	f.must("job", "remove", "stores-old")
	provider, _, _ := strings.Cut(declaredProvider, "sources:")
	if _, stderr, code := f.given(provider, "apply", "-f", "-"); code != exitDone {
		t.Fatal(stderr)
	}
	definitions := "acme " + strings.Join(definition.PresetNames(), " ")
	for args, want := range map[string]string{
		"changes s":               "stores-eu stores-us safetykit-test",
		"history st":              "stores-eu stores-us",
		"job list --label ":       "team=geo tier=1",
		"sync --label ti":         "tier=1",
		"watch --state ":          strings.Join(tracking.JobStates(), " "),
		"report new":              "new-errors",
		"history stores-eu ":      "",
		"log s":                   "stores-eu stores-us",
		"wait p":                  "poi",
		"snapshot ":               "poi stores-eu stores-us",
		"sync stores-us s":        "stores-eu",
		"watch stores-us ":        "poi stores-eu",
		"rebuild x":               "",
		"job show s":              "stores-eu stores-us",
		"job pause poi":           "poi",
		"job hold poi":            "poi",
		"job release poi":         "poi",
		"job add s":               "",
		"job add x --source ":     "safetykit-test woosmap-test",
		"source pause w":          "woosmap-test",
		"source remove s":         "safetykit-test",
		"source resume ":          "safetykit-test woosmap-test",
		"source discover s":       "safetykit-test",
		"source list ":            "",
		"wait poi --after ":       "now",
		"provider show ":          definitions,
		"provider show acme ":     "",
		"provider test ":          definitions,
		"provider try ":           definitions,
		"provider try acme ":      "",
		"source discover x --for": "--format",
	} {
		words := strings.Split(args, " ")
		stdout, _, code := f.run(append([]string{"__complete"}, words...)...)
		if got := completions(stdout); code != exitDone || got != want {
			t.Errorf("tracker %s completes to %q, not %q (exit code %d)", args, got, want, code)
		}
	}
	if text := f.must("completion", "bash"); !strings.Contains(text, "__start_tracker") {
		t.Error("no completion for bash")
	}
}

// completions gives the words that are offered.
func completions(stdout string) string {
	var words []string
	for line := range strings.Lines(stdout) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if !strings.HasPrefix(word, ":") {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// TestCompletion_WithoutADatabase completes to nothing, quickly and quietly,
// and starts nothing.
func TestCompletion_WithoutADatabase(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "none")
	for name, environment := range map[string]map[string]string{
		"Embedded":      {"TRACKER_DATA_DIR": dir},
		"Unreachable":   {"DATABASE_URL": "postgres://127.0.0.1:1/none"},
		"UnreadableURL": {"DATABASE_URL": "::"},
		"Empty":         {"DATABASE_URL": testdb.Empty(t)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			began := time.Now()
			err := run(t.Context(), []string{"__complete", "history", "st"}, surroundings{"dev", func(name string) string { return environment[name] }, strings.NewReader(""), &out, &errs, patience})
			if got := completions(out.String()); err != nil || got != "" {
				t.Errorf("completes to %q, %v", got, err)
			}
			if strings.Contains(errs.String(), "rror") && !strings.Contains(errs.String(), "ShellCompDirective") {
				t.Errorf("says %s", errs.String())
			}
			if took := time.Since(began); took > 30*time.Second { // if it waited at all, it would be for ever
				t.Errorf("took %s", took)
			}
		})
	}
	t.Cleanup(func() {
		if _, err := os.Stat(dir); err == nil {
			t.Error("a data directory was made")
		}
	})
}

// TestCompletion_OfAllNames checks that no command that takes a name was forgotten.
func TestCompletion_OfAllNames(t *testing.T) {
	t.Parallel()
	table := nameArgs()
	for _, cmd := range commands((&app{}).rootCommand()) {
		path := cmd.CommandPath()
		named := strings.HasPrefix(path, "tracker job ") || strings.HasPrefix(path, "tracker source ")
		takes := strings.Contains(cmd.Use, "JOB") || strings.Contains(cmd.Use, "RULE") || named && strings.Contains(cmd.Use, "NAME") && !strings.HasSuffix(path, " add")
		if _, known := table[path]; known != takes {
			t.Errorf("%s (%s): in the table: %v", path, cmd.Use, known)
		}
	}
}
