package pages_test

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

// polledAt are when a job was polled.
func (l *lab) polledAt(job string) (times []time.Time) {
	l.t.Helper()
	for _, line := range l.Lines(`SELECT to_char(polled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM report.polls WHERE job = $1 ORDER BY polled_at`, job) {
		at, err := time.Parse(time.RFC3339Nano, line)
		if err != nil {
			l.t.Fatal(err)
		}
		times = append(times, at)
	}
	return times
}

// knownAt is the page of a run as it was known then.
func (l *lab) knownAt(path string, at time.Time) page {
	l.t.Helper()
	return l.get(path + "?known_at=" + url.QueryEscape(at.UTC().Format(time.RFC3339Nano)))
}

// find is the element that has an attribute with a value; nil: there is none.
func (p page) find(name, value string) *html.Node {
	for node := range p.doc.Descendants() {
		if attributeOf(node, name) == value {
			return node
		}
	}
	return nil
}

// TestRunOfThePast_GoesOn: the page of a run that has not changed since tells of the looks
// until then, of when it was seen last, and of a gap that ended later as an open one.
func TestRunOfThePast_GoesOn(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	going := run("r1", "in_progress", step("fetch", "in_progress", ""))
	l.follow("stores-eu", going, going, going)
	polled := l.polledAt("stores-eu")
	l.Exec(`INSERT INTO gaps (job_id, gap_no, gap_from, gap_to, reason) SELECT job_id, 1000, $1, $2, 'not_running' FROM jobs`, polled[1], polled[2])
	at := polled[2].Add(-time.Microsecond)
	p := l.knownAt("/jobs/stores-eu/runs/1", at)
	p.wantText(t, "the page", "not looked: since")
	if told := strings.Count(p.text(), "looked 2 times"); told != 2 { // by the job's history, and of the run
		t.Errorf("two looks are told %d times: %s", told, p.text())
	}
	if !strings.Contains(p.raw, "1 times when nobody looked") {
		t.Error("no gap is drawn")
	}
	if p.find("id", "later-look") == nil {
		t.Error("there is no later look")
	}
	if slider := p.find("type", "range"); len(strings.Fields(attributeOf(slider, "data-stops"))) != 3 {
		t.Errorf("the slider stops at %q", attributeOf(slider, "data-stops"))
	}
	job, err := l.store.Job(t.Context(), "stores-eu")
	if err != nil {
		t.Fatal(err)
	}
	known, err := tracking.ReadKnowledge(t.Context(), l.store, job, tracking.KnowledgeParams{RunNo: 1, Most: 1, Now: time.Now(), KnownAt: at})
	if err != nil {
		t.Fatal(err)
	}
	if !known.AnsweredAt.Equal(polled[1]) {
		t.Errorf("last seen %s, not %s", known.AnsweredAt, polled[1])
	}
	for asOf, want := range map[time.Time]int{polled[1].Add(-time.Microsecond): 0, at: 1} { // known now
		then, err := tracking.ReadKnowledge(t.Context(), l.store, job, tracking.KnowledgeParams{RunNo: 1, Most: 1, Now: time.Now(), AsOf: asOf})
		if err != nil {
			t.Fatal(err)
		}
		then.Gaps = slices.DeleteFunc(then.Gaps, func(g store.GapRow) bool { return g.Reason != "not_running" })
		if len(then.Gaps) != want || want > 0 && then.Gaps[0].GapTo != nil {
			t.Errorf("as of %s the gaps are %+v", asOf, then.Gaps)
		}
	}
}

// TestRunOfThePast_Ended: the looks of a run end with its last change, be that another
// run in its place, on the page of now and on that of a moment long after it.
func TestRunOfThePast_Ended(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	for path, looks := range map[string]string{"/jobs/stores-eu/runs/1": "looked 2 times", "/jobs/stores-eu/runs/3": "looked 6 times"} {
		for _, p := range []page{l.get(path), l.knownAt(path, time.Now())} {
			if stops := attributeOf(p.find("type", "range"), "data-stops"); len(strings.Fields(stops)) != int(looks[7]-'0') {
				t.Errorf("%s: %s, and the slider stops at %q", path, looks, stops)
			}
			p.wantText(t, path, looks)
		}
	}
}

// TestRunOfThePast_EarlierLook: from where the slider stops the look before is another one.
func TestRunOfThePast_EarlierLook(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.restless()
	const path = "/jobs/stores-eu/runs/2"
	slider := l.get(path).find("type", "range")
	first, err := strconv.ParseInt(attributeOf(slider, "data-first"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	stops := strings.Fields(attributeOf(slider, "data-stops"))
	after, err := strconv.ParseInt(stops[len(stops)-1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	earlier := attributeOf(l.knownAt(path, time.UnixMilli(first+after)).find("id", "earlier-look"), "href")
	l.get(path+earlier).wantText(t, "the look before the last", "run 2 is running")
}
