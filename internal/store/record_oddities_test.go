package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRecordOddBodies: what upstreams have been seen to send is stored as it came.
func TestRecordOddBodies(t *testing.T) {
	t.Parallel()
	const lines = "SELECT level || ': ' || detail FROM report.log_entries WHERE job = $1 ORDER BY run_no, step_no, entry_no"
	f := newFeed(t)
	for name, test := range map[string]struct {
		provider string
		bodies   []string
		query    string
		want     []string
	}{
		"NULInDetail": {
			"woosmap",
			[]string{woosmapBody("r", "failed", woosmapStep("fetch", "failed", "09:00:00", "09:01:00", woosmapEntry("09:00:30", "error", `a\u0000b`)))},
			lines,
			[]string{"error: a\uFFFDb"},
		},
		"InvalidBytesInDetail": {
			"woosmap",
			[]string{woosmapBody("r", "failed", woosmapStep("fetch", "failed", "09:00:00", "09:01:00", woosmapEntry("09:00:30", "error", "a\xffb")))},
			lines,
			[]string{"error: a\uFFFDb"},
		},
		"BodyWithoutText": {
			"woosmap",
			[]string{"{\"id\":\"r\",\"status\":\"success\",\"steps\":[],\"x\":\"\xff\"}"},
			"SELECT concat_ws(' ', size, body_text IS NULL, encode(body, 'hex')) FROM report.snapshots WHERE job = $1",
			[]string{fmt.Sprintf("48 t %x", "{\"id\":\"r\",\"status\":\"success\",\"steps\":[],\"x\":\"\xff\"}")},
		},
		"DuplicateKeys": {
			"woosmap",
			[]string{`{"id":"q","id":"r","status":"in_progress","status":"success","steps":[]}`},
			"SELECT concat_ws(' ', r.run_id, r.status, body_text) FROM report.runs r JOIN report.snapshots USING (job) WHERE job = $1",
			[]string{`r success {"id":"q","id":"r","status":"in_progress","status":"success","steps":[]}`},
		},
		"NumberBeyondNumeric": {
			"safetykit",
			[]string{safetykitBody("r", "succeeded", safetykitItem("i", `{"n":1e400000,"m":-1e-400000,"o":[12345678901234567890.10]}`))},
			"SELECT metadata::text FROM report.result_items WHERE job = $1",
			[]string{`{"m": "-1e-400000", "n": "1e400000", "o": [12345678901234567890.10]}`},
		},
		"TwoItemsWithOneID": {
			"safetykit",
			[]string{safetykitBody("r", "succeeded", safetykitItem("i", "1"), safetykitItem("i", "2"))},
			"SELECT concat_ws(' ', item_no, item_id, metadata) FROM report.result_items WHERE job = $1 ORDER BY item_no",
			[]string{"1 i 1", "2 i 2"},
		},
		"ABA": {
			"woosmap",
			[]string{woosmapBody("r", "in_progress"), woosmapBody("r", "success"), woosmapBody("r", "in_progress"), woosmapBody("r", "in_progress")},
			"SELECT concat_ws(' ', snapshot_no, status, polls) FROM report.snapshots WHERE job = $1 ORDER BY snapshot_no",
			[]string{"1 in_progress 1", "2 success 1", "3 in_progress 2"},
		},
		"ShrinkingItems": {
			"safetykit",
			[]string{
				safetykitBody("r", "ingesting", safetykitItem("a", "1"), safetykitItem("b", "2"), safetykitItem("c", "3")),
				safetykitBody("r", "succeeded", safetykitItem("b", "2")),
			},
			"SELECT concat_ws(' ', item_no, item_id, metadata, labels) FROM report.result_items WHERE job = $1",
			[]string{"1 b 2 {l-b}"},
		},
		"UnionFlips": {
			"safetykit",
			[]string{
				safetykitBody("r", "succeeded", safetykitItem("a", "1"), safetykitItem("b", "null")), safetykitLink("r", "succeeded", 2),
				safetykitLink("r", "succeeded", 3), safetykitBody("r", "succeeded"),
				safetykitLink("r", "succeeded", 4),
			},
			`SELECT concat_ws(' ', snapshot_no, (SELECT count(*) FROM report.anomalies WHERE job = $1), (SELECT result_count FROM report.runs WHERE job = $1),
				(SELECT count(*) FROM report.result_items WHERE job = $1)) FROM report.snapshots WHERE job = $1 AND snapshot_no = 5`,
			[]string{"5 0 4 0"},
		},
		"ItemsStayBehindALink": {
			"safetykit",
			[]string{safetykitBody("r", "ingesting", safetykitItem("a", "1"), safetykitItem("b", "null")), safetykitLink("r", "succeeded", 2)},
			"SELECT concat_ws(' ', item_id, metadata IS NULL) FROM report.result_items WHERE job = $1 ORDER BY item_no",
			[]string{"a f", "b t"},
		},
		"LinkSignedAnew": {
			"safetykit",
			[]string{safetykitLink("r", "succeeded", 2), strings.Replace(safetykitLink("r", "succeeded", 2), "sig=1", "sig=2&more=3", 1)},
			"SELECT outcome FROM report.polls WHERE job = $1 ORDER BY polled_at",
			[]string{"changed", "unchanged"},
		},
		"EmptyWords": {
			"woosmap",
			[]string{woosmapBody("", "", `{"name":"","status":"","start":"","end":"","entries":[{"created_at":"","level":"","detail":""}]}`), woosmapBody("", "success")},
			"SELECT concat_ws(',', transition_no, step_no, from_state, from_status, to_state, to_status) FROM report.transitions WHERE job = $1 ORDER BY transition_no",
			[]string{"1,unknown,", "2,1,unknown,", "3,unknown,,succeeded,success"},
		},
	} {
		job := f.register(t, test.provider, strings.ToLower(name))[0]
		for _, body := range test.bodies {
			f.round(t, said{job: job, body: body})
		}
		if got := column[string](t, f.conn, test.query, job.Name); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, not %q", name, got, test.want)
		}
	}
}

// TestRecordManyEntries: a hundred thousand log entries in one answer, and one more in the next.
func TestRecordManyEntries(t *testing.T) {
	t.Parallel()
	const many = 100_000
	f := newFeed(t)
	job := f.register(t, "woosmap", "verbose")[0]
	entries := make([]string, many, many+1)
	for i := range entries {
		entries[i] = woosmapEntry("09:30:00", "warning", fmt.Sprintf("row %d", i/2))
	}
	for range 2 {
		began := time.Now()
		f.round(t, said{job: job, body: woosmapBody("r", "in_progress", woosmapStep("import", "in_progress", "09:00:00", "", entries...))})
		t.Logf("%d entries took %s", len(entries), time.Since(began).Round(time.Millisecond))
		entries = append(entries, woosmapEntry("09:30:01", "error", "last"))
	}
	got := column[string](t, f.conn, "SELECT concat_ws(' ', warnings, errors, (SELECT max(entry_no) FROM report.log_entries)) FROM report.runs")
	equalLines(t, got, "100000 1 100001")
}
