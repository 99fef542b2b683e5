package words

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/tracking"
)

// Whoever waits for news of a job is told why there may be none. Where nothing
// was read of the job, as in an outage of the database, that is no reason to stop.
func TestNotPolled(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	job := func(tracking store.Tracking, reason string) store.Job {
		job := store.Job{Tracking: tracking, PausedReason: reason}
		job.Name, job.Source = "stores-eu", "woosmap"
		return job
	}
	paused := job(store.TrackingActive, "")
	paused.From.PausedAt, paused.From.PausedReason = now, "no\nkey"
	for name, c := range map[string]struct {
		polling tracking.Polling
		stopped bool
		want    string
	}{
		"Unread":       {tracking.Polling{}, false, ""},
		"Polled":       {tracking.Polling{Job: job(store.TrackingActive, "")}, false, ""},
		"Paused":       {tracking.Polling{Job: job(store.TrackingPaused, "")}, true, "job stores-eu is paused; to go on:  tracker job resume stores-eu"},
		"PausedWhy":    {tracking.Polling{Job: job(store.TrackingPaused, "moved")}, true, "job stores-eu is paused: moved; to go on:"},
		"Removed":      {tracking.Polling{Job: job(store.TrackingRemoved, "")}, true, "is removed; what was seen:  tracker history stores-eu"},
		"Finished":     {tracking.Polling{Job: job(store.TrackingFinished, "")}, true, "its import has ended; to poll it:  tracker sync stores-eu"},
		"SourcePaused": {tracking.Polling{Job: paused}, true, `source woosmap is paused: no\nkey; to go on:  tracker source resume woosmap`},
		"Unserved":     {tracking.Polling{Job: job(store.TrackingActive, ""), Unserved: true}, false, "no tracker serves this database"},
		"Held":         {tracking.Polling{Job: job(store.TrackingActive, ""), HeldUntil: now}, false, "held until 2026-11-22 14:00:00: the service asked"},
		"Unanswered":   {tracking.Polling{Job: job(store.TrackingActive, ""), Outcome: history.OutcomeTimeout}, false, "was answered: no answer in time"},
	} {
		got := NotPolled(c.polling)
		if c.polling.Stopped() != c.stopped || (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: stopped %t, told %q, not %q", name, c.polling.Stopped(), got, c.want)
		}
	}
}
