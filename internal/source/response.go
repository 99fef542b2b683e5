package source

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"tracker/internal/history"
)

const (
	// maxPrealloc bounds the memory set aside on the word of Content-Length.
	maxPrealloc = 1 << 20

	// maxPooled bounds the buffers that are used again: few bodies are larger.
	maxPooled = 64 << 10
)

// read makes a Response of an answer; refusal tells why a redirect was not
// followed, now what time the database has.
func (c *Client) read(answer *http.Response, refusal string, now time.Time) Response {
	defer answer.Body.Close()
	response := Response{
		HTTPStatus: answer.StatusCode,
		RetryAfter: retryAfter(answer, now),
	}
	if answer.StatusCode/100 != 2 {
		response.Outcome = refused(answer.StatusCode)
		response.Error = statusText(answer, refusal)
		if refusal == "" {
			said, _ := io.ReadAll(io.LimitReader(answer.Body, messageLimit+1)) // a part is better than none
			response.said = utf8Body(answer.Header, said)
		}
		return response
	}
	body, err := c.readBody(answer)
	if err != nil {
		failure := c.failure(err)
		response.Outcome, response.Error = failure.Outcome, failure.Error
		if failure.Outcome == history.OutcomeMalformed {
			response.said = bytes.Clone(body.Bytes()[:min(body.Len(), messageLimit+1)])
		}
		return response
	}
	response.Body, response.buffer = body.Bytes(), body
	if body.Len() <= bodyLimit {
		response.Body = utf8Body(answer.Header, response.Body)
	}
	if max(body.Len(), len(response.Body)) > bodyLimit {
		response.said = bytes.Clone(response.Body[:min(len(response.Body), messageLimit+1)])
		response.Body, response.buffer = nil, nil
		response.Outcome = history.OutcomeMalformed
		response.Error = fmt.Sprintf("body is over %d MiB", bodyLimit>>20)
	}
	return response
}

// Forget lets the memory of Body be used for another answer, as most of what
// polls read can be, since it says nothing new. Nobody may hold a part of it.
func (c *Client) Forget(r *Response) {
	if r.buffer != nil && r.buffer.Cap() <= maxPooled {
		c.buffers.Put(r.buffer)
	}
	r.Body, r.buffer = nil, nil
}

// refused gives the outcome of a poll that was answered with a status other
// than 2xx.
func refused(status int) history.Outcome {
	switch {
	case status == http.StatusUnauthorized:
		return history.OutcomeUnauthorized
	case status == http.StatusPaymentRequired:
		return history.OutcomeQuotaExhausted
	case status == http.StatusForbidden:
		return history.OutcomeForbidden
	case status == http.StatusNotFound:
		return history.OutcomeNotFound
	case status == http.StatusTooManyRequests:
		return history.OutcomeRateLimited
	case status >= 500:
		return history.OutcomeUpstreamError
	default:
		return history.OutcomeRejected
	}
}

// readBody reads a body, decompressed, up to one byte over the limit.
func (c *Client) readBody(answer *http.Response) (*bytes.Buffer, error) {
	body, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		body = new(bytes.Buffer)
	}
	body.Reset()
	size := answer.ContentLength
	if size < 0 { // not known
		size = 4 << 10
	}
	body.Grow(int(min(size, maxPrealloc)) + bytes.MinRead)
	_, err := body.ReadFrom(io.LimitReader(answer.Body, bodyLimit+1))
	return body, err
}
