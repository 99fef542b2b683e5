package cli

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
)

// following begins to follow the log of stores-eu.
func (l *lookout) following(format string) *looking {
	l.t.Helper()
	return begin(l.t, func(ctx context.Context, ticks <-chan time.Time) error {
		request := logRequest{job: "stores-eu", level: "info", format: format, follow: true}
		f := &follower{app: l.app, store: l.store, request: request, jobID: l.jobs["stores-eu"].ID, ticks: ticks, withdrawn: map[entryKey]bool{}, hints: hints{out: l.errs}}
		return f.run(ctx)
	})
}

func TestLogFollow(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	l.heartbeat()
	l.says("stores-eu", l.importing("e-1", time.Minute, "in_progress", "info: one", "info: two"))
	looker := l.following(formatTable)
	looker.look()
	printed := func() string {
		t.Helper()
		was := len(l.out.String())
		looker.again()
		return l.out.String()[was:]
	}
	if got := l.out.String(); !strings.Contains(got, "one\n") || !strings.Contains(got, "two\n") {
		t.Errorf("it begins with %s", got)
	}
	for _, c := range []struct {
		say  func()
		want []string // in this order, and as many lines
	}{
		{func() {}, nil},
		{func() {
			l.says("stores-eu", l.importing("e-1", time.Minute, "in_progress", "info: one", "info: two", "warning: three\x1b[2J"))
		}, []string{`import  warning  three\x1b[2J`}},
		{func() {
			l.says("stores-eu", l.importing("e-1", time.Minute, "failed", "info: one", "warning: three\x1b[2J", "error: four"))
		}, []string{"two  withdrawn ", "import  error    four", "run 1  ✖ failed after 30 s"}},
		{func() {
			l.says("stores-eu", l.importing("e-1", time.Minute, "failed", "info: one", "info: two", "warning: three\x1b[2J", "error: four"))
		}, []string{"(listed again) two"}},
		{func() {
			l.says("stores-eu", l.importing("e-1", time.Minute, "failed", "info: one", "info: two", "warning: three\x1b[2J", "error: four", "info: late"))
			l.says("stores-eu", l.importing("e-2", time.Second, "in_progress", "info: again"))
		}, []string{"info     late", "run 2  ▶ running", "info     again"}},
	} {
		c.say()
		got := strings.SplitAfter(printed(), "\n")
		if len(got)-1 != len(c.want) {
			t.Errorf("it prints %q, not %q", got, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("it prints %q, not %q", got, c.want)
			}
		}
	}
	if err := looker.end(); err != nil {
		t.Errorf("ends with %v", err)
	}
}

// What nobody will see more of is shown, and that is the end.
func TestLogFollow_EndsWhereNobodyWillPoll(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "gone", "finished", "unseen")
	for _, name := range []string{"gone", "finished"} {
		l.says(name, l.importing("r-1", time.Minute, "success", "info: one"))
	}
	l.tracks("gone", func(by store.Author) (bool, error) { return l.store.RemoveJob(t.Context(), by, "gone") })
	l.tracks("finished", func(by store.Author) (bool, error) { return l.store.FinishJob(t.Context(), by, "finished") })
	l.tracks("unseen", func(by store.Author) (bool, error) { return l.store.PauseJob(t.Context(), by, "unseen", "by hand") })
	f := &readFixture{t: t, getenv: l.app.getenv}
	for name, want := range map[string][2]string{
		"gone": {"one\n", "job gone is removed"}, "finished": {"one\n", "job finished is finished"}, "unseen": {"has no run yet", "job unseen is paused: by hand"},
	} {
		stdout, stderr, code := f.run("log", name, "--follow")
		if code != exitUnseen || !strings.Contains(stdout, want[0]) || !strings.Contains(stderr, want[1]) {
			t.Errorf("log %s --follow ends with %d: %s%s", name, code, stdout, stderr)
		}
	}
}

func TestLogFollow_JSONIsOneObjectALine(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	looker := l.following(formatJSON)
	looker.look()
	l.says("stores-eu", l.importing("e-1", time.Minute, "in_progress", "info: <one>", "info: two"))
	looker.again()
	l.says("stores-eu", l.importing("e-1", time.Minute, "success", "info: <one>"))
	looker.look()
	if err := looker.end(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(l.out.String()) {
		var e store.LogEntryRow
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		text := e.Detail
		if e.WithdrawnAt != nil {
			text = "-" + text
		}
		got = append(got, text)
	}
	if strings.Join(got, " ") != "<one> two -two" || strings.Contains(l.out.String(), `\u003c`) {
		t.Error(l.out.String())
	}
}

func TestLogFollowCommand(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	f := &readFixture{t: t, getenv: l.app.getenv}
	for args, want := range map[string]string{
		"log nobody --follow":                 `no job is named "nobody"`,
		"log stores-eu --follow --run 3":      "job stores-eu has no run 3",
		"log stores-eu --follow --format csv": "--follow writes a table or json",
	} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code == exitDone || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("tracker %s ends with %d: %s%s", args, code, stdout, stderr)
		}
	}
}
