package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/store"
)

// then is a time of the day of the feed; "" is none.
func then(t *testing.T, text string) (at time.Time) {
	t.Helper()
	if text == "" {
		return at
	}
	at, err := time.Parse(time.DateTime, "2024-06-07 "+text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// past asks a question since that day of how things stood at a time, by what was known at
// another, and gives some columns of the answer.
func (f *feed) past(t *testing.T, function, asOf, knownAt string, columns ...string) (rows []string) {
	t.Helper()
	filter := store.AnswerFilter{Since: new(then(t, "00:00:00"))}
	filter.SetPast(then(t, asOf), then(t, knownAt))
	answer, err := f.store.Answer(t.Context(), function, filter)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range answer.Rows {
		var cells []string
		for _, column := range columns {
			value, _ := row.Value(column)
			if at, ok := value.(time.Time); ok {
				value = at.UTC().Format(time.TimeOnly)
			}
			if took, ok := value.(store.Interval); ok {
				value = time.Duration(took)
			}
			cells = append(cells, fmt.Sprint(value))
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	slices.Sort(rows)
	return rows
}

// TestAnswerOfThePast: a late entry, one that the service rewrote, one from a clock that is
// ahead, and a run that had taken another's place long before anybody saw it.
func TestAnswerOfThePast(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	rewritten := []string{woosmapEntry("09:05:00", "error", "late"), woosmapEntry("09:10:00", "error", "better said")}
	for _, body := range []string{ // at 10:01:01, 10:02:01, …
		woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:00:00", "", woosmapEntry("09:10:00", "error", "said"))),
		woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:00:00", "", rewritten...)),
		woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:00:00", "", append(rewritten, woosmapEntry("11:00:00", "error", "ahead"))...)),
		woosmapBody("r2", "in_progress", woosmapStep("fetch", "in_progress", "09:30:00", "")),
	} {
		f.round(t, said{job: job, body: body})
	}
	for _, test := range []struct {
		question, asOf, knownAt string
		want                    []string
	}{
		{"new_errors", "", "", []string{"ahead 10:03:01", "better said 10:02:01", "late 10:02:01", "said 10:01:01"}},
		{"new_errors", "", "10:01:00", nil},
		{"new_errors", "", "10:01:01", []string{"said 10:01:01"}},
		{"new_errors", "", "10:02:30", []string{"better said 10:02:01", "late 10:02:01", "said 10:01:01"}},
		{"new_errors", "09:07:00", "", []string{"late 10:02:01"}},
		{"new_errors", "09:07:00", "10:01:30", nil},
		{"new_errors", "09:10:00", "10:01:30", []string{"said 10:01:01"}},
		{"new_errors", "10:02:30", "", []string{"better said 10:02:01", "late 10:02:01", "said 10:01:01"}},
		{"new_errors", "10:03:01", "", []string{"ahead 10:03:01", "better said 10:02:01", "late 10:02:01", "said 10:01:01"}},
		{"time_in_state", "09:20:00", "", []string{"1 running 20m0s"}},
		{"time_in_state", "09:20:00", "10:01:00", nil},
		{"time_in_state", "", "10:03:30", []string{"1 running 1h3m30s"}},
		{"time_in_state", "10:03:30", "", []string{"1 running 30m0s", "2 running 33m30s"}},
		{"time_in_state", "09:40:00", "10:03:30", []string{"1 running 40m0s"}},
		{"time_in_state", "", "10:05:00", []string{"1 running 30m0s", "2 running 35m0s"}},
	} {
		columns := map[string][]string{"new_errors": {"line", "first_seen_at"}, "time_in_state": {"run_no", "state", "spent"}}[test.question]
		if got := f.past(t, test.question, test.asOf, test.knownAt, columns...); !slices.Equal(got, test.want) {
			t.Errorf("%s as of %q, known at %q: %q, not %q", test.question, test.asOf, test.knownAt, got, test.want)
		}
	}
}

// TestGapsOfThePast: a gap that ended later was open then. (Since its one poll nobody looks at the job.)
func TestGapsOfThePast(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	f.round(t, said{job: job, body: woosmapBody("r1", "in_progress")})
	mustExec(t, f.conn, `INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason) VALUES ($1, 7, '2024-06-07 10:02+00', '2024-06-07 10:05+00', 'timeout')`, job.ID)
	for asOf, want := range map[string][]string{
		"10:01:59": nil, "10:03:00": {"10:02:00 <nil> 1m0s timeout"}, "10:05:00": {"10:02:00 10:05:00 3m0s timeout"},
	} {
		got := slices.DeleteFunc(f.past(t, "gaps", asOf, "", "gap_from", "gap_to", "lasted", "reason"), func(row string) bool { return strings.HasSuffix(row, " not_running") })
		if !slices.Equal(got, want) {
			t.Errorf("as of %s: %q, not %q", asOf, got, want)
		}
	}
}
