package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"tracker/bench/seed/seeddb"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

const (
	largeJob     = "seed-web-large"
	largeSource  = "seed-large"
	largeSteps   = 20
	largeEntries = 250 // of each step
)

// addLargeRun adds a job with a large run, unless it is there.
func addLargeRun(ctx context.Context, s *store.Store) error {
	row, err := s.JobRow(ctx, largeJob)
	if err == nil && row.RunNo != nil || err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	now, err := s.Now(ctx)
	if err != nil {
		return err
	}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, largeAnswer(now.Add(-time.Hour)))
	}))
	defer service.Close()
	by := store.Author{Actor: seeddb.Actor, At: now}
	_, err = s.Apply(ctx, by, store.Declaration{
		Sources: []store.SourceSpec{{
			Name: largeSource, Provider: "woosmap", BaseURL: service.URL, Credential: "env:KEY", Schedule: "@every 24h",
			ActiveEvery: 10 * time.Second, RateEvery: time.Second, RateBurst: 5,
		}},
		Jobs: []store.JobSpec{{Name: largeJob, Source: largeSource, Target: map[string]string{"dataset_id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0"}, Labels: map[string]string{seeddb.Label: "web"}, FirstPollAt: now}},
	})
	if err != nil {
		return err
	}
	job, err := s.Job(ctx, largeJob)
	if err != nil {
		return err
	}
	client := source.NewClient("bench")
	defer client.Close()
	syncer := &sync.Syncer{Store: s, Client: client, Owner: "bench", Logger: slog.New(slog.DiscardHandler), Getenv: func(string) string { return "a-key" }}
	if err := syncer.Once(ctx, []store.Job{job}, func(sync.Event) {}); err != nil {
		return err
	}
	_, err = s.PauseSource(ctx, by, largeSource, "its service was made up")
	return err
}

// largeAnswer is what a service says of a large run that began at a time.
func largeAnswer(began time.Time) string {
	const layout = "2006-01-02T15:04:05.000"
	var steps []string
	for no := range largeSteps {
		at := began.Add(time.Duration(no) * 2 * time.Minute)
		var entries []string
		for e := range largeEntries {
			level := []string{"info", "info", "info", "info", "info", "info", "info", "warning", "info", "error"}[e%10]
			entries = append(entries, fmt.Sprintf(`{"created_at":%q,"level":%q,"detail":"row %d of step %d: the address could not be geocoded with certainty, the nearest street was taken"}`,
				at.Add(time.Duration(e)*400*time.Millisecond).UTC().Format(layout), level, e, no))
		}
		steps = append(steps, fmt.Sprintf(`{"name":"step-%d","status":"success","start":%q,"end":%q,"entries":[%s]}`,
			no, at.UTC().Format(layout), at.Add(110*time.Second).UTC().Format(layout), strings.Join(entries, ",")))
	}
	return fmt.Sprintf(`{"id":"large","status":"success","steps":[%s]}`, strings.Join(steps, ","))
}
