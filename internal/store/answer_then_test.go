package store_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/words"
)

// since is before all that feeds tell of.
var since = time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)

// alike are the answers to all questions of now, but those that are about how long ago
// things are: of these, as of a time by which all was seen that there is.
func (f *feed) alike(t fataler, account string, at time.Time) []string {
	t.Helper()
	return f.answers(t, account, func(q words.Question) store.AnswerFilter {
		if q.Name == "step-durations" || q.Name == "time-in-state" {
			return store.AnswerFilter{AsOf: &at}
		}
		return store.AnswerFilter{}
	})
}

// knownAt are the answers to the same questions by what was known at a time.
func (f *feed) knownAt(t fataler, account string, at time.Time) []string {
	t.Helper()
	told := f.toldBy(t, at, "woosmap-"+account, "safetykit-"+account)
	return f.answers(t, account, func(q words.Question) store.AnswerFilter {
		filter := store.AnswerFilter{AsOf: &at, KnownAt: &at}
		if q.Overwritten {
			filter.Told = told
		}
		return filter
	})
}

// toldBy is what the snapshots of sources told by a time.
func (f *feed) toldBy(t fataler, at time.Time, sources ...string) *store.Told {
	t.Helper()
	told := &store.Told{Runs: []store.ToldRun{}, Steps: []store.ToldStep{}, Withdrawn: []store.ToldWithdrawn{}}
	for _, name := range sources {
		of, err := f.store.Told(t.Context(), at, name, interpretOf)
		if err != nil {
			t.Fatalf("%v", err)
		}
		told.Runs, told.Steps, told.Withdrawn = append(told.Runs, of.Runs...), append(told.Steps, of.Steps...), append(told.Withdrawn, of.Withdrawn...)
	}
	return told
}

func interpretOf(job store.Job) (store.Interpret, error) {
	provider, err := source.Lookup(job.From.Provider)
	return provider.Interpret, err
}

// answers lists the rows of all answers about an account, but for gaps: nobody polls when
// the test is over.
func (f *feed) answers(t fataler, account string, filter func(words.Question) store.AnswerFilter) (lines []string) {
	t.Helper()
	for _, q := range words.Questions() {
		if q.Name == "gaps" {
			continue
		}
		for _, provider := range []string{"woosmap", "safetykit"} {
			asked := filter(q)
			asked.Source = provider + "-" + account
			if q.Since > 0 {
				asked.Since = &since
			}
			if q.Name == "unusual-durations" { // it compares with what was before
				asked.Since = new(time.Date(2024, 6, 7, 8, 50, 0, 0, time.UTC))
			}
			answer, err := f.store.Answer(t.Context(), q.Function(), asked)
			if err != nil {
				t.Fatalf("%s: %v", q.Name, err)
			}
			for _, row := range answer.Rows {
				lines = append(lines, q.Name+": "+cellsOf(row))
			}
		}
	}
	return lines
}

func cellsOf(row store.AnswerRow) string {
	var cells []string
	for i, value := range row.Values {
		switch v := value.(type) {
		case nil:
			continue
		case string:
			if v == "" {
				continue
			}
		case time.Time:
			value = v.UTC().Format("02 15:04:05.999999")
		case store.Interval:
			value = time.Duration(v)
		}
		cells = append(cells, fmt.Sprintf("%s=%v", row.Columns[i].Name, value))
	}
	return strings.Join(cells, " ")
}

// differ tells of the first line that two answers do not share.
func differ(got, want []string) string {
	for i := range max(len(got), len(want)) {
		var is, was string
		if i < len(got) {
			is = got[i]
		}
		if i < len(want) {
			was = want[i]
		}
		if is != was {
			return fmt.Sprintf("\n\tit says  %s\n\tit said  %s", is, was)
		}
	}
	return ""
}

// TestAnswersThenAreThoseOfThen: whatever services tell, and write over, what was known at
// a time is told later as it was told at that time.
func TestAnswersThenAreThoseOfThen(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	feeds := 0
	checkSome(t, func(rt *rapid.T) {
		feeds++
		account := fmt.Sprintf("a%d", feeds)
		f := f.at(account)
		var tracked []*replay
		for i, provider := range []string{"woosmap", "safetykit"} {
			job := f.register(rt, provider, fmt.Sprintf("job-%d-%d", feeds, i))[0]
			tracked = append(tracked, &replay{job: job, bodies: anyBody(provider)})
		}
		said := map[time.Time][]string{}
		for range rapid.IntRange(2, 8).Draw(rt, "rounds") {
			for _, r := range tracked {
				answer := r.next(rt)
				f.round(rt, answer)
				r.told = append(r.told, answer)
			}
			if rapid.IntRange(0, 2).Draw(rt, "is asked") == 0 {
				at := f.now.Add(30 * time.Second)
				said[at] = f.alike(rt, account, at)
			}
		}
		for at, want := range said {
			if found := differ(f.knownAt(rt, account, at), want); found != "" {
				rt.Fatalf("known at %s: %s", at.Format(time.TimeOnly), found)
			}
		}
	})
}

// followed polls a job with answers, and asks all after each.
func (f *feed) followed(t fataler, said map[time.Time][]string, job store.Job, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		f.round(t, told(job, body))
		at := f.now.Add(30 * time.Second)
		said[at] = f.alike(t, f.account, at)
	}
}

func told(job store.Job, body string) said { return said{job: job, body: body} }

// TestAnswersThenOfWhatIsWrittenOver: late entries, entries and summaries that are
// rewritten, withdrawn and back, times that are, a clock that is ahead, steps that vanish
// and return, a run that ends anew, and one that had been superseded long before.
func TestAnswersThenOfWhatIsWrittenOver(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	stores, request := f.register(t, "woosmap", "stores")[0], f.register(t, "safetykit", "request")[0]
	answered := map[time.Time][]string{}
	for run := range 6 {
		id, start := fmt.Sprintf("good-%d", run), fmt.Sprintf("08:%02d:00", 5*run)
		f.followed(t, answered, stores, woosmapBody(id, "success", woosmapStep("fetch", "success", start, fmt.Sprintf("08:%02d:00", 5*run+2))))
	}
	first, second := woosmapEntry("09:10:00", "error", "first"), woosmapEntry("09:11:00", "error", "second")
	f.followed(t, answered, stores,
		woosmapBody("bad", "in_progress"),
		woosmapBody("bad", "in_progress", woosmapStep("fetch", "in_progress", "09:05:00", "")),
		woosmapBody("bad", "failed", woosmapStep("fetch", "failed", "09:00:00", "09:20:00", first)),
		woosmapBody("bad", "failed", woosmapStep("fetch", "failed", "09:00:00", "09:21:00", second, woosmapEntry("09:12:00", "error", "late"))),
		woosmapBody("bad", "failed", woosmapStep("fetch", "failed", "09:00:00", "09:22:00", first)),
		woosmapBody("bad", "failed", woosmapStep("get", "failed", "09:00:00", "09:22:00", first, woosmapEntry("23:00:00", "error", "ahead"))),
		woosmapBody("bad", "failed", woosmapStep("import", "success", "09:30:00", "09:31:00")),
		woosmapBody("bad", "failed", woosmapStep("get", "failed", "09:00:00", "23:30:00", first)),
		woosmapBody("bad", "success", woosmapStep("get", "success", "09:00:00", "09:50:00")),
		woosmapBody("next", "in_progress", woosmapStep("fetch", "in_progress", "09:55:00", "")),
		woosmapBody("last", "in_progress", woosmapStep("fetch", "in_progress", "07:00:00", "")),
		woosmapBody("bad", "failed", woosmapStep("get", "failed", "09:00:00", "09:51:00")),
		woosmapBody("last", "failed", woosmapStep("fetch", "failed", "07:00:00", "09:58:00")),
	)
	summary := func(status, text string) string {
		return strings.Replace(safetykitBody("q1", status), `"status"`, `"error_summary":`+lit(text)+`,"status"`, 1)
	}
	f.followed(t, answered, request, safetykitBody("q1", "queued"), safetykitBody("q1", "ingesting"),
		summary("failed", "2 objects failed"), summary("failed", "3 objects failed"), safetykitBody("q1", "failed"), safetykitBody("q1", "succeeded"))
	for at, want := range answered {
		if found := differ(f.knownAt(t, f.account, at), want); found != "" {
			t.Errorf("known at %s: %s", at.Format(time.TimeOnly), found)
		}
	}
	moments := append(slices.Collect(maps.Keys(answered)), then(t, "09:21:00"), then(t, "09:45:00"))
	if f.asOfLikeHistory(t, stores, time.Time{}, moments...) == 0 {
		t.Error("nothing had failed at any time")
	}
	for _, name := range []string{"failed-imports", "step-durations", "runs-per-day", "broken-streaks", "unusual-durations", "no-recent-success", "job-summary", "stalled"} {
		if !slices.ContainsFunc(slices.Collect(flat(answered)), func(line string) bool { return strings.HasPrefix(line, name+": ") }) {
			t.Errorf("%s has never had a row", name)
		}
	}
}

func flat(answered map[time.Time][]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, lines := range answered {
			for _, line := range lines {
				if !yield(line) {
					return
				}
			}
		}
	}
}

// TestAnswersThenWithoutWhatIsGone: of what somebody has erased no past tells either, and
// nothing else is told otherwise.
func TestAnswersThenWithoutWhatIsGone(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	answered := map[time.Time][]string{}
	failed := func(detail string) string {
		return woosmapBody("r1", "failed", woosmapStep("fetch", "failed", "09:00:00", "09:20:00", woosmapEntry("09:10:00", "error", detail)))
	}
	f.followed(t, answered, job, woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:00:00", "")), failed("secret"), failed("known"), failed("better known"))
	if _, err := f.erase(t, job, 1, 2); err != nil {
		t.Fatal(err)
	}
	for at, lines := range answered {
		now := f.knownAt(t, f.account, at)
		for _, line := range now {
			if strings.Contains(line, "secret") {
				t.Errorf("known at %s: %s", at.Format(time.TimeOnly), line)
			}
		}
		if slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "secret") }) {
			continue
		}
		if found := differ(now, lines); found != "" {
			t.Errorf("known at %s: %s", at.Format(time.TimeOnly), found)
		}
	}
}

// TestAnswersThenWithoutTakenRuns: no past tells of a run that retention has taken; those
// that it left are told as they were.
func TestAnswersThenWithoutTakenRuns(t *testing.T) {
	t.Parallel()
	f, now := newOldFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	failed := func(run string, details ...string) string {
		var entries []string
		for _, detail := range details {
			entries = append(entries, woosmapEntry("09:10:00", "error", run+" "+detail))
		}
		return woosmapBody(run, "failed", woosmapStep("fetch", "failed", "09:00:00", "09:20:00", entries...))
	}
	answered := map[time.Time][]string{}
	f.followed(t, answered, job, failed("taken", "a"), failed("taken", "b"), failed("held", "c"), failed("held", "d"), failed("also-taken", "e"))
	f.now = now.Add(-10 * time.Minute)
	f.followed(t, answered, job, failed("newest", "f"))
	if _, err := f.store.HoldRun(t.Context(), f.by, store.RunHold{Job: job, RunNo: 2}); err != nil {
		t.Fatal(err)
	}
	takeRuns(t, f, f.store)
	failures := func(lines []string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
			return !strings.HasPrefix(line, "failed-imports: ") || strings.Contains(line, "taken")
		})
	}
	told := 0
	for at, want := range answered {
		got := f.knownAt(t, f.account, at)
		if slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, "taken") }) {
			t.Errorf("known at %s: %q", at, got)
		}
		if found := differ(failures(got), failures(want)); found != "" {
			t.Errorf("known at %s: %s", at, found)
		}
		told += len(failures(got))
	}
	if told == 0 {
		t.Error("no past tells of the run on hold")
	}
}

// TestAnswersThenOfDecisions: a job is there from when it was registered, and is paused,
// removed and judged by what was decided then. That a run is on hold decides nothing of it.
func TestAnswersThenOfDecisions(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "stores")[0]
	answered := map[time.Time][]string{}
	ask := func() {
		f.now = f.now.Add(time.Minute)
		answered[f.now] = f.alike(t, f.account, f.now)
	}
	f.followed(t, answered, job, woosmapBody("r1", "in_progress", woosmapStep("fetch", "in_progress", "09:00:00", "")))
	decide := func(stallAfter time.Duration) {
		f.by.At = f.now.Add(45 * time.Second)
		declared := f.jobSpec("woosmap", "stores")
		declared.StallAfter = stallAfter
		if _, err := f.store.Apply(t.Context(), f.by, store.Declaration{Jobs: []store.JobSpec{declared}}); err != nil {
			t.Fatal(err)
		}
		ask()
	}
	decide(90 * time.Second)
	decide(5 * time.Hour)
	decide(90 * time.Minute)
	decide(1500 * time.Millisecond)
	f.by.At = f.now.Add(45 * time.Second)
	if _, err := f.store.RemoveJob(t.Context(), f.by, "stores"); err != nil {
		t.Fatal(err)
	}
	ask()
	f.by.At = f.now.Add(45 * time.Second)
	if _, err := f.store.HoldRun(t.Context(), f.by, store.RunHold{Job: job, RunNo: 1}); err != nil {
		t.Fatal(err)
	}
	ask()
	f.by.At = f.now.Add(45 * time.Second)
	if _, err := f.store.ReleaseRun(t.Context(), f.by, job, 1); err != nil {
		t.Fatal(err)
	}
	ask()
	for at, want := range answered {
		if found := differ(f.knownAt(t, f.account, at), want); found != "" {
			t.Errorf("known at %s: %s", at.Format(time.TimeOnly), found)
		}
	}
	stalled := func(line string) bool { return strings.HasPrefix(line, "stalled: ") }
	if got := len(slices.DeleteFunc(slices.Collect(flat(answered)), func(line string) bool { return !stalled(line) })); got != 2 {
		t.Errorf("it was stalled %d times, not 2", got)
	}
}
