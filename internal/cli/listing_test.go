package cli

import (
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

func TestListing(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]func(terminal.Screen) string{
		"jobs":           listedJobsAnd,
		"job":            func(s terminal.Screen) string { return jobText(listedJobs()[1], words.Clock{ReadAt: watchNow}, s) },
		"sources":        sourceListing(listedSources(), words.Clock{ReadAt: watchNow}, "").Text,
		"changes":        listedChanges,
		"failed_imports": listedFailures,
		"steps":          listedSteps,
		"bounds":         listedBounds,
		"none":           jobListing(nil, nil, words.Clock{ReadAt: watchNow}).Text,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkScreens(t, "testdata/listing/"+name, text)
			if text := text(terminal.Screen{}); strings.Contains(text, "not shown") {
				t.Errorf("in a pipe:\n%s", text)
			}
		})
	}
}

func listedJobs() []store.JobRow {
	hostile := "evil\x1b[2J\nname"
	return []store.JobRow{
		{Job: "stores-eu", Source: "woosmap-prod", Tracking: "active", State: new("succeeded"), RunNo: new(int32(1204)), StateSince: new(before(2 * time.Hour)), StateSinceReported: true, LastPolledAt: new(before(3 * time.Second)), LastOutcome: new("unchanged")},
		{
			Job: "stores-in-all-of-north-america", Source: "woosmap-north-america-prod", Provider: "woosmap", Tracking: "paused", PausedReason: new("by hand"),
			Target: []byte(`{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}`), Labels: []byte(`{"team": "geo", "tier": "1"}`), Schedule: "*/5 * * * *",
			State: new("running"), Status: new("in_progress"), RunNo: new(int32(7)), RunID: new("832eb97f-266c-4387-991d-52e77366dc99"),
			StateSince: new(before(3 * words.Day)), LastPolledAt: new(before(3 * words.Day)), LastOutcome: new("upstream_error"), Failures: 12, NextPollAt: new(before(-time.Minute)),
		},
		{Job: "not-seen-yet", Source: "safetykit-prod", Tracking: "active"},
		{Job: "odd", Source: hostile, Tracking: "finished", State: new("failed"), RunNo: new(int32(1)), StateSince: new(before(time.Minute)), LastPolledAt: new(before(time.Second)), LastOutcome: new("changed")},
	}
}

// listedJobsAnd has jobs whose sources are paused and held, too.
func listedJobsAnd(s terminal.Screen) string {
	rows := append(listedJobs(),
		store.JobRow{Job: "poi-de", Source: "woosmap-old", Tracking: "active", State: new("failed"), RunNo: new(int32(2)), StateSince: new(before(3 * words.Day)), LastPolledAt: new(before(2 * words.Day)), LastOutcome: new("unauthorized")},
		store.JobRow{Job: "poi-fr", Source: "woosmap-held", Tracking: "active", State: new("succeeded"), RunNo: new(int32(1)), StateSince: new(before(words.Day)), LastPolledAt: new(before(time.Minute)), LastOutcome: new("rate_limited")},
		store.JobRow{Job: "poi-it", Source: "woosmap-old", Tracking: "paused"},
	)
	sources := append(listedSources(), store.SourceRow{Source: "woosmap-held", HeldUntil: new(before(-time.Hour))}, store.SourceRow{Source: "unused", PausedAt: new(before(words.Day))})
	unasked := unaskedSources(sources, rows, words.Clock{ReadAt: watchNow})
	return jobListing(rows, unasked, words.Clock{ReadAt: watchNow}).Text(s) + unaskedText(unasked, words.Clock{ReadAt: watchNow}, s)
}

func listedSources() []store.SourceRow {
	return []store.SourceRow{
		{Source: "safetykit-prod", Provider: "safetykit", Jobs: 4321, Schedule: "@every 5m", RateEvery: store.Interval(time.Second), RateBurst: 5},
		{Source: "woosmap-prod", Provider: "woosmap", Jobs: 12, Schedule: "*/5 * * * *", RateEvery: store.Interval(5 * time.Second), RateBurst: 1, HeldUntil: new(before(-time.Minute))},
		{
			Source: "woosmap-old", Provider: "woosmap", Jobs: 1, Schedule: "CRON_TZ=Europe/Berlin 0 6 * * *", RateEvery: store.Interval(5 * time.Second), RateBurst: 1,
			PausedAt: new(before(2 * words.Day)), PausedReason: new("unauthorized: 401 Unauthorized: Unable to locate credentials in this request, which was made by nobody we know"),
		},
	}
}

func listedChanges(s terminal.Screen) string {
	rows := []store.ChangeRow{
		{
			At: before(30 * words.Day), Actor: "anna", Action: "register", Subject: "source woosmap-prod",
			After: []byte(`{"name": "woosmap-prod", "provider": "woosmap", "base_url": "https://api.woosmap.com", "credential": "env:WOOSMAP_PRIVATE_KEY", "schedule": "*/5 * * * *", "rate_burst": 1, "rate_every": "5s", "active_every": "10s", "volatile": []}`),
		},
		{
			At: before(29 * words.Day), Actor: "anna", Action: "register", Subject: "job stores-eu",
			After: []byte(`{"name": "stores-eu", "source": "woosmap-prod", "target": {"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}, "labels": {}}`),
		},
		{
			At: before(2 * words.Day), Actor: "bert\x1b[2J", Action: "change", Subject: "job stores-eu",
			Before: []byte(`{"source": "woosmap-prod", "labels": {}}`), After: []byte(`{"source": "woosmap-prod", "labels": {"team": "geo"}, "schedule": "@every 1m"}`),
		},
		{At: before(time.Hour), Actor: "tracker", Action: "pause", Subject: "source woosmap-prod", After: []byte(`{"paused_reason": "401 Unauthorized:\nUnable to locate credentials"}`)},
		{At: before(time.Minute), Actor: "anna", Action: "resume", Subject: "source woosmap-prod", Before: []byte(`{"paused_reason": "401 Unauthorized"}`)},
		{At: before(time.Second), Actor: "anna", Action: "remove", Subject: "job stores-eu", Before: []byte(`{"tracking": "active"}`), After: []byte(`{"tracking": "removed"}`)},
	}
	return changeListing(rows, words.Clock{ReadAt: watchNow}, s.Width > 0).Text(s)
}

func listedFailures(s terminal.Screen) string {
	rows := []store.FailedImportRow{
		{Job: "stores-eu", Source: "woosmap-prod", RunNo: 1204, EndedAt: before(time.Hour), Duration: store.Interval(72 * time.Second), DurationMax: new(store.Interval(72 * time.Second)), Reported: true, Step: new("import"), Why: new("Row 317: geometry is not valid (latitude out of range)")},
		{Job: "products-7", Source: "safetykit-prod", RunNo: 1, EndedAt: before(3 * words.Day), Duration: store.Interval(5 * time.Minute), Step: new("ingesting")},
	}
	k := keyed{Clock: words.Clock{ReadAt: watchNow}, bounded: s.Width > 0}
	return terminal.Table[store.FailedImportRow]{Rows: rows, Columns: keyColumns[store.FailedImportRow](k, []string{"source", "duration", "step"})}.Text(s)
}

// listedBounds shows how exactly times and durations are known.
func listedBounds(s terminal.Screen) string {
	took := func(least, most time.Duration) store.UnusualDurationRow {
		row := store.UnusualDurationRow{Job: "products-7", Source: "safetykit-prod", RunNo: 1, State: "succeeded", StartedAt: before(time.Hour), Duration: store.Interval(least), UsualDuration: store.Interval(time.Minute)}
		if most > 0 {
			row.DurationMax = new(store.Interval(most))
		}
		return row
	}
	rows := []store.UnusualDurationRow{took(185*time.Second, 0), took(185*time.Second, 205*time.Second), took(0, 12*time.Second), took(185*time.Second, 185*time.Second)}
	rows[3].Reported = true
	k := keyed{Clock: words.Clock{ReadAt: watchNow}, bounded: s.Width > 0}
	return terminal.Table[store.UnusualDurationRow]{Rows: rows, Columns: keyColumns[store.UnusualDurationRow](k, []string{"source", "state"})}.Text(s)
}

func listedSteps(s terminal.Screen) string {
	rows := []store.StepDurationRow{
		{Week: watchNow.Truncate(7 * words.Day), Source: "woosmap-north-america-prod", Step: "fetch", Runs: 12345, P50Duration: store.Interval(time.Second), P95Duration: store.Interval(time.Hour), P50DurationMax: new(store.Interval(time.Second)), P95DurationMax: new(store.Interval(time.Hour)), Reported: true},
	}
	return terminal.Table[store.StepDurationRow]{Rows: rows, Columns: keyColumns[store.StepDurationRow](keyed{Clock: words.Clock{ReadAt: watchNow}}, []string{"runs", "p95_duration"})}.Text(s)
}

// TestListing_KeepsNamesWhole lets a terminal wrap what no layout has room for.
func TestListing_KeepsNamesWhole(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("a-long-name.", 5)
	text := jobListing([]store.JobRow{{Job: name, Source: "s", State: new("failed"), LastOutcome: new("changed")}}, nil, words.Clock{ReadAt: watchNow}).Text(terminal.Screen{Width: 40})
	if !strings.Contains(text, name) || !strings.Contains(text, "✖ failed") {
		t.Errorf("shown as\n%s", text)
	}
}
