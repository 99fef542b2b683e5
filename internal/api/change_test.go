package api_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/api"
	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// change asks for a change, and reads the job that is answered.
func (l *lab) change(method, path, body string, status int) (row store.JobRow) {
	l.t.Helper()
	got := l.ask(method, path, body)
	if got.status != status {
		l.t.Fatalf("%s %s: %d %s", method, path, got.status, got.text)
	}
	if err := json.Unmarshal([]byte(got.text), &row); err != nil {
		l.t.Fatal(err)
	}
	return row
}

// TestChangesAreRecorded in the name of who asks, and do what the commands do.
func TestChangesAreRecorded(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register()
	const declared = `{"source":"woosmap","target":{"dataset_id":"` + dataset + `"},"labels":{"team":"geo"},"stall_after":7200}`
	made := l.change(http.MethodPut, "/jobs/stores-eu", declared, http.StatusCreated)
	if made.Tracking != "active" || string(made.Labels) != `{"team": "geo"}` && string(made.Labels) != `{"team":"geo"}` || time.Duration(*made.StallAfter) != 2*time.Hour {
		t.Errorf("it is %+v", made)
	}
	l.change(http.MethodPut, "/jobs/stores-eu", declared, http.StatusOK)
	changed := l.change(http.MethodPut, "/jobs/stores-eu", strings.Replace(declared, "geo", "maps", 1), http.StatusOK)
	if !strings.Contains(string(changed.Labels), "maps") {
		t.Errorf("its labels are %s", changed.Labels)
	}
	if paused := l.change(http.MethodPost, "/jobs/stores-eu/pause", `{"reason":"it moves"}`, http.StatusOK); *paused.PausedReason != "it moves" {
		t.Errorf("paused: %+v", paused)
	}
	l.change(http.MethodPost, "/jobs/stores-eu/pause", "", http.StatusOK) // is paused already
	if got := l.ask(http.MethodPost, "/jobs/stores-eu/pause", `{"reason":"`+strings.Repeat("x", 1001)+`"}`); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a reason that is too long: %d %s", got.status, got.text)
	}
	l.change(http.MethodPost, "/jobs/stores-eu/resume", "", http.StatusOK)
	if removed := l.change(http.MethodDelete, "/jobs/stores-eu", "", http.StatusOK); removed.Tracking != "removed" {
		t.Errorf("removed: %+v", removed)
	}
	if got := l.ask(http.MethodPost, "/jobs/stores-eu/pause", ""); got.status != http.StatusConflict {
		t.Errorf("a removed job is paused: %d %s", got.status, got.text)
	}
	var from store.SourceRow
	for _, path := range []string{"/sources/woosmap/pause", "/sources/woosmap/resume"} {
		if got := l.ask(http.MethodPost, path, ""); got.status != http.StatusOK || json.Unmarshal([]byte(got.text), &from) != nil {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	l.Want("changes", []string{
		"ann register job stores-eu", "ann change job stores-eu", "ann pause job stores-eu", "ann resume job stores-eu", "ann remove job stores-eu",
		"ann pause source woosmap", "ann resume source woosmap",
	}, `SELECT actor || ' ' || action || ' ' || subject FROM report.changes WHERE actor = 'ann' ORDER BY change_no`)
	l.Check()
}

// TestChangesAreText: what could not be kept as it was sent is refused.
func TestChangesAreText(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	const put = `{"source":"woosmap","target":{"dataset_id":"` + dataset + `"},`
	for _, refused := range []struct{ method, path, body string }{
		{http.MethodPost, "/jobs/stores-eu/pause", `{"reason":"a\u0000b"}`},
		{http.MethodPost, "/jobs/stores-eu/pause", `{"reason":"\ud800"}`},
		{http.MethodPost, "/sources/woosmap/pause", "{\"reason\":\"\xff\"}"},
		{http.MethodPut, "/jobs/stores-eu", put + `"labels":{"team":"geo\udfff"}}`},
		{http.MethodPut, "/jobs/stores-eu", put + `"labels":{"\u0000":"geo"}}`},
		{http.MethodPut, "/jobs/stores-eu", put + `"schedule":"@every 5m\u0000"}`},
		{http.MethodPut, "/jobs/stores-eu", put + `"schedule":`},
	} {
		if got := l.ask(refused.method, refused.path, refused.body); got.status != http.StatusBadRequest || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s %s: %d %s", refused.method, refused.path, refused.body, got.status, got.text)
		}
	}
	l.Want("changes", nil, `SELECT action FROM report.changes WHERE actor = 'ann'`)
	if paused := l.change(http.MethodPost, "/jobs/stores-eu/pause", `{"reason":"\\u0000 \ud83d\ude00"}`, http.StatusOK); *paused.PausedReason != `\u0000 😀` {
		t.Errorf("paused: %s", *paused.PausedReason)
	}
}

// TestDaemonsLoginRegistersNothing: the database has its say.
func TestDaemonsLoginRegistersNothing(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	login := "test_" + strings.ToLower(rand.Text()[:12])
	l.Exec(`CREATE ROLE ` + login + ` LOGIN IN ROLE tracker_writer`)
	at, err := url.Parse(l.URL)
	if err != nil {
		t.Fatal(err)
	}
	at.User = url.User(login)
	daemons := testkit.OpenStore(t, at.String())
	l.at, _ = l.serve(daemons, time.Minute, time.Minute)
	l.change(http.MethodPost, "/jobs/stores-eu/pause", "", http.StatusOK)
	for path, method := range map[string]string{"/jobs/stores-eu/resume": http.MethodPost, "/jobs/stores-eu": http.MethodDelete} {
		if got := l.ask(method, path, ""); got.status != http.StatusForbidden || !strings.Contains(got.text, "docs/sql.md") {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	t.Cleanup(func() { daemons.Close() })
}

// TestSyncTellsWhereItsOutcomeIs, and refuses what is not polled.
func TestSyncTellsWhereItsOutcomeIs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	l.say(dataset, `{"id":"r1","status":"in_progress","steps":[]}`)
	got := l.ask(http.MethodPost, "/jobs/stores-eu/sync", "")
	if got.status != http.StatusAccepted {
		t.Fatalf("%d %s", got.status, got.text)
	}
	newSchemas(t, l).check(t, "/jobs/{job}/sync", "post", got)
	at := strings.TrimSuffix(l.at, "/api/v1") + got.header.Get("Location")
	var polls struct{ Items []store.PollRow }
	for len(polls.Items) == 0 {
		l.get(at, &polls)
	}
	if len(polls.Items) != 1 || polls.Items[0].Outcome != "changed" {
		t.Errorf("it came to %+v", polls.Items)
	}
	l.change(http.MethodPost, "/jobs/stores-eu/pause", `{"reason":"it moves"}`, http.StatusOK)
	if got := l.ask(http.MethodPost, "/jobs/stores-eu/sync", ""); got.status != http.StatusConflict || !strings.Contains(got.text, "it moves") {
		t.Errorf("paused: %d %s", got.status, got.text)
	}
	l.change(http.MethodPost, "/jobs/stores-eu/resume", "", http.StatusOK)
	l.ask(http.MethodPost, "/sources/woosmap/pause", `{"reason":"the key"}`)
	if got := l.ask(http.MethodPost, "/jobs/stores-eu/sync", ""); got.status != http.StatusConflict || !strings.Contains(got.text, "the key") {
		t.Errorf("its source is paused: %d %s", got.status, got.text)
	}
}

// TestSyncIsAnsweredByAPollUnderWay, which was sent before it was asked for.
func TestSyncIsAnsweredByAPollUnderWay(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	gate := upstreamsim.NewGate()
	run := testkit.WoosmapRun("r1", "in_progress")
	l.Woosmap.Script(dataset, run, run.Behind(gate), run)
	l.poll("stores-eu", 1)
	job, err := l.store.Job(t.Context(), "stores-eu")
	if err != nil {
		t.Fatal(err)
	}
	var underWay errgroup.Group
	underWay.Go(func() error { return l.syncer.Once(t.Context(), []store.Job{job}, func(sync.Event) {}) })
	<-gate.Reached()
	got := l.ask(http.MethodPost, "/jobs/stores-eu/sync", "")
	gate.Open()
	if err := underWay.Wait(); err != nil {
		t.Fatal(err)
	}
	var asked api.Asked
	if err := json.Unmarshal([]byte(got.text), &asked); err != nil {
		t.Fatal(err)
	}
	var polls struct{ Items []store.PollRow }
	l.get(strings.TrimSuffix(l.at, "/api/v1")+got.header.Get("Location"), &polls)
	if n := len(polls.Items); n == 0 || n > 2 || !polls.Items[n-1].PolledAt.Before(asked.AskedAt) {
		t.Errorf("asked at %s it is answered by %+v", asked.AskedAt, polls.Items)
	}
}
