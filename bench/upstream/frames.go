package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const (
	// changes is how many answers of a run differ; each brings a log entry.
	changes = 20
	// fetching is how many of them fall into the first step.
	fetching = 6
	// variants is how many different runs are rendered.
	variants = 64
)

// frame is an answer on the wire, but for the run's id.
type frame struct {
	reply []byte // header and body
	runID int    // where in it the id stands
}

var runIDMark = strings.Repeat("R", 36)

type entry struct {
	CreatedAt string `json:"created_at"`
	Detail    string `json:"detail"`
	Level     string `json:"level"`
}

type step struct {
	Name    string  `json:"name"`
	Start   string  `json:"start"`
	End     *string `json:"end"`
	Status  string  `json:"status"`
	Entries []entry `json:"entries"`
}

type status struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Steps  []step `json:"steps"`
}

// renderRun gives the answers of a run in their order; of a bare one all are the same.
func renderRun(variant int, bare bool) (frames [changes]frame, err error) {
	began := time.Date(2026, 11, 1, 3, 0, 0, variant*1237001, time.UTC).Add(time.Duration(variant*97) * time.Minute)
	entries := renderEntries(variant, began)
	for i := range frames {
		if bare {
			frames[i], err = replyWith(status{ID: runIDMark, Status: "success", Steps: []step{}})
			if err != nil {
				return frames, err
			}
			continue
		}
		if frames[i], err = renderFrame(began, entries, i); err != nil {
			return frames, err
		}
	}
	return frames, nil
}

func renderFrame(began time.Time, entries []entry, i int) (frame, error) {
	answer := status{ID: runIDMark, Status: "in_progress"}
	fetch := step{Name: "fetch", Start: stamp(began), Status: "in_progress", Entries: entries[:min(i+1, fetching)]}
	if i+1 >= fetching {
		fetch.End, fetch.Status = &entries[fetching-1].CreatedAt, "success"
	}
	answer.Steps = append(answer.Steps, fetch)
	if i >= fetching {
		load := step{Name: "import", Start: entries[fetching-1].CreatedAt, Status: "in_progress", Entries: entries[fetching : i+1]}
		if i == changes-1 {
			load.End, load.Status, answer.Status = &entries[i].CreatedAt, "success", "success"
		}
		answer.Steps = append(answer.Steps, load)
	}
	return replyWith(answer)
}

func replyWith(answer status) (frame, error) {
	body, err := json.Marshal(answer)
	if err != nil {
		return frame{}, err
	}
	const header = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: fake\r\nDate: Sun, 22 Nov 2026 04:00:00 GMT\r\nContent-Length: %d\r\n\r\n"
	reply := append(fmt.Appendf(nil, header, len(body)), body...)
	return frame{reply: reply, runID: bytes.Index(reply, []byte(runIDMark))}, nil
}

// renderEntries gives the log of a run: one line for each of its answers.
func renderEntries(variant int, at time.Time) []entry {
	rows := 40_000 + variant*1311
	entries := make([]entry, changes)
	for i := range entries {
		at = at.Add(time.Duration(1500+(i*variant*37)%900) * time.Millisecond)
		entries[i] = entry{CreatedAt: stamp(at), Level: "info"}
		e := &entries[i]
		switch {
		case i == 0:
			e.Detail = fmt.Sprintf("Fetching source https://files.example.com/exports/stores-%03d.csv", variant)
		case i < fetching-1:
			e.Detail = fmt.Sprintf("Downloaded %d of %d bytes from the source", i*rows*31, 4*rows*31)
		case i == fetching-1:
			e.Detail = fmt.Sprintf("Source fetched: %d rows detected, encoding utf-8", rows)
		case i == fetching:
			e.Detail = fmt.Sprintf("Import started, %d rows to import into the dataset", rows)
		case i == 11:
			e.Level, e.Detail = "warning", fmt.Sprintf("Row %d: column \"opening_hours\" could not be parsed and was ignored", rows/3)
		case i == 15:
			e.Level, e.Detail = "error", fmt.Sprintf("Row %d: geometry is not valid (latitude out of range), row skipped", rows/2)
		case i == changes-1:
			e.Detail = fmt.Sprintf("Import finished: %d rows imported, 1 skipped, 1 warning", rows-1)
		default:
			e.Detail = fmt.Sprintf("Imported %d of %d rows into the dataset (batch %d)", (i-fetching)*rows/13, rows, i-fetching)
		}
	}
	return entries
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
