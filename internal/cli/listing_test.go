package cli

import (
	"slices"
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
			StallAfter: new(store.Interval(2 * time.Hour)), RegisteredAt: before(40 * words.Day),
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
		{
			Source: "woosmap-many", Provider: "woosmap", Jobs: 1000, Schedule: "*/5 * * * *", RateEvery: store.Interval(5 * time.Second), RateBurst: 1,
			PlannedPerHour: new(12_000.0), AttainablePerHour: 720, AttainableEvery: new(store.Interval(19_880 * time.Second)), AttainableEveryRunning: new(store.Interval(40 * time.Second)),
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
	const columns = "job source run_no# ended_at duration step why duration_max reported"
	took := store.Interval(72 * time.Second)
	return listedAnswer(s, "failed-imports", columns,
		[]any{"stores-eu", "woosmap-prod", 1204, before(time.Hour), took, "import", "Row 317: geometry is not valid (latitude out of range)", took, true},
		[]any{"products-7", "safetykit-prod", 1, before(3 * words.Day), store.Interval(5 * time.Minute), "ingesting", nil, nil, false})
}

// listedBounds shows how exactly times and durations are known.
func listedBounds(s terminal.Screen) string {
	const columns = "job source run_no# state started_at duration usual_duration duration_max reported"
	took := func(least time.Duration, most any, reported bool) []any {
		return []any{"products-7", "safetykit-prod", 1, "succeeded", before(time.Hour), store.Interval(least), store.Interval(time.Minute), most, reported}
	}
	return listedAnswer(s, "unusual-durations", columns, took(185*time.Second, nil, false), took(185*time.Second, store.Interval(205*time.Second), false),
		took(0, store.Interval(12*time.Second), false), took(185*time.Second, store.Interval(185*time.Second), true))
}

func listedSteps(s terminal.Screen) string {
	const columns = "week source step runs# p50_duration p95_duration p50_duration_max p95_duration_max reported"
	second, hour := store.Interval(time.Second), store.Interval(time.Hour)
	return listedAnswer(s, "step-durations", columns,
		[]any{watchNow.Truncate(7 * words.Day), "woosmap-north-america-prod", "fetch", 12345, second, hour, second, hour, true})
}

// listedAnswer shows rows under columns, of which # marks those of numbers, as the answer to a question.
func listedAnswer(s terminal.Screen, name, columns string, rows ...[]any) string {
	var answer store.Answer
	for column := range strings.FieldsSeq(columns) {
		column, number := strings.CutSuffix(column, "#")
		answer.Columns = append(answer.Columns, store.AnswerColumn{Name: column, Number: number})
	}
	for _, values := range rows {
		answer.Rows = append(answer.Rows, store.AnswerRow{Columns: answer.Columns, Values: values})
	}
	all := words.Questions()
	q := all[slices.IndexFunc(all, func(q words.Question) bool { return q.Name == name })]
	shown := words.Clock{ReadAt: watchNow}.AnswerColumns(answer.Columns, q.Spare, s.Width > 0)
	return terminal.Table[store.AnswerRow]{Rows: answer.Rows, Columns: shown}.Text(s)
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
