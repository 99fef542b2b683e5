package store_test

import (
	"strings"
	"testing"

	"tracker/internal/history"
	"tracker/internal/store"
)

// poisons force into a finding what Postgres refuses.
var poisons = map[string]struct {
	code   string
	poison func(*store.Finding)
}{
	"RunIDTooLongForItsIndex": {"54000", func(f *store.Finding) { f.Change.Runs[0].ID = incompressible(9000) }},
	"NULInDetail":             {"22021", func(f *store.Finding) { f.Change.Entries[0].Detail = "a\x00b" }},
	"InvalidBytesInDetail":    {"22021", func(f *store.Finding) { f.Change.Entries[0].Detail = "a\xffb" }},
	"BrokenOutput":            {"22P02", func(f *store.Finding) { f.Change.Items[0].Output = []byte("{") }},
	"NULInMetadata":           {"22P05", func(f *store.Finding) { f.Change.Items[0].Metadata = []byte(`"\u0000"`) }},
	"NumberTooLarge":          {"22003", func(f *store.Finding) { f.Change.Items[0].Metadata = []byte("1e400000") }},
	"UnknownState":            {"23514", func(f *store.Finding) { f.Change.Runs[0].State = "lost" }},
	"UnknownKind":             {"23514", func(f *store.Finding) { f.Change.Anomalies[0].Kind = "odd" }},
	"UnknownStepState":        {"23514", func(f *store.Finding) { f.Change.Steps[0].State = "" }},
	"BoundsReversed":          {"23514", func(f *store.Finding) { f.NotBefore = f.ObservedAt }},
}

// TestRecordPoison: what Postgres refuses is recorded as malformed, the rest of
// the batch lands, and a good answer afterwards does too.
func TestRecordPoison(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	body := woosmapBody("r1", "success", woosmapStep("fetch", "success", "09:50:00", "09:51:00", woosmapEntry("09:50:30", "info", "a")))
	for name, test := range poisons {
		name = strings.ToLower(name)
		jobs := f.register(t, "woosmap", "before-"+name, "poisoned-"+name, "after-"+name)
		takes := f.take(t, said{job: jobs[0], body: body}, said{job: jobs[1], body: body}, said{job: jobs[2], failure: history.OutcomeTimeout})
		f.compare(t, takes)
		finding := takes[1].poll.Finding
		finding.Change.Anomalies = []history.Anomaly{{No: 1, RunNo: 1, Kind: history.KindClockSkew, Count: 1, ObservedAt: finding.ObservedAt, SnapshotNo: 1}}
		finding.Change.Items, finding.Change.ItemsListed = []history.Item{{Output: []byte("{}")}}, true
		test.poison(finding)

		results := f.record(t, takes)
		if results[0] != (store.RecordResult{}) || !strings.HasPrefix(results[1].Refused, "SQLSTATE "+test.code) || results[2] != (store.RecordResult{}) {
			t.Errorf("%s: results %v", name, results)
		}
		polls := column[string](t, f.conn, "SELECT concat_ws(' ', job, outcome, http_status, error) FROM report.polls WHERE job LIKE '%' || $1 ORDER BY job", name)
		if len(polls) != 3 || polls[0] != "after-"+name+" timeout 503 503 Service Unavailable" || polls[1] != "before-"+name+" changed 200" {
			t.Errorf("%s: polls: %q", name, polls)
		}
		if want := "poisoned-" + name + " malformed 200 the answer cannot be stored: SQLSTATE " + test.code; !strings.HasPrefix(polls[2], want) {
			t.Errorf("%q does not begin with %q", polls[2], want)
		}
		if rows := value[int64](t, f.conn, "SELECT count(*) FROM runs WHERE job_id = $1", jobs[1].ID); rows != 0 {
			t.Errorf("%s: %d runs of the poisoned answer", name, rows)
		}
		f.round(t, said{job: jobs[1], body: body})
		equalLines(t, column[string](t, f.conn, "SELECT state FROM report.jobs WHERE job = $1", jobs[1].Name), "succeeded")
	}
}

// TestRecordPoisonedError: a failed poll whose error cannot be stored.
func TestRecordPoisonedError(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	takes := f.take(t, said{job: job, failure: history.OutcomeTimeout})
	takes[0].poll.Error = "\x00"
	f.record(t, takes)
	equalLines(t, column[string](t, f.conn, "SELECT outcome || ': ' || error FROM report.polls"), "malformed: the answer cannot be stored: SQLSTATE 22021")
}

// TestRecordAllPoisoned: a batch of nothing but poison lands as malformed.
func TestRecordAllPoisoned(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "a", "b")
	takes := f.take(t, said{job: jobs[0], body: woosmapBody("r", "success")}, said{job: jobs[1], body: woosmapBody("r", "success")})
	f.compare(t, takes)
	for _, k := range takes {
		k.poll.Finding.Change.Status = "\x00"
	}
	f.record(t, takes)
	equalLines(t, column[string](t, f.conn, "SELECT job || ' ' || outcome FROM report.polls ORDER BY job"), "a malformed", "b malformed")
}

// incompressible is a text whose index entry stays as long as it is.
func incompressible(length int) string {
	text, x := make([]byte, length), uint32(1)
	for i := range text {
		x = x*1664525 + 1013904223
		text[i] = 'a' + byte(x>>24)%26
	}
	return string(text)
}
