package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"tracker/internal/testkit"
)

// metricRow is a row of the table of metrics.
var metricRow = regexp.MustCompile("(?m)^\\| `(tracker_\\w+)` \\| (\\w+) \\| (.*?) ?\\| (.+) \\|$")

// TestMetrics scrapes a daemon that has polled, in the format with all that there is.
func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Woosmap.Script(datasetID(0), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "in_progress"), testkit.WoosmapRun("r1", "success"))
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	w.env["HOOK"], w.env["NOBODY"] = receiver.URL, "http://127.0.0.1:1"
	w.apply("notify:\n- {name: geo, to: env:HOOK, as: webhook, on: [succeeded]}\n- {name: lost, to: env:NOBODY, as: webhook, on: [succeeded]}\n" + declaration(`schedule: "@every 1s", active_every: 1s, `+unlimited, 2))
	w.must("job", "pause", jobName(1))
	w.env["TRACKER_LISTEN"] = "127.0.0.1:0"
	daemon := w.start("serve")
	daemon.await("serving")
	w.awaitLine(`SELECT '' FROM report.jobs j JOIN report.deliveries d USING (job) WHERE job = $1 AND j.state = 'succeeded' AND d.rule = 'lost' AND d.attempts > 0`, jobName(0))
	var families map[string]*dto.MetricFamily
	await(t, "the end of the run in a scrape", func() bool {
		families = daemon.scrape(expfmt.NewFormat(expfmt.TypeProtoDelim))
		return valueOf(families["tracker_transitions_total"], "woosmap", "succeeded") == 1 && valueOf(families["tracker_deliveries_total"], "geo", "delivered") == 1
	})

	var told []string
	for name, family := range families {
		if strings.HasPrefix(name, "tracker_") {
			told = append(told, describe(family))
		}
	}
	var want []string
	for _, row := range metricRow.FindAllStringSubmatch(readFile(t, "docs/operations.md"), -1) {
		labels := strings.Split(row[3], ", ")
		slices.Sort(labels) // as in a scrape
		want = append(want, strings.Join([]string{row[1], row[2], strings.Join(labels, ", "), row[4]}, " | "))
	}
	slices.Sort(told)
	if slices.Sort(want); !slices.Equal(told, want) {
		t.Errorf("it tells\n%s\nand docs/operations.md has\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	for what, got := range map[string]float64{
		"snapshots": valueOf(families["tracker_snapshots_total"], "woosmap"), "changed": valueOf(families["tracker_polls_total"], "changed", "woosmap"),
		"paused jobs": 1 + valueOf(families["tracker_jobs"], "none", "paused"), "jobs that succeeded": 1 + valueOf(families["tracker_jobs"], "succeeded", "active"),
	} {
		if got != 2 {
			t.Errorf("%s: %v, not 2", what, got)
		}
	}
	for _, name := range []string{"tracker_poll_latency_seconds", "tracker_poll_lateness_seconds", "tracker_record_batch_polls", "tracker_record_seconds", "tracker_claim_seconds"} {
		if h := families[name].GetMetric()[0]; len(h.GetHistogram().GetBucket()) == 0 || h.GetHistogram().Schema == nil {
			t.Errorf("%s has not both kinds of buckets", name)
		}
	}
	for _, format := range []expfmt.Format{expfmt.NewFormat(expfmt.TypeTextPlain), expfmt.NewFormat(expfmt.TypeOpenMetrics)} {
		if _, text := daemon.ask("/metrics", format); strings.Contains(text, "job-0") || !strings.Contains(text, "tracker_build_info{version=") {
			t.Errorf("as %s: %s", format, text)
		}
	}
	daemon.stop()
	w.Check()
}

// scrape asks for metrics in a format that is decoded as it says that it is.
func (p *process) scrape(format expfmt.Format) map[string]*dto.MetricFamily {
	p.t.Helper()
	header, text := p.ask("/metrics", format)
	decoder := expfmt.NewDecoder(strings.NewReader(text), expfmt.ResponseFormat(header))
	families := map[string]*dto.MetricFamily{}
	for {
		family := &dto.MetricFamily{}
		if err := decoder.Decode(family); err != nil {
			break // the end, or what will be missed
		}
		families[family.GetName()] = family
	}
	return families
}

// ask asks the daemon's web server for a format.
func (p *process) ask(path string, format expfmt.Format) (header http.Header, text string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.address()+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Accept", string(format))
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	status, header, text := answer.StatusCode, answer.Header, string(body)
	if kind, _, _ := strings.Cut(string(format), ";"); status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), kind) {
		p.t.Fatalf("%s as %s: %d %v %s", path, format, status, header, text)
	}
	return header, text
}

// describe tells of a family what the table does.
func describe(family *dto.MetricFamily) string {
	var labels []string
	for _, label := range family.GetMetric()[0].GetLabel() {
		labels = append(labels, "`"+label.GetName()+"`")
	}
	slices.Sort(labels)
	return strings.Join([]string{family.GetName(), strings.ToLower(family.GetType().String()), strings.Join(labels, ", "), family.GetHelp()}, " | ")
}

// valueOf gives the number of the series with these values of labels, in the order
// of their names; -1: there is none.
func valueOf(family *dto.MetricFamily, labels ...string) float64 {
	for _, metric := range family.GetMetric() {
		var values []string
		for _, label := range metric.GetLabel() {
			values = append(values, label.GetValue())
		}
		if slices.Equal(values, labels) {
			return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return -1
}
