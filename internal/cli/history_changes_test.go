package cli

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// What was done to a job and its source stands among what happened, as far as
// it was known by then.
func TestHistoryTellsWhoPaused(t *testing.T) {
	t.Parallel()
	f := newReadFixture(t)
	environment := f.getenv
	f.getenv = func(name string) string {
		if name == "TRACKER_ACTOR" {
			return "anna"
		}
		return environment(name)
	}
	f.must("job", "pause", "stores-eu", "--reason", "the shop moves")
	f.must("job", "resume", "stores-eu")
	between := f.now()
	f.must("source", "pause", "woosmap-test", "--reason", "no key")
	text := f.must("history", "stores-eu")
	for _, want := range []string{`job +paused by anna: the shop moves`, `job +resumed by anna`, `source +paused by anna: no key`} {
		if !regexp.MustCompile(`\n \d\d:\d\d:\d\d +` + want + "\n").MatchString(text) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := f.must("history", "stores-us"); !strings.Contains(text, "source paused by anna: no key") || strings.Contains(text, "the shop moves") {
		t.Errorf("of a job without runs:\n%s", text)
	}
	if text := f.must("history", "stores-eu", "--known-at", between.Format(time.RFC3339Nano)); !strings.Contains(text, "resumed by anna") || strings.Contains(text, "no key") {
		t.Errorf("before the source was paused:\n%s", text)
	}
	var read struct {
		Changes []struct{ Action, Subject string }
	}
	decode(t, f.must("history", "stores-eu", "--format", "json"), &read)
	if len(read.Changes) != 3 || read.Changes[2].Action != "pause" || read.Changes[2].Subject != "source woosmap-test" {
		t.Errorf("as JSON: %+v", read.Changes)
	}
	decode(t, f.must("history", "stores-eu", "--format", "json", "--known-at", f.after[0].Format(time.RFC3339Nano)), &read)
	if len(read.Changes) != 0 {
		t.Errorf("as JSON, before all of it: %+v", read.Changes)
	}
}
