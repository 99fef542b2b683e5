package upstreamsim

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	// safetykitTime is how SafetyKit writes times.
	safetykitTime = "2006-01-02T15:04:05.000Z"

	// linkLasts is how long a signed link can be used.
	linkLasts = time.Hour
)

// SafetyKit plays SafetyKit Data: the status of a request,
// GET /v1/data/{namespace}/requests/{request_id}, and the link to its results
// below it, …/results/download-url.
type SafetyKit struct {
	*account
	mux *http.ServeMux
}

// NewSafetyKit gives a service that knows no request yet.
func NewSafetyKit(o Options) *SafetyKit {
	s := &SafetyKit{account: newAccount(o), mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /v1/data/{namespace}/requests/{request_id}", s.serveStatus)
	s.mux.HandleFunc("GET /v1/data/{namespace}/requests/{request_id}/results/download-url", s.serveStatus)
	return s
}

// SafetyKitPath is the path of a request's status.
func SafetyKitPath(namespace, requestID string) string {
	return "/v1/data/" + namespace + "/requests/" + requestID
}

// SafetyKitDownloadPath is the path of the link to a request's results.
func SafetyKitDownloadPath(namespace, requestID string) string {
	return SafetyKitPath(namespace, requestID) + "/results/download-url"
}

// Script makes a request answer with one frame after the other, and with the
// last from then on.
func (s *SafetyKit) Script(namespace, requestID string, frames ...Frame) {
	s.script(SafetyKitPath(namespace, requestID), frames)
}

// ScriptDownload is Script for the link to the request's results.
func (s *SafetyKit) ScriptDownload(namespace, requestID string, frames ...Frame) {
	s.script(SafetyKitDownloadPath(namespace, requestID), frames)
}

// Play makes a request go through a scenario. A request is one import: where
// the scenario has more, they tell of the same request.
func (s *SafetyKit) Play(namespace, requestID string, scenario Scenario) {
	request := safetykitRequest{namespace, requestID}
	s.set(SafetyKitPath(namespace, requestID), played{scenario, s.options.Speed, SafetyKitError, request.status})
	s.set(SafetyKitDownloadPath(namespace, requestID), played{scenario, s.options.Speed, SafetyKitError, request.linked})
}

// ServeHTTP implements http.Handler.
func (s *SafetyKit) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	s.options.Requests.add(r)
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || key == "" || key != s.options.Key {
		SafetyKitError(http.StatusUnauthorized).serve(out, r)
		return
	}
	s.mux.ServeHTTP(out, r)
}

func (s *SafetyKit) serveStatus(out http.ResponseWriter, r *http.Request) {
	s.status(r, SafetyKitError).serve(out, r)
}

// SafetyKitError is an error with a status. SafetyKit documents no body.
func SafetyKitError(status int) Frame {
	if status >= http.StatusInternalServerError {
		return brokenDown(status)
	}
	return Status(status, fmt.Sprintf(`{"error":{"code":%d,"message":%q}}`, status, http.StatusText(status)))
}

// safetykitRequest names a request.
type safetykitRequest struct{ namespace, id string }

// The bodies have their fields in the order of the documented examples.
type (
	safetykitInline struct {
		Data []safetykitItem `json:"data"`
		safetykitTail
	}
	safetykitLink struct {
		Count     *int    `json:"data_count"`
		ExpiresAt *string `json:"data_expires_at"`
		URL       *string `json:"data_url"`
		safetykitTail
	}
	safetykitTail struct {
		Namespace    string `json:"namespace"`
		RequestID    string `json:"request_id"`
		Status       string `json:"status"`
		ErrorSummary string `json:"error_summary,omitempty"`
	}
	safetykitItem struct {
		ID       string            `json:"id"`
		Output   safetykitOutput   `json:"output"`
		URL      string            `json:"url"`
		Metadata map[string]string `json:"metadata,omitempty"`
	}
	safetykitOutput struct {
		Actions []any            `json:"actions"`
		Fields  map[string]any   `json:"fields"`
		Labels  []safetykitLabel `json:"labels"`
	}
	safetykitLabel struct {
		Label string `json:"label"`
	}
)

// status tells how the request is doing, in one of the two shapes.
func (q safetykitRequest) status(p progress) Frame {
	results := p.running.Results
	switch {
	case results.TooLarge && p.status == succeeded:
		return Status(http.StatusRequestEntityTooLarge, fmt.Sprintf(
			`{"error":{"code":413,"message":"The results are over 5 MiB. Use %s instead."}}`, SafetyKitDownloadPath(q.namespace, q.id)))
	case results.Shape == ByLink, results.Shape == Flipped && p.flipped:
		return q.linked(p)
	default:
		return q.inline(p)
	}
}

// inline is the shape with the results in it, which are empty until the end.
func (q safetykitRequest) inline(p progress) Frame {
	body := safetykitInline{Data: []safetykitItem{}, safetykitTail: q.tail(p)}
	if p.status == succeeded {
		for n := range p.running.Results.Items {
			body.Data = append(body.Data, madeUpItem(n+1))
		}
	}
	return inJSON(body)
}

// linked is the shape with a link, which is null until the end and then signed
// anew for each answer.
func (q safetykitRequest) linked(p progress) Frame {
	body := safetykitLink{safetykitTail: q.tail(p)}
	if p.status == succeeded {
		body.Count = new(p.running.Results.Items)
		body.ExpiresAt = new(p.now.Add(linkLasts).UTC().Format(safetykitTime))
		body.URL = new(q.signedURL(p.now))
	}
	return inJSON(body)
}

func (q safetykitRequest) tail(p progress) safetykitTail {
	tail := safetykitTail{Namespace: q.namespace, RequestID: q.id, Status: safetykitWord(p)}
	if p.status != inProgress {
		tail.ErrorSummary = p.running.Summary
	}
	return tail
}

// safetykitWord is the name of the step that lasts, or how the request ended.
func safetykitWord(p progress) string {
	switch p.status {
	case succeeded:
		return "succeeded"
	case failed:
		return "failed"
	default:
		return p.steps[len(p.steps)-1].Name
	}
}

// signedURL is a link as Amazon S3 signs it, another one at any other time.
func (q safetykitRequest) signedURL(now time.Time) string {
	signature := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", q.namespace, q.id, now.UnixNano()))
	return fmt.Sprintf("https://s3.amazonaws.com/safetykit-results/%s/%s.jsonl?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=%s&X-Amz-Expires=%d&X-Amz-Signature=%x",
		q.namespace, q.id, now.UTC().Format("20060102T150405Z"), linkLasts/time.Second, signature)
}

// madeUpItem is the n-th result of any request.
func madeUpItem(n int) safetykitItem {
	item := safetykitItem{
		ID:       fmt.Sprintf("item-%03d", n),
		Output:   safetykitOutput{Actions: []any{}, Fields: map[string]any{}, Labels: []safetykitLabel{}},
		URL:      fmt.Sprintf("https://app.safetykit.com/objects/item-%03d", n),
		Metadata: map[string]string{"internal-ref": fmt.Sprintf("ref-%d", n)},
	}
	for i, label := range []string{"illegal_drugs.violation", "hazardous.violation", "counterfeit.violation"} {
		if n%(i+2) == 0 {
			item.Output.Labels = append(item.Output.Labels, safetykitLabel{label})
		}
	}
	return item
}
