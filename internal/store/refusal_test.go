package store_test

import (
	"fmt"
	"strings"
	"testing"

	"tracker/internal/history"
	"tracker/internal/store"
)

// refused polls a job whose credential is refused, and counts it as package sync does.
func (f *feed) refused(t *testing.T, job store.Job) string {
	t.Helper()
	f.round(t, said{job: job, failure: history.OutcomeUnauthorized})
	paused, err := f.store.CountRefusal(t.Context(), store.Author{Actor: "tracker", At: f.now}, store.Refusal{
		Job: job.Name, Source: job.Source, JobID: job.ID, SourceID: job.From.ID, Reason: "unauthorized: 401",
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%t %t", paused.Source, paused.Job)
}

func (f *feed) accepted(t *testing.T, job store.Job) {
	t.Helper()
	f.round(t, said{job: job, body: woosmapBody("r", "success")})
}

const (
	nothingPaused = "false false"
	sourcePaused  = "true false"
	jobPaused     = "false true"
)

func TestRefuse(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	for name, test := range map[string]struct {
		polls string // a job's letter each, in capitals where the poll is refused; - for one that fails otherwise
		want  []string
		state string // of the source and the jobs, afterwards
	}{
		"ThreeInARow":            {"A A A", []string{nothingPaused, nothingPaused, sourcePaused}, "paused, a active, b active"},
		"ThreeOfSeveralJobs":     {"A B A", []string{nothingPaused, nothingPaused, sourcePaused}, "paused, a active, b active"},
		"SuccessBetween":         {"A A a A A", []string{nothingPaused, nothingPaused, nothingPaused, nothingPaused}, "open, a active, b active"},
		"OthersSucceed":          {"A b A b A", []string{nothingPaused, nothingPaused, jobPaused}, "open, a paused, b active"},
		"OthersSucceedOnce":      {"A A b A", []string{nothingPaused, nothingPaused, jobPaused}, "open, a paused, b active"},
		"OtherFailuresDoNotHelp": {"A - A - A", []string{nothingPaused, nothingPaused, sourcePaused}, "paused, a active, b active"},
		"OwnFailuresDoNotHelp":   {"A b A - b A", []string{nothingPaused, nothingPaused, jobPaused}, "open, a paused, b active"},
	} {
		f := f.at(name)
		jobs := f.register(t, "woosmap", "a-"+f.account, "b-"+f.account)
		var got []string
		for poll := range strings.FieldsSeq(test.polls) {
			switch poll {
			case "A", "B":
				got = append(got, f.refused(t, jobs[poll[0]-'A']))
			case "a", "b":
				f.accepted(t, jobs[poll[0]-'a'])
			default:
				f.round(t, said{job: jobs[0], failure: history.OutcomeTimeout})
			}
		}
		equalLines(t, got, test.want...)
		equalLines(t, column[string](t, f.conn, `SELECT CASE WHEN min(s.paused_reason) IS NULL THEN 'open' ELSE 'paused' END || ', ' ||
			string_agg(left(j.job, 1) || ' ' || j.tracking, ', ' ORDER BY j.job)
			FROM report.sources s JOIN report.jobs j USING (source) WHERE s.source = $1`, jobs[0].Source), test.state)
	}
}

// TestRefuseRecordsThePause with who did it, and why; those that come later record none.
func TestRefuseRecordsThePause(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	for range 3 {
		f.accepted(t, jobs[1])
		f.refused(t, jobs[0])
	}
	takes := f.take(t, said{job: jobs[1], failure: history.OutcomeForbidden}) // in flight when the source is paused
	f.must(t)(f.store.ResumeJob(t.Context(), f.by, "a"))
	mustExec(t, f.conn, "UPDATE budgets SET refusals = 2")
	if got := f.refused(t, jobs[0]); got != sourcePaused {
		t.Errorf("paused: %s", got)
	}
	f.record(t, takes)
	paused, err := f.store.CountRefusal(t.Context(), f.by, store.Refusal{Job: "b", Source: jobs[1].Source, JobID: jobs[1].ID, SourceID: jobs[1].From.ID, Reason: "late"})
	if err != nil || paused != (store.Paused{}) {
		t.Errorf("paused again: %v, %v", paused, err)
	}
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', actor, action, subject, before ->> 'tracking', after ->> 'tracking', after ->> 'paused_reason')
		FROM report.changes WHERE action IN ('pause', 'resume') ORDER BY change_no`),
		"tracker pause job a active paused unauthorized: 401",
		"ann resume job a paused active",
		"tracker pause source woosmap-prod unauthorized: 401")
}

// TestRefuseAfterResume: whoever resumes starts the count anew, of the source
// and of its jobs.
func TestRefuseAfterResume(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	alone := f.register(t, "woosmap", "alone")[0]
	for range 2 {
		equalLines(t, []string{f.refused(t, alone), f.refused(t, alone), f.refused(t, alone)}, nothingPaused, nothingPaused, sourcePaused)
		f.must(t)(f.store.ResumeSource(t.Context(), f.by, alone.Source))
	}
	f = f.at("other")
	jobs := f.register(t, "woosmap", "a", "b")
	for range 2 {
		for i := range 3 {
			f.accepted(t, jobs[1])
			if got := f.refused(t, jobs[0]); (got == jobPaused) != (i == 2) {
				t.Errorf("refusal %d pauses %s", i+1, got)
			}
		}
		f.must(t)(f.store.ResumeJob(t.Context(), f.by, "a"))
	}
}

// TestRefuseLeavesPausedJobs: a job that is not active is not paused by its refusals.
func TestRefuseLeavesPausedJobs(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	f.must(t)(f.store.FinishJob(t.Context(), f.by, "a"))
	for range 4 {
		f.accepted(t, jobs[1])
		if got := f.refused(t, jobs[0]); got != nothingPaused {
			t.Errorf("paused: %s", got)
		}
	}
}
