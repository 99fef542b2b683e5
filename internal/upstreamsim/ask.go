package upstreamsim

import (
	"bytes"
	"net/http"
)

// Ask gives a service's answer to a request that goes over no line, for a past
// that is made up.
func Ask(service http.Handler, request *http.Request) (status int, body []byte) {
	answer := &heldAnswer{header: http.Header{}}
	service.ServeHTTP(answer, request)
	return answer.status, answer.body.Bytes()
}

// heldAnswer is an http.ResponseWriter that keeps what is written.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (h *heldAnswer) Header() http.Header { return h.header }

// WriteHeader implements http.ResponseWriter.
func (h *heldAnswer) WriteHeader(status int) { h.status = status }

// Write implements http.ResponseWriter.
func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }
