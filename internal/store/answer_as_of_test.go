package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"tracker/internal/store"
)

// TestAnswersAsOfAreThoseOfHistory: whatever services tell, how things stood at a time, by
// what was known at another, is told in reports as in the history of the job.
func TestAnswersAsOfAreThoseOfHistory(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	feeds, failed := 0, 0
	checkSome(t, func(rt *rapid.T) {
		feeds++
		f := f.at(fmt.Sprintf("a%d", feeds))
		provider := rapid.SampledFrom([]string{"woosmap", "woosmap", "safetykit"}).Draw(rt, "provider")
		tracked := replay{bodies: anyBody(provider)}
		tracked.job = f.register(rt, provider, fmt.Sprintf("job-%d", feeds))[0]
		knownAt := []time.Time{{}} // now, too
		for range rapid.IntRange(2, 8).Draw(rt, "rounds") {
			answer := tracked.next(rt)
			f.round(rt, answer)
			tracked.told = append(tracked.told, answer)
			knownAt = append(knownAt, f.now.Add(30*time.Second))
		}
		for _, known := range []time.Time{{}, rapid.SampledFrom(knownAt).Draw(rt, "known at")} {
			failed += f.asOfLikeHistory(rt, tracked.job, known, f.turns(rt, tracked.job)...)
		}
	})
	if failed == 0 {
		t.Error("nothing had failed at any time")
	}
}

// turns are the times at which runs and steps of a job became what they were.
func (f *feed) turns(t fataler, job store.Job) []time.Time {
	t.Helper()
	trail, err := f.store.Fold(t.Context(), job.ID, time.Time{}, read(t, job))
	if err != nil {
		t.Fatalf("%v", err)
	}
	var turns []time.Time
	for _, transition := range trail.Transitions {
		turns = append(turns, transition.Effective())
	}
	slices.SortFunc(turns, time.Time.Compare)
	return slices.CompactFunc(turns, time.Time.Equal)
}

func read(t fataler, job store.Job) store.Interpret {
	t.Helper()
	interpret, err := interpretOf(job)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return interpret
}

// asOfLikeHistory: which imports had failed at a time, by what was known at another (zero:
// now), is told as the history of the job tells it. It gives how many had.
func (f *feed) asOfLikeHistory(t fataler, job store.Job, knownAt time.Time, moments ...time.Time) (failed int) {
	t.Helper()
	trail, err := f.store.Fold(t.Context(), job.ID, knownAt, read(t, job))
	if err != nil {
		t.Fatalf("%v", err)
	}
	known, err := store.TrailHistory(store.JobRow{Job: job.Name, Source: job.From.Name}, trail)
	if err != nil {
		t.Fatalf("%v", err)
	}
	filter := store.AnswerFilter{Since: &since, Source: job.From.Name}
	if !knownAt.IsZero() {
		filter.KnownAt, filter.Told = &knownAt, f.toldBy(t, knownAt, job.From.Name)
	}
	told, _ := json.Marshal(filter.Told)
	columns := []string{"run_no", "ended_at", "duration", "step", "why", "duration_max", "reported"}
	for _, at := range moments {
		was := known.AsOf(at)
		if knownAt.IsZero() || at.Before(knownAt) {
			f.stepsLike(t, was, at, knownAt, string(told))
		}
		var want []string
		for _, run := range was.Runs {
			if run.State != "failed" {
				continue
			}
			values := []any{run.RunNo, store.OrZero(run.EndedAt), store.OrZero(run.Duration), store.OrZero(run.FailedStep), store.OrZero(run.Why), nil, run.Reported}
			if run.DurationMax != nil {
				values[5] = *run.DurationMax
			}
			row := store.AnswerRow{Values: values}
			for _, name := range columns {
				row.Columns = append(row.Columns, store.AnswerColumn{Name: name})
			}
			want = append(want, cellsOf(row))
		}
		filter.AsOf = &at
		answer, err := f.store.Answer(t.Context(), "failed_imports", filter)
		if err != nil {
			t.Fatalf("%v", err)
		}
		var got []string
		for _, row := range answer.Rows {
			values := store.AnswerRow{}
			for i, column := range row.Columns {
				if slices.Contains(columns, column.Name) {
					values.Columns, values.Values = append(values.Columns, column), append(values.Values, row.Values[i])
				}
			}
			got = append(got, cellsOf(values))
		}
		slices.Sort(got)
		slices.Sort(want)
		failed += len(want)
		if found := differ(got, want); found != "" {
			t.Fatalf("as of %s, known at %s: %s", at.Format(time.TimeOnly), knownAt.Format(time.TimeOnly), found)
		}
	}
	return failed
}

// stepsLike: the steps of runs of which more was learned since are told in reports as in
// the history of their job.
func (f *feed) stepsLike(t fataler, was store.History, at, knownAt time.Time, told string) {
	t.Helper()
	known := &knownAt
	if knownAt.IsZero() {
		known = nil
	}
	rows, err := f.conn.Query(t.Context(), `SELECT c.run_no, concat_ws(' ', c.run_no, c.step_no, c.state, (extract(epoch FROM c.started_at) * 1e6)::bigint,
			(extract(epoch FROM c.ended_at) * 1e6)::bigint, (extract(epoch FROM c.duration) * 1e6)::bigint, (extract(epoch FROM c.duration_max) * 1e6)::bigint, CASE WHEN c.reported THEN 'true' ELSE 'false' END)
		FROM report.changed_steps($1, coalesce($2, now()), NULLIF($3, 'null')::jsonb) c WHERE c.job = $4 ORDER BY c.run_no, c.step_no`, at, known, told, was.Job.Job)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var got, want []string
	var no int32
	var line string
	changed := map[int32]bool{}
	if _, err := pgx.ForEachRow(rows, []any{&no, &line}, func() error {
		changed[no] = true
		got = append(got, line)
		return nil
	}); err != nil {
		t.Fatalf("%v", err)
	}
	for _, s := range was.Steps {
		if !changed[s.RunNo] {
			continue
		}
		cells := []any{s.RunNo, s.StepNo, s.State, s.StartedAt.UnixMicro()}
		if s.EndedAt != nil {
			cells = append(cells, s.EndedAt.UnixMicro())
		}
		for _, took := range []*store.Interval{s.Duration, s.DurationMax} {
			if took != nil {
				cells = append(cells, time.Duration(*took).Microseconds())
			}
		}
		want = append(want, strings.TrimSpace(fmt.Sprintln(append(cells, s.Reported)...)))
	}
	if found := differ(got, want); found != "" {
		t.Fatalf("steps as of %s, known at %s: %s", at.Format(time.TimeOnly), knownAt.Format(time.TimeOnly), found)
	}
}
