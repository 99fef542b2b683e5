package source

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"tracker/internal/history"
)

// safetykit is SafetyKit Data: GET /v1/data/{namespace}/requests/{request_id}
// tells how one request's import is doing, without steps or times. Its body is
// one of two shapes: with the results in it, or with a link to them.
func safetykit() Provider {
	return Provider{
		Name:           "safetykit",
		BaseURL:        "https://api.safetykit.com",
		RateEvery:      time.Second,
		RateBurst:      5,
		Schedule:       "@every 1m",
		Target:         []TargetField{{Name: "namespace"}, {Name: "request_id"}},
		Finishes:       true,
		Interpretation: 2,
		Requests: func(target map[string]string) (status, tooLarge string) {
			status = "/v1/data/" + url.PathEscape(target["namespace"]) + "/requests/" + url.PathEscape(target["request_id"])
			return status, status + "/results/download-url"
		},
		Authorize: func(secret string) (header, value string) { return "Authorization", "Bearer " + secret },
		Read:      readSafetyKit,
		Links:     []string{"data[].url"},
		Signed:    []string{"data_url"},
		Volatile:  []string{"data_expires_at"},
		contract:  safetykitContract,
	}
}

var safetykitContract = contract{
	"":                       {"namespace", "request_id", "status", "error_summary", "data", "data_count", "data_expires_at", "data_url"},
	"data[]":                 {"id", "url", "output", "metadata"},
	"data[].metadata":        {},
	"data[].output":          {"actions", "fields", "labels"},
	"data[].output.actions":  {},
	"data[].output.fields":   {},
	"data[].output.labels[]": {"label"},
}

func readSafetyKit(root []byte, _ map[string]string) (history.Answer, error) {
	r := newReader(safetykitContract)
	request := r.object(root, "")
	request.text("namespace")
	answer := history.Answer{
		RunID:         request.text("request_id"),
		Status:        request.text("status"),
		Order:         []string{"queued", "uploading", "ingesting"},
		StepsObserved: true,
		ErrorSummary:  safetykitSummary(request),
		Results:       safetykitResults(request),
	}
	if request.err != nil {
		return history.Answer{}, request.err
	}
	answer.State = safetykitState(answer.Status)
	answer.Shape = r.shape()
	return answer, nil
}

// safetykitSummary reads error_summary, which the contract does not name: its
// text, or its JSON where it is no string.
func safetykitSummary(request *fields) *string {
	v, found := request.optional("error_summary")
	if !found {
		return nil
	}
	summary := v.raw()
	if v.kind() == kindString {
		summary = v.text()
	}
	return &summary
}

// safetykitLink are the fields of a body that links to its results. All three
// have to be there, though each may be null.
var safetykitLink = []string{"data_count", "data_expires_at", "data_url"}

// safetykitResults reads a body of either shape, or of both at once.
func safetykitResults(request *fields) history.Results {
	_, inline := request.optional("data")
	linked := slices.ContainsFunc(safetykitLink, func(name string) bool {
		_, found := request.get(name)
		return found
	})
	var results history.Results
	if inline || !linked {
		results.Items = readList(request, "data", safetykitItem)
		results.Listed = true
		results.Count = new(int64(len(results.Items)))
	} else {
		request.require(safetykitLink...)
	}
	if count, found := request.optional("data_count"); found {
		request.want("data_count", kindNumber, kindNull)
		results.Count = wholeNumber(count)
	}
	if expires := request.optionalText("data_expires_at"); expires != nil {
		results.Expires = history.ParseTime(*expires)
	}
	request.optionalText("data_url")
	return results
}

// WholeNumber gives the number that a text has, where that counts something.
func WholeNumber(text string) (int64, bool) {
	number := wholeNumber(value(text))
	if number == nil {
		return 0, false
	}
	return *number, true
}

// wholeNumber gives a number that counts something, nil where it counts nothing.
func wholeNumber(v value) *int64 {
	const exact = 1 << 53 // up to here a float64 holds every whole number
	number, err := strconv.ParseFloat(string(v), 64)
	if whole := int64(number); err == nil && number >= 0 && number <= exact && float64(whole) == number {
		return &whole
	}
	return nil
}

func safetykitItem(r *reader, v value) (history.Item, error) {
	item := r.object(v, "data[]")
	read := history.Item{ID: item.text("id"), URL: item.text("url")}
	if output := item.want("output", kindObject); output != nil {
		labels, err := safetykitLabels(r, output)
		if err != nil {
			return read, under("output", err)
		}
		read.Labels, read.Output = labels, jsonb(output)
	}
	if metadata, found := item.optional("metadata"); found {
		read.Metadata = jsonb(metadata)
	}
	return read, item.err
}

func safetykitLabels(r *reader, v value) ([]string, error) {
	output := r.object(v, "data[].output")
	output.want("actions", kindList)
	output.want("fields", kindObject)
	labels := readList(output, "labels", safetykitLabel)
	return labels, output.err
}

func safetykitLabel(r *reader, v value) (string, error) {
	label := r.object(v, "data[].output.labels[]")
	text := label.text("label")
	return text, label.err
}

func safetykitState(status string) history.State {
	switch status {
	case "queued":
		return history.StateQueued
	case "uploading", "ingesting":
		return history.StateRunning
	case "succeeded":
		return history.StateSucceeded
	case "failed":
		return history.StateFailed
	default:
		return history.StateUnknown
	}
}
