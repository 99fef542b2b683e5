package store_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// Bodies as upstreams write them. Texts are JSON literals' insides, so that
// they may hold what JSON libraries would not write.

func woosmapBody(id, status string, steps ...string) string {
	return fmt.Sprintf(`{"id":%s,"status":%s,"steps":[%s]}`, lit(id), lit(status), strings.Join(steps, ","))
}

// woosmapStep has times of the day of the feed, "" for none.
func woosmapStep(name, status, start, end string, entries ...string) string {
	ended := "null"
	if end != "" {
		ended = lit("2024-06-07T" + end)
	}
	return fmt.Sprintf(`{"name":%s,"status":%s,"start":%s,"end":%s,"entries":[%s]}`, lit(name), lit(status), lit("2024-06-07T"+start), ended, strings.Join(entries, ","))
}

func woosmapEntry(created, level, detail string) string {
	return fmt.Sprintf(`{"created_at":%s,"level":%s,"detail":%s}`, lit("2024-06-07T"+created), lit(level), lit(detail))
}

// safetykitBody lists results.
func safetykitBody(id, status string, items ...string) string {
	return fmt.Sprintf(`{"namespace":"products","request_id":%s,"status":%s,"data":[%s]}`, lit(id), lit(status), strings.Join(items, ","))
}

// safetykitLink links to the results.
func safetykitLink(id, status string, count int) string {
	return fmt.Sprintf(`{"namespace":"products","request_id":%s,"status":%s,"data_count":%d,"data_expires_at":"2024-06-08T00:00:00Z","data_url":"https://example.com/d?sig=1"}`,
		lit(id), lit(status), count)
}

func safetykitItem(id, metadata string) string {
	return fmt.Sprintf(`{"id":%s,"url":%s,"output":{"actions":[],"fields":{},"labels":[{"label":%s}]},"metadata":%s}`,
		lit(id), lit("https://example.com/"+id), lit("l-"+id), metadata)
}

// lit is a literal of the text within it.
func lit(inside string) string { return `"` + inside + `"` }

// anyBody gives arbitrary bodies of a provider, made of few words so that they
// collide often. Some are no answers.
func anyBody(provider string) *rapid.Generator[string] {
	if provider == "woosmap" {
		return anyWoosmapBody()
	}
	return anySafetykitBody()
}

var (
	anyID     = rapid.SampledFrom([]string{"a", "b", "c", ""})
	anyExtra  = rapid.SampledFrom([]string{"", "", `,"extra":1`, `,"extra":1,"n\u0000ul":2`, ",\"bad\xff\":3"})
	anyDetail = rapid.SampledFrom([]string{"a", "b", `nul\u0000`, "bad\xffbyte", `\ud800 alone`, `<&> \\ \"`})
	notBodies = rapid.SampledFrom([]string{"", "<html>", `{"id":1}`, "null", `{"id":"a","status":"success","steps":null}`})
)

func anyWoosmapBody() *rapid.Generator[string] {
	statuses := rapid.SampledFrom([]string{"in_progress", "in_progress", "success", "failed", "odd"})
	entry := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf(`{"created_at":%s,"level":%s,"detail":%s%s}`,
			lit(rapid.SampledFrom([]string{"2024-06-07T09:00:00", "2024-06-07T23:00:00Z", "soon", ""}).Draw(t, "created")),
			lit(rapid.SampledFrom([]string{"info", "warning", "error", "odd"}).Draw(t, "level")), lit(anyDetail.Draw(t, "detail")), anyExtra.Draw(t, "extra"))
	})
	step := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf(`{"name":%s,"status":%s,"start":%s,"end":%s,"entries":[%s]%s}`,
			lit(rapid.SampledFrom([]string{"fetch", "import", ""}).Draw(t, "name")), lit(statuses.Draw(t, "status")),
			lit(rapid.SampledFrom([]string{"2024-06-07T09:00:00", "2024-06-07 09:10:00.123456789Z", "soon", ""}).Draw(t, "start")),
			rapid.SampledFrom([]string{"null", "null", `"2024-06-07T09:05:00"`, `"2024-06-07T23:05:00+02:00"`, `"late"`, `""`}).Draw(t, "end"),
			strings.Join(rapid.SliceOfN(entry, 0, 4).Draw(t, "entries"), ","), anyExtra.Draw(t, "extra"))
	})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "is no answer") == 9 {
			return notBodies.Draw(t, "body")
		}
		return fmt.Sprintf(`{"id":%s,"status":%s,"steps":[%s]%s}`, lit(anyID.Draw(t, "id")), lit(statuses.Draw(t, "status")),
			strings.Join(rapid.SliceOfN(step, 0, 3).Draw(t, "steps"), ","), anyExtra.Draw(t, "extra"))
	})
}

func anySafetykitBody() *rapid.Generator[string] {
	item := rapid.Custom(func(t *rapid.T) string {
		return safetykitItem(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "id"),
			rapid.SampledFrom([]string{"null", `{}`, `{"n":1e400000,"n":2}`, `{"k\u0000":"\u0000"}`, "[\"\xff\"]", `1.10`}).Draw(t, "metadata"))
	})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 9).Draw(t, "is no answer") == 9 {
			return notBodies.Draw(t, "body")
		}
		fields := rapid.SampledFrom([]string{
			"", `,"data_count":7,"data_expires_at":null,"data_url":null`, `,"data_count":3,"data_expires_at":"2024-06-08T00:00:00Z","data_url":"https://e.com/d?sig=1"`,
		}).Draw(t, "link")
		if fields == "" || rapid.Bool().Draw(t, "both") {
			fields += fmt.Sprintf(`,"data":[%s]`, strings.Join(rapid.SliceOfN(item, 0, 3).Draw(t, "items"), ","))
		}
		fields += rapid.SampledFrom([]string{"", "", `,"error_summary":"bad"`, `,"error_summary":{"x":1}`, `,"error_summary":null`, `,"error_summary":""`}).Draw(t, "summary")
		return fmt.Sprintf(`{"namespace":"products","request_id":%s,"status":%s%s%s}`, lit(anyID.Draw(t, "id")),
			lit(rapid.SampledFrom([]string{"queued", "uploading", "ingesting", "succeeded", "failed", "odd"}).Draw(t, "status")), fields, anyExtra.Draw(t, "extra"))
	})
}
