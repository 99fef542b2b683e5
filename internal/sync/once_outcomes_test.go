package sync_test

import (
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tracker/internal/store"
	"tracker/internal/testkit"
	"tracker/internal/upstreamsim"
)

// TestOnceGivesEachFaultItsOutcome takes fifteen seconds: as long as a poll
// may, and one is never answered.
func TestOnceGivesEachFaultItsOutcome(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	never := upstreamsim.NewGate()
	defer never.Open()
	closed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	tls := httptest.NewTLSServer(l.Woosmap) // with a certificate that nobody knows
	defer tls.Close()
	l.declare(store.Declaration{Sources: []store.SourceSpec{
		l.sourceSpec("unlimited", "woosmap", l.WoosmapAt), // whom no answer holds up
		l.sourceSpec("limited", "woosmap", l.WoosmapAt),   // or what is claimed after its answer is not polled
		l.sourceSpec("closed", "woosmap", "http://"+closed.Addr().String()),
		l.sourceSpec("untrusted", "woosmap", tls.URL),
		l.sourceSpec("no-tls", "woosmap", strings.Replace(l.WoosmapAt, "http:", "https:", 1)),
	}})
	good := testkit.WoosmapRun("r1", "success")
	tests := []struct {
		name   string
		source string
		frame  upstreamsim.Frame
		want   string // outcome, HTTP status
	}{
		{"answer", "", good, "changed 200"},
		{"status-204", "", upstreamsim.Status(204, ""), "malformed 204"},
		{"status-304", "", upstreamsim.Status(304, ""), "rejected 304"},
		{"status-400", "", upstreamsim.WoosmapError(400), "rejected 400"},
		{"status-401", "", upstreamsim.WoosmapError(401), "unauthorized 401"},
		{"status-402", "", upstreamsim.WoosmapError(402), "quota_exhausted 402"},
		{"status-403", "", upstreamsim.WoosmapError(403), "forbidden 403"},
		{"status-404", "", upstreamsim.WoosmapError(404), "not_found 404"},
		{"status-409", "", upstreamsim.Status(409, `{"detail":"busy"}`), "rejected 409"},
		{"status-413", "", upstreamsim.WoosmapError(413), "rejected 413"}, // Woosmap has no other way
		{"status-422", "", upstreamsim.WoosmapError(422), "rejected 422"},
		{"status-429", "limited", upstreamsim.WoosmapError(429), "rate_limited 429"},
		{"status-500", "", upstreamsim.WoosmapError(500), "upstream_error 500"},
		{"status-502", "", upstreamsim.WoosmapError(502), "upstream_error 502"},
		{"status-599", "", upstreamsim.Status(599, "\x00\xff"), "upstream_error 599"},
		{"redirect", "", upstreamsim.Redirect(302, "https://elsewhere.example/?token=sekret"), "rejected 302"},
		{"redirect-loop", "unlimited", upstreamsim.Redirect(307, "/datasets/loop/status"), "rejected 422"},
		{"html-200", "", upstreamsim.Answer("<html>It works!</html>").With("Content-Type", "text/html"), "malformed 200"},
		{"empty", "", upstreamsim.Answer(""), "malformed 200"},
		{"cut-json", "", upstreamsim.Answer(`{"id":"r1","status":"succ`), "malformed 200"},
		{"two-values", "", upstreamsim.Answer(`{"id":"r1","status":"success","steps":[]}{}`), "malformed 200"},
		{"null-list", "", upstreamsim.Answer(`{"id":"r1","status":"success","steps":null}`), "malformed 200"},
		{"wrong-type", "", upstreamsim.Answer(`{"id":7,"status":"success","steps":[]}`), "malformed 200"},
		{"missing", "", upstreamsim.Answer(`{"id":"r1","steps":[]}`), "malformed 200"},
		{"a-list", "", upstreamsim.Answer(`[]`), "malformed 200"},
		{"too-long", "", upstreamsim.Answer(`{"id":"` + strings.Repeat("r", 16<<20) + `"}`), "malformed 200"},
		{"gzip-bomb", "", upstreamsim.GzipBomb(17 << 20), "malformed 200"},
		{"no-gzip", "", upstreamsim.Answer("not packed").With("Content-Encoding", "gzip"), "malformed 200"},
		{"cut-body", "", upstreamsim.Frame{Body: good.Body, Cut: 9}, "unreachable 200"},
		{"dropped", "", upstreamsim.Frame{Drop: true}, "unreachable 0"},
		{"hanging", "", good.Behind(never), "timeout 0"},
		{"refused", "closed", good, "unreachable 0"},
		{"unknown-ca", "untrusted", good, "unreachable 0"},
		{"plain-text", "no-tls", good, "unreachable 0"},
	}
	var names []string
	for _, test := range tests {
		if test.source == "" {
			test.source = "woosmap"
		}
		l.datasetAt(test.source, test.name, test.frame)
		names = append(names, test.name)
	}
	told := l.once(names...).all()
	if len(told) != len(tests) {
		t.Errorf("%d events for %d jobs", len(told), len(tests))
	}
	for _, test := range tests {
		l.Want(test.name, []string{test.want},
			`SELECT concat_ws(' ', outcome, coalesce(http_status, 0)) FROM report.polls WHERE job = $1`, test.name)
		l.Want("error of "+test.name, []string{map[bool]string{true: "none", false: "told"}[test.name == "answer"]},
			`SELECT CASE WHEN error IS NULL THEN 'none' WHEN error ~ '[?]|sekret|lab=' OR length(error) > 500 OR error !~ '[a-z9]' THEN error ELSE 'told' END
			FROM report.polls WHERE job = $1`, test.name)
	}
	for _, event := range told {
		if strings.Contains(event.Error, "sekret") || (event.Error == "") != event.Outcome.Answered() {
			t.Errorf("job %s: %s with error %q", event.Job.Name, event.Outcome, event.Error)
		}
	}
	l.Want("failures", []string{"33"}, `SELECT count(*)::text FROM report.jobs WHERE failures = 1 AND state IS NULL AND next_poll_at > last_polled_at`)
	l.Want("snapshots", []string{"answer"}, `SELECT job FROM report.snapshots`)
	if got := l.claims(); got != "0" {
		t.Errorf("%s jobs are claimed still", got)
	}
}

func TestOnceNeverTakesAFailedPollForNews(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	same := testkit.WoosmapRun("r1", "in_progress")
	l.dataset("stores", same, upstreamsim.Status(404, ""), upstreamsim.Answer("{}"), same, testkit.WoosmapRun("r1", "success"))
	for range 5 {
		l.once("stores")
	}
	l.wantPolls("stores", "changed 1", "not_found", "malformed", "unchanged 1", "changed 2")
	l.Want("not_before is the last poll that saw the old state", []string{"t"}, `SELECT (t.not_before = p.polled_at)::text::char
		FROM report.transitions t JOIN report.polls p ON p.outcome = 'unchanged' WHERE t.from_state IS NOT NULL`)
	l.Want("failures", []string{"0"}, `SELECT failures::text FROM report.jobs`)
}

func TestOnceTakesWhatPostgresCannot(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	l.dataset("nul", upstreamsim.Answer(`{"id":"r\u0000","status":"suc\u0000cess","steps":[],"x\u0000":"\u0000"}`))
	l.dataset("utf8", upstreamsim.Answer("{\"id\":\"r1\",\"status\":\"success\",\"steps\":[],\"x\":\"\xff\xfe\"}"))
	l.dataset("twice", upstreamsim.Answer(`{"id":"r0","id":"r1","status":"success","steps":[]}`))
	l.dataset("times", upstreamsim.Answer(`{"id":"r1","status":"success","steps":[
		{"end":"yesterday","entries":[],"name":"fetch","start":"1900-01-01T00:00:00","status":"success"},
		{"end":"2100-12-31T23:59:59.9999999","entries":[],"name":"import","start":"","status":"success"}]}`))
	l.request("huge", upstreamsim.Answer(`{"data":[{"id":"i","url":"","output":{"actions":[],"fields":{"n":1e400000,"z":"\u0000"},"labels":[]},"metadata":{"n":-1e-400000}},
		{"id":"i","url":"","output":{"actions":[],"fields":{},"labels":[]}}],"namespace":"n","request_id":"huge","status":"succeeded"}`))
	l.request("count", upstreamsim.Answer(`{"data_count":1e300,"data_expires_at":"soon","data_url":null,"namespace":"n","request_id":"r","status":"succeeded"}`))
	jobs := []string{"nul", "utf8", "twice", "times", "huge", "count"}
	for _, outcome := range []string{"changed", "unchanged"} {
		for _, event := range l.once(jobs...).all() {
			if string(event.Outcome) != outcome {
				t.Errorf("job %s: %s (%s), not %s", event.Job.Name, event.Outcome, event.Error, outcome)
			}
		}
	}
	l.Want("stored", []string{"count r succeeded", "huge huge succeeded", "nul r\uFFFD suc\uFFFDcess", "times r1 success", "twice r1 success", "utf8 r1 success"},
		`SELECT concat_ws(' ', job, run_id, status) FROM report.runs ORDER BY job`)
	l.Want("two items with one id", []string{"1 i", "2 i"}, `SELECT concat_ws(' ', item_no, item_id) FROM report.result_items ORDER BY item_no`)
}

func TestOnceRecordsThePoisonedAloneAsMalformed(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	defer l.Check()
	// An id that is too long for its index, and so random that it cannot be packed.
	l.dataset("poison", testkit.WoosmapRun(noise(20_000), "success"), testkit.WoosmapRun("r2", "success"))
	jobs := []string{"poison"}
	for _, name := range []string{"a", "b", "c", "d"} {
		l.dataset(name, testkit.WoosmapRun("r1", "success"))
		jobs = append(jobs, name)
	}
	told := l.once(jobs...).texts()
	slices.Sort(told)
	want := []string{"polled a changed", "polled b changed", "polled c changed", "polled d changed", "polled poison malformed"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
	l.expect("poison", "changed")
	l.wantPolls("poison", "malformed", "changed 1")
}

// noise is a text that compresses badly, the same each time.
func noise(size int) string {
	var text strings.Builder
	state := uint64(1)
	for range size {
		state = state*6364136223846793005 + 1442695040888963407
		text.WriteByte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[state>>58])
	}
	return text.String()
}

func TestOnceTakesAHundredThousandEntries(t *testing.T) {
	t.Parallel()
	l := newLab(t) // not checked: to compare all entries again takes the race detector half a minute
	const entry = `{"created_at":"2024-06-07T09:30:36.741569","detail":"Line skipped","level":"warning"},`
	l.dataset("stores", fetchWith(strings.Repeat(entry, 99_999)+`{"created_at":"","detail":"","level":""}`))
	l.expect("stores", "changed")
	l.expect("stores", "unchanged")
	l.Want("entries", []string{"100000"}, `SELECT count(*)::text FROM report.log_entries`)
	l.Want("run", []string{"99999"}, `SELECT warnings::text FROM report.runs`)
}
