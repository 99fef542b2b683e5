package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tracker/internal/source"
	"tracker/internal/store"
	tracking "tracker/internal/sync"
	"tracker/internal/terminal"
	"tracker/internal/testdb"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
	"tracker/internal/words"
)

// lookout is a database, a Woosmap account, and an app that looks at them.
type lookout struct {
	*testkit.Database
	*testkit.Services
	t     *testing.T
	app   *app
	out   *printed
	errs  *printed
	store *store.Store
	jobs  map[string]store.Job
	began time.Time // what the service takes for now
}

const lookoutKey = "lookout-key"

// newLookout has jobs that were not polled yet.
func newLookout(t *testing.T, names ...string) *lookout {
	t.Helper()
	l := &lookout{
		Database: testkit.NewDatabase(t), Services: testkit.NewServices(t, lookoutKey, nil), t: t,
		out: &printed{}, errs: &printed{}, jobs: map[string]store.Job{}, began: time.Now().UTC(),
	}
	environment := map[string]string{"DATABASE_URL": l.URL, "KEY": lookoutKey, "TRACKER_ACTOR": "tester"}
	l.app = &app{surroundings: surroundings{"dev", func(name string) string { return environment[name] }, strings.NewReader(""), l.out, l.errs, patience}}
	l.store = l.Store()
	t.Cleanup(func() { l.Check() })
	spec := testkit.Source("woosmap-test", "woosmap", l.WoosmapAt, "env:KEY")
	declared := store.Declaration{Sources: []store.SourceSpec{spec}}
	for i, name := range names {
		declared.Jobs = append(declared.Jobs, store.JobSpec{
			Name: name, Source: spec.Name, Target: map[string]string{"dataset_id": datasetID(i + 1)}, FirstPollAt: l.now(),
		})
	}
	if _, err := l.store.Apply(t.Context(), store.Author{Actor: "tester", At: l.now()}, declared); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		var err error
		if l.jobs[name], err = l.store.Job(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *lookout) now() time.Time {
	l.t.Helper()
	now, err := l.store.Now(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return now
}

// heartbeat says that a tracker serves.
func (l *lookout) heartbeat() {
	l.t.Helper()
	if err := l.store.Heartbeat(l.t.Context(), store.Replica{Owner: "tester", StartedAt: l.now()}, l.now()); err != nil {
		l.t.Fatal(err)
	}
}

// says makes the service answer so for a job, and polls it.
func (l *lookout) says(name string, frame upstreamsim.Frame) {
	l.t.Helper()
	job := l.jobs[name]
	l.Woosmap.Script(job.Target["dataset_id"], frame)
	client := source.NewClient("test")
	defer client.Close()
	syncer := &tracking.Syncer{Store: l.store, Client: client, Getenv: l.app.getenv, Owner: "tester", Logger: slog.New(slog.DiscardHandler)}
	err := syncer.Once(l.t.Context(), []store.Job{job}, func(e tracking.Event) {
		if e.Kind != tracking.Polled {
			l.t.Errorf("%s was not polled: %v %s", name, e.Kind, e.Reason)
		}
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// importing is an answer of a run that imports since a while, or has ended in a status.
func (l *lookout) importing(run string, began time.Duration, status string, entries ...string) upstreamsim.Frame {
	l.t.Helper()
	const layout = "2006-01-02T15:04:05"
	start, end := l.began.Add(-began), "null"
	if status != "in_progress" {
		end = fmt.Sprintf("%q", start.Add(began/2).Format(layout))
	}
	for i, detail := range entries {
		level, detail, _ := strings.Cut(detail, ": ")
		text, err := json.Marshal(map[string]string{"created_at": start.Format(layout), "level": level, "detail": detail})
		if err != nil {
			l.t.Fatal(err)
		}
		entries[i] = string(text)
	}
	return upstreamsim.Answer(fmt.Sprintf(`{"id": %q, "status": %q, "steps": [{"name": "import", "start": %q, "end": %s, "status": %q, "entries": [%s]}]}`,
		run, status, start.Format(layout), end, status, strings.Join(entries, ", ")))
}

// wantPrinted waits until something is printed, which it takes away.
func wantPrinted(t *testing.T, from *printed, want string) {
	t.Helper()
	await(t, "to print "+want, func() bool { return strings.Contains(from.String(), want) })
}

// looking is something that looks again and again until its context ends.
type looking struct {
	ticks  chan time.Time
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // once it has ended
}

func begin(t *testing.T, run func(ctx context.Context, ticks <-chan time.Time) error) *looking {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &looking{ticks: make(chan time.Time), cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		l.err = run(ctx, l.ticks)
	}()
	t.Cleanup(func() {
		cancel()
		<-l.ended
	})
	return l
}

// look returns when the look before has ended, and makes it look again.
func (l *looking) look() {
	select {
	case l.ticks <- time.Time{}:
	case <-l.ended:
	}
}

// again makes it look and returns when that has ended.
func (l *looking) again() {
	l.look()
	l.look()
}

// end ends it after a look and returns how it ends.
func (l *looking) end() error {
	l.again()
	l.cancel()
	<-l.ended
	return l.err
}

// A time that is ours is printed as one by which it had happened.
func TestWatchPrints(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "calm", "stores-eu", "stores-us")
	l.says("calm", l.importing("c-1", time.Hour, "success"))
	l.says("stores-eu", l.importing("e-1", time.Minute, "in_progress"))
	looker := begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
		return (&watcher{app: l.app, store: l.store, ticks: ticks}).print(ctx)
	})
	looker.look()
	wantPrinted(t, l.out, "Z  watching 3 jobs: 1 running · 2 quiet\n")
	wantPrinted(t, l.errs, "nobody looks: no tracker serves this database; start one:  tracker serve\n")
	for _, c := range []struct {
		job   string
		frame upstreamsim.Frame
		want  string
	}{
		{"calm", l.importing("c-1", time.Hour, "success"), ""},
		{"stores-us", l.importing("u-1", time.Minute, "in_progress"), "Z  stores-us  ▶ running  run 1 in import\n"},
		{"stores-eu", l.importing("e-1", time.Minute, "failed", "error: Row 7\x1b[2J\nis odd"), "Z  stores-eu  ✖ failed  run 1 in import after 30 s: Row 7\\x1b[2J\\nis odd\n"},
		{"stores-us", upstreamsim.WoosmapError(500), "Z  stores-us  cannot look  500 Internal Server Error\n"},
		{"stores-us", upstreamsim.WoosmapError(500), ""},
		{"stores-us", l.importing("u-2", time.Second, "in_progress"), "Z  stores-us  ? unknown  run 1 superseded, its end was not seen\n"},
	} {
		was := len(l.out.String())
		l.says(c.job, c.frame)
		looker.again()
		got := l.out.String()[was:]
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("it prints %q, not %q", got, c.want)
		}
	}
	if err := looker.end(); err != nil {
		t.Errorf("ends with %v", err)
	}
	h, err := l.store.History(t.Context(), store.HistoryParams{Job: "stores-us", RunNo: 1, Most: 1})
	if err != nil {
		t.Fatal(err)
	}
	seen := words.CeilSecond(h.Transitions[len(h.Transitions)-1].ObservedAt).UTC().Format(time.RFC3339)
	for _, want := range []string{
		seen + "  stores-us  ? unknown  run 1 superseded, its end was not seen\n", "stores-us  ▶ running  run 2 in import\n", "stores-us  answers again\n",
	} {
		if strings.Count(l.out.String(), want) != 1 {
			t.Errorf("%q is not printed once in\n%s", want, l.out.String())
		}
	}
}

// TestWatchPrints_WhatIsNewOfRevivedJobs: not their past, whether they were removed before
// it began or later.
func TestWatchPrints_WhatIsNewOfRevivedJobs(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "before", "while")
	remove := func(name string) {
		t.Helper()
		if _, err := l.store.RemoveJob(t.Context(), store.Author{Actor: "tester", At: l.now()}, name); err != nil {
			t.Fatal(err)
		}
	}
	for name := range l.jobs {
		l.says(name, l.importing("run-1", time.Hour, "success"))
		l.says(name, upstreamsim.WoosmapError(500))
	}
	remove("before")
	looker := begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
		return (&watcher{app: l.app, store: l.store, ticks: ticks}).print(ctx)
	})
	looker.again()
	remove("while")
	looker.again()
	declared := store.Declaration{}
	for name, job := range l.jobs {
		declared.Jobs = append(declared.Jobs, store.JobSpec{Name: name, Source: job.From.Name, Target: job.Target, FirstPollAt: l.now()})
	}
	if _, err := l.store.Apply(t.Context(), store.Author{Actor: "tester", At: l.now()}, declared); err != nil {
		t.Fatal(err)
	}
	looker.again()
	if got := l.out.String(); strings.Contains(got, "succeeded  run 1") || strings.Contains(got, "cannot look") {
		t.Errorf("it prints the past:\n%s", got)
	}
	for name := range l.jobs {
		l.says(name, upstreamsim.WoosmapError(500))
	}
	looker.again()
	if got := l.out.String(); strings.Count(got, "before  cannot look") != 1 || strings.Contains(got, "while  cannot look") { // of that it was told as it began
		t.Errorf("that looks go on to fail is not printed once, or twice:\n%s", got)
	}
	for name := range l.jobs {
		l.says(name, l.importing("run-2", time.Minute, "failed"))
	}
	if err := looker.end(); err != nil {
		t.Errorf("ends with %v", err)
	}
	for name := range l.jobs {
		if got := l.out.String(); strings.Count(got, name+"  ✖ failed  run 2 in import") != 1 {
			t.Errorf("what is new of %s is not printed once:\n%s", name, got)
		}
	}
}

func TestWatchLive(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu", "stores-us", "quiet", "gone")
	l.heartbeat()
	l.says("quiet", l.importing("q-1", time.Hour, "success"))
	l.says("stores-eu", l.importing("e-1", 30*time.Second, "in_progress"))
	if _, err := l.store.RemoveJob(t.Context(), store.Author{Actor: "tester", At: l.now()}, "gone"); err != nil {
		t.Fatal(err)
	}
	read := (&watcher{app: l.app, store: l.store}).reader()
	check := func(filter string, want ...string) {
		t.Helper()
		layout, err := read(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		text := layout(terminal.Screen{Width: 80}, 24, 0).Text
		for _, one := range want {
			if !strings.Contains(text, one) {
				t.Errorf("no %q for %q in\n%s", one, filter, text)
			}
		}
	}
	check("", "1 running · 2 quiet", "▶ stores-eu  import", " of about 30 m", "QUIET  2 jobs, 1 not seen yet")
	check("quiet", "1 quiet", "QUIET  1 job, succeeded")
	check("eu", "1 running  ", "▶ stores-eu")
	check("gone", `no watched job has "gone" in its name`)
	l.says("stores-eu", l.importing("e-1", 40*time.Second, "success"))
	check("", "3 quiet", "JUST SUCCEEDED", "✔ stores-eu")
	read = (&watcher{app: l.app, store: l.store, jobIDs: []int64{l.jobs["stores-us"].ID}}).reader()
	check("stores", "1 quiet")
}

// TestWatch_WaitsForTheDatabase ends the connections under one that looks.
func TestWatch_WaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu")
	l.heartbeat()
	l.says("stores-eu", l.importing("e-1", time.Minute, "in_progress"))
	shown := &printed{}
	lookers := []*looking{
		begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
			return (&watcher{app: l.app, store: l.store, ticks: ticks}).live(ctx, &terminal.Live{Out: shown})
		}),
		begin(t, func(ctx context.Context, ticks <-chan time.Time) error {
			return (&watcher{app: l.app, store: l.store, ticks: ticks}).print(ctx)
		}),
		l.following(formatTable),
	}
	for _, looker := range lookers {
		looker.again()
	}
	l.store.Close()
	for _, looker := range lookers {
		looker.again()
		if err := looker.end(); err != nil {
			t.Errorf("ends with %v", err)
		}
	}
	if got := shown.String(); !strings.Contains(got, "\nthe database does not answer, this is what it said last") || !strings.Contains(got, "\n▶ stores-eu") {
		t.Errorf("on a terminal: %s", got)
	}
	if got := l.errs.String(); strings.Count(got, "the database does not answer: ") != 2 {
		t.Errorf("on standard error: %s", got)
	}
}

func TestWatchCommand(t *testing.T) {
	t.Parallel()
	l := newLookout(t, "stores-eu", "gone")
	l.says("stores-eu", l.importing("e-1", time.Minute, "in_progress"))
	if _, err := l.store.RemoveJob(t.Context(), store.Author{Actor: "tester", At: l.now()}, "gone"); err != nil {
		t.Fatal(err)
	}
	f := &readFixture{t: t, getenv: l.app.getenv}
	if got := f.must("watch", "stores-eu", "--for", "0s"); !strings.Contains(got, "Z  watching 1 job: 1 running\n") || !strings.Contains(got, "Z  stores-eu  ▶ running  run 1 in import\n") {
		t.Error(got)
	}
	for args, want := range map[string]string{
		"watch nobody":      `no job is named "nobody"`,
		"watch gone":        "job gone is removed: nobody looks any more",
		"watch --for never": "--for: ",
	} {
		if stdout, stderr, code := f.run(strings.Fields(args)...); code == exitDone || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("tracker %s ends with %d: %s%s", args, code, stdout, stderr)
		}
	}
}

// TestWatch_ToldToEndBeforeItBegins ends as well as it would later.
func TestWatch_ToldToEndBeforeItBegins(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"DATABASE_URL": testdb.New(t)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs strings.Builder
	err := run(ctx, []string{"watch"}, surroundings{"dev", func(name string) string { return environment[name] }, strings.NewReader(""), &out, &errs, patience})
	if err != nil || out.String() != "" || errs.String() != "" {
		t.Errorf("it ends with %v and says %s%s", err, out.String(), errs.String())
	}
}
