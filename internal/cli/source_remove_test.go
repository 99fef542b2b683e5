package cli

import (
	"strings"
	"testing"
)

func TestSourceRemove(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	if stdout, stderr, code := f.run("source", "remove", "woosmap-test"); code != exitFailed || stdout != "" ||
		!strings.Contains(stderr, "source woosmap-test: conflict: it still has jobs, which are to be removed first: stores-eu, stores-us") {
		t.Errorf("with jobs it ends with %d: %s%s", code, stdout, stderr)
	}
	f.must("job", "remove", "stores-eu")
	f.must("job", "remove", "stores-us")
	if got := f.must("source", "remove", "woosmap-test"); got != "removed source woosmap-test\n" {
		t.Errorf("%q", got)
	}
	if got := f.must("source", "remove", "woosmap-test"); got != "source woosmap-test was removed already\n" {
		t.Errorf("again: %q", got)
	}
	if got := f.must("source", "list"); !strings.HasPrefix(got, "no sources yet") {
		t.Errorf("it is listed: %s", got)
	}
	if got := f.must("apply", "--export"); strings.Contains(got, "name: woosmap-test") || !strings.Contains(got, "Not in it, since removed: source woosmap-test") {
		t.Errorf("it is exported: %s", got)
	}
	for args, want := range map[string]string{
		"source pause woosmap-test":    "it is removed; register it again",
		"source resume woosmap-test":   "it is removed; register it again",
		"source discover woosmap-test": "it is removed; register it again",
		"job add new --source woosmap-test dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c9":       "job new: conflict: source woosmap-test is removed; register it again first",
		"job add stores-eu --source woosmap-test dataset_id=8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0": "job stores-eu: conflict: source woosmap-test is removed; register it again first",
	} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code != exitFailed || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("tracker %s ends with %d and says %s%s", args, code, stdout, stderr)
		}
	}
	if text := f.must("report", "failed-imports", "--source", "woosmap-test", "--since", "2026-01-01"); !strings.Contains(text, "Row 7") {
		t.Errorf("its history is gone: %s", text)
	}
	if text := f.must("history", "stores-eu"); !strings.Contains(text, "run 1 failed") {
		t.Errorf("its history is gone: %s", text)
	}
	if got := f.must("source", "add", "woosmap-test", "--provider", "woosmap", "--credential", "env:KEY"); !strings.HasPrefix(got, "revive source woosmap-test\n") {
		t.Errorf("added again: %q", got)
	}
	if text := f.must("changes", "woosmap-test"); !strings.Contains(text, "remove    source woosmap-test\n") || !strings.Contains(text, "revive    source woosmap-test\n") {
		t.Errorf("%s", text)
	}
}
