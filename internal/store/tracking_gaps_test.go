package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
)

const gapLines = `SELECT concat_ws(' ', reason, round(extract(epoch FROM gap_from - $1)), round(extract(epoch FROM gap_to - $1)))
	FROM gaps ORDER BY gap_no`

// TestTrackingGapsOfFailures: looking failed for minutes, then somebody paused and
// resumed: neither takes the failures' place, whoever pauses what.
func TestTrackingGapsOfFailures(t *testing.T) {
	t.Parallel()
	type pauses struct {
		pause, resume func(context.Context, *feed, store.Author) (bool, error)
		reason        string
	}
	for name, test := range map[string]pauses{
		"Job": {
			func(ctx context.Context, f *feed, by store.Author) (bool, error) {
				return f.store.PauseJob(ctx, by, "a", "")
			},
			func(ctx context.Context, f *feed, by store.Author) (bool, error) {
				return f.store.ResumeJob(ctx, by, "a")
			}, "paused",
		},
		"Source": {
			func(ctx context.Context, f *feed, by store.Author) (bool, error) {
				return f.store.PauseSource(ctx, by, "woosmap-prod", "why")
			},
			func(ctx context.Context, f *feed, by store.Author) (bool, error) {
				return f.store.ResumeSource(ctx, by, "woosmap-prod")
			}, "paused",
		},
		"Credential": {
			func(ctx context.Context, f *feed, by store.Author) (bool, error) {
				return f.store.PauseForCredential(ctx, by, "woosmap-prod", "why")
			},
			func(ctx context.Context, f *feed, by store.Author) (bool, error) {
				return f.store.ResumeSource(ctx, by, "woosmap-prod")
			}, "credential",
		},
	} {
		for _, pause := range []time.Duration{time.Second, time.Hour} {
			t.Run(name+pause.String(), func(t *testing.T) {
				t.Parallel()
				f := newFeed(t)
				job := f.register(t, "woosmap", "a")[0]
				f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
				answered := f.now
				for range 7 {
					f.round(t, said{job: job, failure: history.OutcomeNotFound})
				}
				paused := f.now.Add(30 * time.Second)
				f.must(t)(test.pause(t.Context(), f, store.Author{Actor: "ann", At: paused}))
				f.now = paused.Add(pause)
				f.must(t)(test.resume(t.Context(), f, store.Author{Actor: "ann", At: f.now}))
				resumed := f.now
				for range 3 {
					f.round(t, said{job: job, failure: history.OutcomeNotFound})
				}
				f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
				seconds := func(at time.Time) float64 { return at.Sub(answered).Seconds() }
				equalLines(t, column[string](t, f.conn, gapLines, answered), // each stretch is told, however short
					fmt.Sprint("not_found 0 ", seconds(paused)), fmt.Sprint(test.reason, " ", seconds(paused), " ", seconds(resumed)),
					fmt.Sprint("not_found ", seconds(resumed), " ", seconds(f.now)))
			})
		}
	}
}

// TestTrackingGapsAtAPausedSource: a job that is resumed, or registered, while its
// source is paused is not looked at for that reason.
func TestTrackingGapsAtAPausedSource(t *testing.T) {
	t.Parallel()
	for reason, pause := range map[string]func(*store.Store, context.Context, store.Author, string, string) (bool, error){
		"paused": (*store.Store).PauseSource, "credential": (*store.Store).PauseForCredential,
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			gapsAtAPausedSource(t, reason, pause)
		})
	}
}

func gapsAtAPausedSource(t *testing.T, reason string, pause func(*store.Store, context.Context, store.Author, string, string) (bool, error)) {
	t.Helper()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
	from := f.now
	step := func(do func(by store.Author) (bool, error)) {
		f.now = f.now.Add(time.Hour)
		f.must(t)(do(store.Author{Actor: "ann", At: f.now}))
	}
	step(func(by store.Author) (bool, error) { return f.store.PauseJob(t.Context(), by, "a", "") })
	step(func(by store.Author) (bool, error) {
		return pause(f.store, t.Context(), by, "woosmap-prod", "why")
	})
	step(func(by store.Author) (bool, error) { return f.store.ResumeJob(t.Context(), by, "a") })
	f.by.At = f.now
	late := f.register(t, "woosmap", "late")[0]
	step(func(by store.Author) (bool, error) { return f.store.ResumeSource(t.Context(), by, "woosmap-prod") })
	f.round(t, said{job: job, body: woosmapBody("r", "in_progress")}, said{job: late, body: woosmapBody("r", "in_progress")})
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', name, reason, round(extract(epoch FROM gap_from - $1)), round(extract(epoch FROM gap_to - $1)))
		FROM gaps JOIN jobs USING (job_id) ORDER BY job_id, gap_no`, from),
		"a not_running 0 3600", "a paused 3600 10800", "a "+reason+" 10800 14400", "late "+reason+" 10800 14400")
}

// TestTrackingGapsOfAPollInFlight: a poll that was sent before a pause and is
// recorded after it tells no stretch again.
func TestTrackingGapsOfAPollInFlight(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
	from := f.now
	for range 4 {
		f.round(t, said{job: job, failure: history.OutcomeTimeout})
	}
	takes := f.take(t, said{job: job, body: woosmapBody("r", "in_progress")})
	f.must(t)(f.store.PauseJob(t.Context(), store.Author{Actor: "ann", At: f.now.Add(time.Second)}, "a", ""))
	f.record(t, takes)
	equalLines(t, column[string](t, f.conn, gapLines, from), fmt.Sprint("timeout 0 ", f.now.Sub(from).Seconds()))
}

// TestTrackingGapsOfAnOverdueJob: a tracker was killed while it polled, and an hour later
// something has the job polled at once. It stays as long overdue as it is.
func TestTrackingGapsOfAnOverdueJob(t *testing.T) {
	t.Parallel()
	for name, hasten := range map[string]func(*testing.T, *feed, store.Job) error{
		"Webhook": func(t *testing.T, f *feed, job store.Job) error {
			t.Helper()
			_, err := f.store.Receive(t.Context(), store.Receipt{SourceID: job.From.ID, MessageID: "msg_1", Verified: true, JobIDs: []int64{job.ID}})
			return err
		},
		"Schedule": func(t *testing.T, f *feed, _ store.Job) error {
			t.Helper()
			spec := f.sourceSpec("woosmap")
			spec.Schedule = "@every 2m"
			_, err := f.store.Apply(t.Context(), store.Author{Actor: "ann", At: f.now}, store.Declaration{Sources: []store.SourceSpec{spec}})
			return err
		},
		"ItsOwnSchedule": func(t *testing.T, f *feed, _ store.Job) error {
			t.Helper()
			spec := f.jobSpec("woosmap", "a")
			spec.Schedule = "@every 2m"
			_, err := f.store.Apply(t.Context(), store.Author{Actor: "ann", At: f.now}, store.Declaration{Jobs: []store.JobSpec{spec}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeed(t)
			job := f.register(t, "woosmap", "a")[0]
			f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
			from := f.now
			f.now = f.now.Add(time.Minute)
			f.claim(t, said{job: job})
			f.now = f.now.Add(time.Hour)
			if err := hasten(t, f, job); err != nil {
				t.Fatal(err)
			}
			f.round(t, said{job: job, body: woosmapBody("r", "in_progress")})
			equalLines(t, column[string](t, f.conn, gapLines, from), fmt.Sprint("not_running 0 ", f.now.Sub(from).Seconds()))
		})
	}
}

// TestTrackingGapsOfAFinishedJob: nobody was to look, and that somebody did in
// vain makes no gap of it.
func TestTrackingGapsOfAFinishedJob(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "safetykit", "a")[0]
	f.round(t, said{job: job, body: safetykitBody("a", "succeeded")})
	f.must(t)(f.store.FinishJob(t.Context(), store.Author{Actor: "tracker", At: f.now}, "a"))
	f.round(t, said{job: job, failure: history.OutcomeTimeout})
	f.now = f.now.Add(24 * time.Hour)
	f.must(t)(f.store.ResumeJob(t.Context(), store.Author{Actor: "ann", At: f.now}, "a"))
	f.round(t, said{job: job, body: safetykitBody("a", "succeeded")})
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', reason, gap_from, gap_to) FROM gaps"))
}
