package sync_test

import (
	"slices"
	"strings"
	"testing"

	"tracker/internal/store"
	"tracker/internal/sync"
	"tracker/internal/testkit"
)

// TestOnceLeavesWhatCannotBePolled has a row in the database that no tracker
// could work with, or that this one cannot read: the other jobs are polled.
func TestOnceLeavesWhatCannotBePolled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		row  string
		want string // why; empty: it is polled all the same
	}{
		"UnknownZone":    {`UPDATE jobs SET schedule = 'CRON_TZ=Europe/Newtown */5 * * * *' WHERE name = 'bad'`, `zone "Europe/Newtown" is unknown`},
		"NoSchedule":     {`UPDATE jobs SET schedule = '' WHERE name = 'bad'`, ""},
		"TargetNoText":   {guardless + `UPDATE jobs SET target = '{"dataset_id": 7}' WHERE name = 'bad'`, `read its target: field "dataset_id" is no text`},
		"TargetNull":     {guardless + `UPDATE jobs SET target = '{"dataset_id": null}' WHERE name = 'bad'`, `read its target: field "dataset_id" is no text`},
		"TargetEmpty":    {guardless + `UPDATE jobs SET target = '{}' WHERE name = 'bad'`, "target field dataset_id: missing"},
		"Labels":         {`UPDATE jobs SET labels = '{"team": 7, "of": {"a": []}, "no": null}' WHERE name = 'bad'`, ""},
		"StallAfter":     {`UPDATE jobs SET stall_after = '3000000 years' WHERE name = 'bad'`, ""},
		"Provider":       {`SET LOCAL session_replication_role = replica; UPDATE sources SET provider = 'acme' WHERE name = 'other'`, `source other: unknown provider "acme"`},
		"BaseURL":        {`UPDATE sources SET base_url = 'acme' WHERE name = 'other'`, "source other: base_url: want http"},
		"BaseURLSecret":  {`UPDATE sources SET base_url = 'https://u:hush@acme.test' WHERE name = 'other'`, "source other: base_url: holds a user or password"},
		"SourceSchedule": {`UPDATE sources SET schedule = 'whenever' WHERE name = 'other'`, `source other: schedule "whenever"`},
		"ActiveEvery":    {`UPDATE sources SET active_every = '3000 years' WHERE name = 'other'`, "source other: active_every"},
		"RateEvery":      {`UPDATE sources SET rate_every = '3000 years', rate_burst = 2000000000 WHERE name = 'other'`, "source other: rate_limit every"},
		"RateZero": {`ALTER TABLE sources DROP CONSTRAINT sources_rate_check;
			UPDATE sources SET rate_every = '0' WHERE name = 'other'`, "source other: rate_limit every 0s is too short"},
		"Credential":  {`UPDATE sources SET credential = 'vault:x' WHERE name = 'other'`, "want env:NAME or file:PATH"},
		"PausedEver":  {`UPDATE sources SET paused_at = 'infinity', paused_reason = 'for ever' WHERE name = 'other'`, "source other is paused: for ever"},
		"CursorTimes": {`UPDATE cursors SET next_poll_at = 'infinity', covered_until = '-infinity', planned_every = '3000 years'`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.dataset("good", testkit.WoosmapRun("r1", "success"))
			l.another("other")
			l.datasetAt("other", "bad", testkit.WoosmapRun("r1", "success"))
			l.Exec(test.row)
			told := l.once("bad", "good").texts()
			if !slices.Contains(told, "polled good changed") {
				t.Errorf("the good job is not polled: %q", told)
			}
			bad := told[slices.IndexFunc(told, func(text string) bool { return strings.Contains(text, " bad") })]
			if test.want == "" && bad != "polled bad changed" || !strings.Contains(bad, test.want) || strings.Contains(bad, "hush") {
				t.Errorf("the bad job is %q, not %q", bad, test.want)
			}
		})
	}
}

// another registers one more source of Woosmap.
func (l *lab) another(name string) {
	l.t.Helper()
	l.declare(store.Declaration{Sources: []store.SourceSpec{l.sourceSpec(name, "woosmap", l.WoosmapAt)}})
}

// TestOncePausesWhatCannotBeCompared has what is stored of a job in a state in
// which no answer can be compared with it.
func TestOncePausesWhatCannotBeCompared(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ row, want string }{
		"Shape":   {`UPDATE runs SET shape = '["a"]' WHERE job_id = (SELECT job_id FROM jobs WHERE name = 'bad')`, "run 1: read shape"},
		"Entries": {`DELETE FROM steps WHERE job_id = (SELECT job_id FROM jobs WHERE name = 'bad')`, "log entry 1 is of step 1, and there are 0 steps"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			const one, two = `{"created_at":"2024-06-07T09:30:37","detail":"one","level":"info"}`, `{"created_at":"2024-06-07T09:30:38","detail":"two","level":"info"}`
			for _, job := range []string{"bad", "good"} {
				l.dataset(job, fetchWith(one), fetchWith(one+","+two))
			}
			l.once("bad", "good")
			l.syncer = l.newSyncer("restarted", l.store)
			l.Exec(guardless + test.row)
			told := l.once("bad", "good")
			if !slices.Contains(told.texts(), "polled good changed") {
				t.Errorf("the good job is not polled: %q", told.texts())
			}
			if !slices.ContainsFunc(told.all(), func(e sync.Event) bool {
				return e.Job.Name == "bad" && e.Kind == sync.Skipped && strings.Contains(e.Error, test.want)
			}) {
				t.Errorf("the bad job is not left for %q: %q", test.want, told.texts())
			}
			l.Want("the change", []string{"tracker pause"}, `SELECT actor || ' ' || action FROM report.changes WHERE subject = 'job bad' AND after->>'paused_reason' LIKE '%' || $1 || '%'`, test.want)
			l.Want("claims", []string{"0"}, `SELECT count(claimed_until)::text FROM cursors`)
		})
	}
}

// guardless is for statements that the guards of the schema would refuse.
const guardless = `SET LOCAL session_replication_role = replica; `
