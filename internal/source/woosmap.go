package source

import (
	"net/url"
	"time"

	"tracker/internal/history"
)

// woosmap is Woosmap Datasets: GET /datasets/{dataset_id}/status tells of the
// latest import of a dataset, with its steps and their log.
func woosmap() Provider {
	return Provider{
		Name:           "woosmap",
		BaseURL:        "https://api.woosmap.com",
		RateEvery:      5 * time.Second,
		RateBurst:      1,
		Schedule:       "*/5 * * * *",
		Target:         []TargetField{{Name: "dataset_id", Check: checkUUID, AnyCase: true}},
		Interpretation: 2,
		Requests: func(target map[string]string) (status, tooLarge string) {
			return "/datasets/" + url.PathEscape(target["dataset_id"]) + "/status", ""
		},
		// The API also takes the key in the query, where logs would show it.
		Authorize: func(secret string) (header, value string) { return "X-Api-Key", secret },
		Read:      readWoosmap,
		Discover:  woosmapList(),
		contract:  woosmapContract,
	}
}

var woosmapContract = contract{
	"":                  {"id", "status", "steps"},
	"steps[]":           {"name", "start", "end", "status", "entries"},
	"steps[].entries[]": {"created_at", "detail", "level"},
}

func readWoosmap(root []byte, _ map[string]string) (history.Answer, error) {
	r := newReader(woosmapContract)
	run := r.object(root, "")
	answer := history.Answer{
		RunID:  run.text("id"),
		Status: run.text("status"),
		Order:  []string{"in_progress"},
		Steps:  readList(run, "steps", woosmapStep),
	}
	if run.err != nil {
		return history.Answer{}, run.err
	}
	answer.State = woosmapState(answer.Status)
	answer.Shape = r.shape()
	return answer, nil
}

func woosmapStep(r *reader, v value) (history.ReportedStep, error) {
	step := r.object(v, "steps[]")
	read := history.ReportedStep{
		Name:    step.text("name"),
		Status:  step.text("status"),
		Start:   history.ParseTime(step.text("start")),
		Entries: readList(step, "entries", woosmapEntry),
	}
	if end := step.textOrNull("end"); end != nil {
		read.End = history.ParseTime(*end)
	}
	read.State = woosmapState(read.Status)
	return read, step.err
}

func woosmapEntry(r *reader, v value) (history.ReportedEntry, error) {
	entry := r.object(v, "steps[].entries[]")
	read := history.ReportedEntry{
		Created: history.ParseTime(entry.text("created_at")),
		Level:   entry.text("level"),
		Detail:  entry.text("detail"),
	}
	return read, entry.err
}

// woosmapState reads the status of a run or a step; both use the same words.
func woosmapState(status string) history.State {
	switch status {
	case "in_progress":
		return history.StateRunning
	case "success":
		return history.StateSucceeded
	case "failed":
		return history.StateFailed
	default:
		return history.StateUnknown
	}
}
