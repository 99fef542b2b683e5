package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
)

// TestSourceRemove ends the tracking of a source after that of its jobs, keeps
// what they did, and is undone by registering it again.
func TestSourceRemove(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.apply(t, f.declaration())
	jobs, err := f.store.Jobs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.round(t, said{job: jobs[0], body: woosmapBody("r", "success")})
	ctx := t.Context()
	if _, err := f.store.RemoveSource(ctx, f.by, "woosmap-prod"); !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "to be removed first: a, b") {
		t.Errorf("with jobs that are tracked it is removed: %v", err)
	}
	f.by.At = f.now.Add(time.Second).Truncate(time.Second)
	at := f.by.At.Format("2006-01-02T15:04:05+00:00")
	f.must(t)(f.store.RemoveJob(ctx, f.by, "a"))
	f.must(t)(f.store.RemoveJob(ctx, f.by, "b"))
	f.must(t)(f.store.RemoveSource(ctx, f.by, "woosmap-prod"))
	if changed, err := f.store.RemoveSource(ctx, f.by, "woosmap-prod"); changed || err != nil {
		t.Errorf("removed again: %t, %v", changed, err)
	}
	equalLines(t, column[string](t, f.conn, "SELECT source FROM report.sources"))
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', source, job, state) FROM report.runs"), "woosmap-prod a succeeded")
	if names, err := f.store.SourceNames(ctx, ""); len(names) > 0 || err != nil {
		t.Errorf("it completes to %v, %v", names, err)
	}
	for what, refused := range map[string]func() (bool, error){
		"pause":  func() (bool, error) { return f.store.PauseSource(ctx, f.by, "woosmap-prod", "why") },
		"resume": func() (bool, error) { return f.store.ResumeSource(ctx, f.by, "woosmap-prod") },
	} {
		if _, err := refused(); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%s of a removed source gives %v", what, err)
		}
	}
	if changed, err := f.store.PauseForCredential(ctx, f.by, "woosmap-prod", "why"); changed || err != nil {
		t.Errorf("paused for its credential: %t, %v", changed, err)
	}
	for what, spec := range map[string]store.JobSpec{"a new job": f.jobSpec("woosmap", "c"), "a removed one": f.jobSpec("woosmap", "a")} {
		_, err := f.store.Apply(ctx, f.by, store.Declaration{Jobs: []store.JobSpec{spec}})
		if refused, ok := errors.AsType[*store.DeclarationError](err); !ok || refused.Field != "source" || !strings.Contains(err.Error(), "source woosmap-prod is removed") {
			t.Errorf("%s is registered at it: %v", what, err)
		}
	}
	again := f.declaration()
	again.Sources[0].Schedule = "@every 9m"
	equalLines(t, f.apply(t, again), "revive source woosmap-prod", "change source woosmap-prod", "revive job a", "revive job b")
	equalLines(t, f.apply(t, again))
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', source, jobs, schedule) FROM report.sources"), "woosmap-prod 2 @every 9m")
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', actor, action, before, '->', after) FROM report.changes
		WHERE subject = 'source woosmap-prod' AND action IN ('remove', 'revive') ORDER BY change_no`),
		`ann remove -> {"removed_at": "`+at+`"}`, `ann revive {"removed_at": "`+at+`"} ->`)
}

// TestSourceRemove_ByPrune takes what is not declared and has no job left; what
// was paused comes back paused.
func TestSourceRemove_ByPrune(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.apply(t, f.declaration())
	f.register(t, "safetykit", "s")
	f.must(t)(f.store.PauseSource(t.Context(), f.by, "safetykit-prod", "why"))
	dry := f.declaration()
	dry.Prune, dry.DryRun = true, true
	equalLines(t, f.apply(t, dry), "remove job s", "remove source safetykit-prod")
	jobsAlone := store.Declaration{Jobs: append(f.declaration().Jobs, f.jobSpec("safetykit", "s")), Prune: true}
	equalLines(t, f.apply(t, jobsAlone))
	pruned := f.declaration()
	pruned.Prune = true
	equalLines(t, f.apply(t, pruned), "remove job s", "remove source safetykit-prod")
	equalLines(t, f.apply(t, pruned))
	equalLines(t, f.apply(t, store.Declaration{Sources: []store.SourceSpec{f.sourceSpec("safetykit")}}), "revive source safetykit-prod")
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', source, paused_reason) FROM report.sources ORDER BY source"), "safetykit-prod why", "woosmap-prod")
}

// TestGuardsKeepRemovedSourcesWithoutJobs, whoever asks.
func TestGuardsKeepRemovedSourcesWithoutJobs(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // SQL by hand leaves cursors as they were
	f.apply(t, f.declaration())
	wantCode(t, f.conn, codeRestrict, "UPDATE sources SET removed_at = now()")
	mustExec(t, f.conn, "UPDATE jobs SET tracking = 'removed'")
	mustExec(t, f.conn, "UPDATE sources SET removed_at = now()")
	for _, refused := range []string{
		"UPDATE jobs SET tracking = 'active' WHERE name = 'a'",
		`INSERT INTO jobs (source_id, name, target, labels, tracking, registered_at) SELECT source_id, 'c', '{}', '{}', 'active', now() FROM sources`,
	} {
		wantCode(t, f.conn, codeRestrict, refused)
	}
	mustExec(t, f.conn, "UPDATE jobs SET labels = '{}'")
}
