package definition_test

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tracker/internal/definition"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// TestPresetsPolled: each preset is polled as its scenario file plays its API, through a
// success and a failure at least, and what is stored is sound.
func TestPresetsPolled(t *testing.T) {
	t.Parallel()
	for _, name := range definition.PresetNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := definition.PresetFiles()
			play, err := upstreamsim.ReadPlay(files, path.Join("testdata", name, "scenario.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if play.Provider != name {
				t.Fatalf("the scenario plays %s", play.Provider)
			}
			states := map[string]bool{}
			lab := newPlayed(t, play)
			for _, job := range play.Jobs {
				for n, want := range job.Polls {
					lab.poll(job.Name, n, want)
					states[want.State] = true
				}
			}
			lab.Check()
			if !states["succeeded"] || !states["failed"] {
				t.Error("no job succeeds, or none fails")
			}
			wantUsed(t, files, name, play)
		})
	}
}

// wantUsed: each payload is of a test of the preset or of its scenario.
func wantUsed(t *testing.T, files fs.FS, name string, play upstreamsim.Play) {
	t.Helper()
	d, _, err := definition.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, test := range d.Tests {
		for _, file := range test.Payloads {
			used = append(used, file)
		}
	}
	for _, job := range play.Jobs {
		for _, answers := range job.Answers {
			for _, answer := range answers {
				used = append(used, path.Join("testdata", name, answer.Body))
			}
		}
	}
	all, err := fs.Glob(files, path.Join("testdata", name, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		if !slices.Contains(used, file) {
			t.Errorf("%s is of no test", file)
		}
	}
}

// played is a database and an API that a scenario plays, with a source named played.
type played struct {
	*testkit.Database
	t      *testing.T
	store  *store.Store
	syncer *sync.Syncer
}

func newPlayed(t *testing.T, play upstreamsim.Play) *played {
	t.Helper()
	api, err := upstreamsim.NewAPI(play, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	l := &played{Database: testkit.NewDatabase(t), t: t}
	l.store = l.Store()
	client := source.NewClient("test")
	t.Cleanup(client.Close)
	l.syncer = &sync.Syncer{
		Store: l.store, Client: client, Getenv: func(string) string { return play.Accept.Secret }, Owner: "lab", Logger: slog.New(slog.DiscardHandler),
	}
	now, err := l.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := definition.Preset(play.Provider)
	if err != nil {
		t.Fatal(err)
	}
	declared := store.Declaration{Providers: []store.ProviderSpec{{Name: d.Name, Definition: d.Text, Origin: store.OriginPreset}}, Sources: []store.SourceSpec{testkit.Source("played", play.Provider, server.URL, "env:KEY")}}
	for _, job := range play.Jobs {
		declared.Jobs = append(declared.Jobs, store.JobSpec{Name: job.Name, Source: "played", Target: job.Target, FirstPollAt: now})
	}
	if _, err := l.store.Apply(t.Context(), store.Author{Actor: "tester", At: now}, declared); err != nil {
		t.Fatal(err)
	}
	return l
}

// poll polls a job once more and compares what came of it.
func (l *played) poll(name string, n int, want upstreamsim.PlayPoll) {
	l.t.Helper()
	job, err := l.store.Job(l.t.Context(), name)
	if err != nil {
		l.t.Fatal(err)
	}
	var told []string
	err = l.syncer.Once(l.t.Context(), []store.Job{job}, func(e sync.Event) { told = append(told, fmt.Sprint(e.Outcome, " ", e.Error)) })
	if err != nil {
		l.t.Fatal(err)
	}
	at := fmt.Sprintf("%s, poll %d (%s)", name, n+1, strings.Join(told, "; "))
	l.Want(at, []string{want.Outcome}, `SELECT last_outcome FROM report.jobs WHERE job = $1`, name)
	l.Want(at, []string{want.State}, `SELECT coalesce(state, '') FROM report.jobs WHERE job = $1`, name)
	for rows, count := range want.Rows {
		view := map[string]string{"steps": "steps", "entries": "log_entries", "items": "result_items"}[rows]
		if view == "" {
			l.t.Fatalf("%s: rows of %s", at, rows)
		}
		l.Want(at+": "+rows, []string{strconv.Itoa(count)}, `SELECT count(*)::text FROM report.`+view+` WHERE job = $1`, name)
	}
}
