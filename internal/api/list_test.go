package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

type page struct {
	Items []map[string]any
	Next  *string
}

// walk reads a list page by page, and does something after the first.
func (l *lab) walk(path, column string, limit int, meanwhile func()) (values []string) {
	l.t.Helper()
	at := fmt.Sprintf("%slimit=%d", path, limit)
	for {
		var p page
		l.get(at, &p)
		for _, item := range p.Items {
			values = append(values, fmt.Sprint(item[column]))
		}
		if p.Next == nil {
			return values
		}
		at = fmt.Sprintf("%slimit=%d&cursor=%s", path, limit, url.QueryEscape(*p.Next))
		if meanwhile != nil {
			meanwhile()
			meanwhile = nil
		}
	}
}

// TestPagesAreStableWhileRowsArrive: none comes twice, and none is passed over that was there.
func TestPagesAreStableWhileRowsArrive(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	runs := func(n int) string { return fmt.Sprintf(`{"id":"r%d","status":"success","steps":[]}`, n) }
	l.say(dataset, runs(1), runs(2), runs(3), runs(4), runs(5), runs(6))
	l.poll("stores-eu", 4)
	arrive := func() { l.poll("stores-eu", 1) }
	for path, want := range map[string][]string{"/jobs/stores-eu/runs?": {"4", "3", "2", "1"}} {
		if got := l.walk(path, "run_no", 1, arrive); !slices.Equal(got, want) {
			t.Errorf("%s: %q", path, got)
		}
	}
	if got := l.walk("/runs?", "run_no", 2, arrive); !slices.Equal(got, []string{"5", "4", "3", "2", "1"}) {
		t.Errorf("of all jobs: %q", got)
	}
	l.journal()
	whole := l.walk("/events?", "event_no", 1000, nil)
	if got := l.walk("/events?", "event_no", 1, func() { l.poll("stores-eu", 1); l.journal() }); !slices.Equal(got[:len(whole)], whole) {
		t.Errorf("events: %q, and whole %q", got, whole)
	}
	for _, path := range []string{"/jobs/stores-eu/runs?known_at=0s&", "/jobs/stores-eu/polls?", "/reports?", "/sources?"} {
		column := map[string]string{"/reports?": "name", "/sources?": "source"}[path]
		if column == "" {
			column = "observed_at"
		}
		if whole, paged := l.walk(path, column, 1000, nil), l.walk(path, column, 1, nil); !slices.Equal(whole, paged) || len(whole) < 2 {
			t.Errorf("%s: %q, and by one %q", path, whole, paged)
		}
	}
	var first page
	l.get("/reports?limit=1", &first)
	if got := l.ask(http.MethodGet, "/sources?cursor="+*first.Next, ""); got.status != http.StatusUnprocessableEntity {
		t.Errorf("another list's cursor: %d %s", got.status, got.text)
	}
	noText := base64.RawURLEncoding.EncodeToString([]byte(`{"list":"list-jobs","key":{"name":"a\u0000"}}`))
	if got := l.ask(http.MethodGet, "/jobs?cursor="+noText, ""); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a cursor that holds U+0000: %d %s", got.status, got.text)
	}
}

// TestEventsGoOnAfterAnEntry: none beyond it is passed over, however few make a page, and
// none up to it comes again.
func TestEventsGoOnAfterAnEntry(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow()
	end, err := l.store.JournalSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for after := range end + 2 {
		for _, kind := range []string{"", "change", "anomaly"} {
			l.Want(fmt.Sprintf("of kind %q after entry %d", kind, after), l.walk(fmt.Sprintf("/events?after=%d&kind=%s&", after, kind), "event_no", 1, nil),
				`SELECT event_no::text FROM report.events WHERE entry_no > $1 AND ($2 = '' OR kind = $2) ORDER BY entry_no, kind DESC, event_no`, after, kind)
		}
	}
}

// TestPastIsToldAsItWasKnown: as  tracker history  tells it.
func TestPastIsToldAsItWasKnown(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	l.say(dataset, `{"id":"r1","status":"in_progress","steps":[]}`, `{"id":"r1","status":"failed","steps":[]}`)
	l.poll("stores-eu", 1)
	then := url.QueryEscape(l.now().Format("2006-01-02T15:04:05.999999Z07:00"))
	l.poll("stores-eu", 1)
	for path, want := range map[string]string{
		"/jobs/stores-eu/runs/1": "failed", "/jobs/stores-eu/runs/1?known_at=" + then: "running", "/jobs/stores-eu/runs/1?as_of=" + then: "running",
	} {
		var run struct{ State string }
		if l.get(path, &run); run.State != want {
			t.Errorf("%s: %s", path, run.State)
		}
	}
	for path, want := range map[string]string{
		"/status?": "[failed]", "/status?known_at=" + then + "&": "[running]", "/jobs/stores-eu/runs?known_at=" + then + "&": "[running]",
		"/jobs/stores-eu/runs?state=failed&known_at=" + then + "&": "[]",
	} {
		if got := fmt.Sprint(l.walk(path, "state", 10, nil)); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := l.walk("/jobs/stores-eu/runs/1/transitions?known_at="+then+"&", "to_state", 10, nil); !slices.Equal(got, []string{"running"}) {
		t.Errorf("transitions then: %q", got)
	}
}

// TestReportOfThePast: what was logged since is not told, and a gap that ended since is open.
func TestReportOfThePast(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow()
	l.Exec(`INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason) SELECT job_id, 1000, now() - interval '30 min', now() - interval '20 min', 'paused' FROM jobs LIMIT 1`)
	for path, want := range map[string]int{
		"/reports/new-errors": 1, "/reports/new-errors?known_at=1h": 0, "/reports/gaps?as_of=25m": 1, "/reports/gaps?as_of=1h": 0,
	} {
		var p page
		l.get(path, &p)
		if len(p.Items) != want {
			t.Errorf("%s: %v", path, p.Items)
		}
		if path == "/reports/gaps?as_of=25m" && want == len(p.Items) && p.Items[0]["gap_to"] != nil {
			t.Errorf("the gap is open until %v", p.Items[0]["gap_to"])
		}
	}
}

// TestStalledSince: what began to go on before is left out.
func TestStalledSince(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register()
	l.change(http.MethodPut, "/jobs/stores-eu", `{"source":"woosmap","target":{"dataset_id":"`+dataset+`"},"stall_after":7200}`, http.StatusCreated)
	l.say(dataset, fmt.Sprintf(`{"id":"r1","status":"in_progress","steps":[{"name":"fetch","status":"in_progress","start":%q,"end":null,"entries":[]}]}`,
		l.now().Add(-48*time.Hour).Format(time.RFC3339)))
	l.poll("stores-eu", 1)
	for path, want := range map[string]int{"/stalled": 1, "/stalled?since=3d": 1, "/stalled?since=1d": 0, "/stalled?since=3d&source=safetykit": 0} {
		var p page
		if l.get(path, &p); len(p.Items) != want {
			t.Errorf("%s: %v", path, p.Items)
		}
	}
}

// TestReportsComeInPages, of what was known as the first was given.
func TestReportsComeInPages(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	runs := func(n int) string { return fmt.Sprintf(`{"id":"r%d","status":"failed","steps":[]}`, n) }
	l.say(dataset, runs(1), runs(2), runs(3), runs(4), runs(5))
	l.poll("stores-eu", 3)
	whole := l.walk("/reports/failed-imports?", "run_no", 1000, nil)
	if got := l.walk("/reports/failed-imports?", "run_no", 1, func() { l.poll("stores-eu", 1) }); len(whole) != 3 || !slices.Equal(got, whole) {
		t.Errorf("by one %q, and whole %q", got, whole)
	}
	if got := l.walk("/reports/failed-imports?as_of=0s&", "run_no", 3, func() { l.poll("stores-eu", 1) }); len(got) != 4 {
		t.Errorf("by three: %q", got)
	}
	if got := l.ask(http.MethodGet, "/reports/stalled?since=3d", ""); got.status != http.StatusUnprocessableEntity {
		t.Errorf("of one moment since another: %d %s", got.status, got.text)
	}
}
