package upstreamsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// woosmapTime is how Woosmap writes times: UTC, and no zone that says so.
const woosmapTime = "2006-01-02T15:04:05.000000"

// Woosmap plays Woosmap Datasets: the status of a dataset's latest import,
// GET /datasets/{dataset_id}/status, and the list of datasets, GET /datasets/.
type Woosmap struct {
	*account
	mux      *http.ServeMux
	datasets []woosmapDataset // guarded by account.mu
}

// NewWoosmap gives a service that knows no dataset yet.
func NewWoosmap(o Options) *Woosmap {
	w := &Woosmap{account: newAccount(o), mux: http.NewServeMux()}
	w.mux.HandleFunc("GET /datasets/{dataset_id}/status", w.serveStatus)
	w.mux.HandleFunc("GET /datasets/{$}", w.serveList)
	return w
}

// WoosmapPath is the path of a dataset's status.
func WoosmapPath(datasetID string) string { return "/datasets/" + datasetID + "/status" }

// Script makes a dataset answer with one frame after the other, and with the
// last from then on.
func (w *Woosmap) Script(datasetID string, frames ...Frame) {
	w.register(datasetID, datasetID)
	w.script(WoosmapPath(datasetID), frames)
}

// Play makes a dataset, which has a name, go through a scenario.
func (w *Woosmap) Play(datasetID, name string, s Scenario) {
	w.register(datasetID, name)
	w.set(WoosmapPath(datasetID), played{s, w.options.Speed, WoosmapError, func(p progress) Frame { return woosmapStatus(datasetID, p) }})
}

func (w *Woosmap) register(datasetID, name string) {
	now := w.options.Now().UTC().Format(woosmapTime)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.datasets = slices.DeleteFunc(w.datasets, func(d woosmapDataset) bool { return d.ID == datasetID })
	w.datasets = append(w.datasets, woosmapDataset{ID: datasetID, Name: name, CreatedAt: now, UpdatedAt: now})
}

// ServeHTTP implements http.Handler.
func (w *Woosmap) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.options.Requests.add(r)
	switch key := woosmapKey(r); {
	case key == "":
		WoosmapError(http.StatusUnauthorized).serve(out, r)
	case key != w.options.Key:
		WoosmapError(http.StatusForbidden).serve(out, r)
	default:
		w.mux.ServeHTTP(out, r)
	}
}

// woosmapKey is the key that a request brings in either of the two ways.
func woosmapKey(r *http.Request) string {
	if key := r.Header.Get("X-Api-Key"); key != "" {
		return key
	}
	return r.URL.Query().Get("private_key")
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (w *Woosmap) serveStatus(out http.ResponseWriter, r *http.Request) {
	if !uuid.MatchString(r.PathValue("dataset_id")) {
		WoosmapError(http.StatusUnprocessableEntity).serve(out, r)
		return
	}
	w.status(r, WoosmapError).serve(out, r)
}

// WoosmapError is the answer that Woosmap documents for a status; one without
// a document gets a body that is no JSON.
func WoosmapError(status int) Frame {
	body, documented := map[int]string{
		http.StatusUnauthorized:        `{"detail":"Unable to locate credentials."}`,
		http.StatusPaymentRequired:     `{"detail":"Out of free quota."}`,
		http.StatusForbidden:           `{"detail":"Credentials found, but not matching."}`,
		http.StatusNotFound:            `{"details":"Dataset was not found"}`,
		http.StatusUnprocessableEntity: `{"detail":[{"loc":["path","dataset_id"],"msg":"value is not a valid uuid","type":"type_error.uuid"}]}`,
		http.StatusTooManyRequests:     `{"details":"Rate limit reached"}`,
	}[status]
	if !documented {
		return brokenDown(status)
	}
	return Status(status, body)
}

// brokenDown is what a proxy says for a service that does not answer.
func brokenDown(status int) Frame {
	page := fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>\n", status, http.StatusText(status))
	return Status(status, page).With("Content-Type", "text/html")
}

// The bodies have their fields in the order of the documented examples.
type (
	woosmapRun struct {
		ID     string        `json:"id"`
		Status string        `json:"status"`
		Steps  []woosmapStep `json:"steps"`
	}
	woosmapStep struct {
		End     *string        `json:"end"`
		Entries []woosmapEntry `json:"entries"`
		Name    string         `json:"name"`
		Start   string         `json:"start"`
		Status  string         `json:"status"`
	}
	woosmapEntry struct {
		CreatedAt string `json:"created_at"`
		Detail    string `json:"detail"`
		Level     string `json:"level"`
	}
	woosmapDataset struct {
		ID        string  `json:"id"`
		Name      string  `json:"name"`
		CreatedAt string  `json:"created_at"`
		UpdatedAt string  `json:"updated_at"`
		Deletion  *string `json:"scheduled_for_deletion_after"`
	}
	woosmapPages struct {
		Prev *int `json:"prev"`
		Next *int `json:"next"`
		Page int  `json:"page"`
	}
)

// woosmapStatus tells how the latest import of a dataset is doing.
func woosmapStatus(datasetID string, p progress) Frame {
	run := woosmapRun{ID: p.running.ID, Status: woosmapWord(p.status), Steps: []woosmapStep{}}
	if run.ID == "" {
		run.ID = UUID(fmt.Sprintf("%s/%d", datasetID, p.number))
	}
	for _, s := range p.steps {
		step := woosmapStep{Entries: []woosmapEntry{}, Name: s.Name, Start: woosmapStamp(s.start), Status: woosmapWord(s.status)}
		if !s.end.IsZero() {
			end := woosmapStamp(s.end)
			step.End = &end
		}
		for _, e := range s.entries {
			step.Entries = append(step.Entries, woosmapEntry{CreatedAt: woosmapStamp(e.created), Detail: e.detail, Level: e.level})
		}
		run.Steps = append(run.Steps, step)
	}
	return inJSON(run)
}

func woosmapStamp(at time.Time) string { return at.UTC().Format(woosmapTime) }

func woosmapWord(s status) string {
	return [...]string{inProgress: "in_progress", succeeded: "success", failed: "failed"}[s]
}

// serveList serves one page of the datasets.
func (w *Woosmap) serveList(out http.ResponseWriter, r *http.Request) {
	page, size := atLeastOne(r, "page", 1), atLeastOne(r, "per_page", 20)
	w.mu.Lock()
	all := slices.Clone(w.datasets)
	w.mu.Unlock()

	pages := woosmapPages{Page: page}
	if page > 1 {
		pages.Prev = new(page - 1)
	}
	first, last := min((page-1)*size, len(all)), min(page*size, len(all))
	if last < len(all) {
		pages.Next = new(page + 1)
	}
	inJSON(map[string]any{"datasets": all[first:last], "pagination": pages}).serve(out, r)
}

func atLeastOne(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n >= 1 {
		return n
	}
	return otherwise
}

// inJSON is an answer with a value that always can be encoded.
func inJSON(v any) Frame {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return Frame{Body: body}
}
