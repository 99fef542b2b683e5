package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"tracker/internal/history"
)

// maxPooled bounds the buffers that are used again: few bodies are larger.
const maxPooled = LightBody + 2*bytes.MinRead

// read makes a Response of an answer; refusal tells why a redirect was not
// followed.
func (e *exchange) read(ctx context.Context, answer *http.Response, refusal string) Response {
	defer answer.Body.Close()
	response := Response{
		HTTPStatus: answer.StatusCode,
		RetryAfter: retryAfter(answer, e.pace.Now()),
		date:       answer.Header.Get("Date"),
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
	buffer, err := e.client.readLight(answer)
	body := buffer.Bytes()
	response.buffer = buffer
	if err == nil && len(body) > LightBody {
		response.buffer = nil
		body, err = e.readOn(ctx, answer, buffer)
	}
	if err != nil {
		failure := e.client.failure(e.cause(ctx, err))
		response.Outcome, response.Error = failure.Outcome, failure.Error
		if failure.Outcome == history.OutcomeMalformed {
			response.said = bytes.Clone(body[:min(len(body), messageLimit+1)])
		}
		return response
	}
	response.Body = body
	if len(body) <= bodyLimit {
		response.Body = utf8Body(answer.Header, body)
	}
	if max(len(body), len(response.Body)) > bodyLimit {
		return response.tooLong(response.Body)
	}
	return response
}

// tooLong is the response where a body, or all of a poll together, is over the limit.
func (r Response) tooLong(body []byte) Response {
	r.said = bytes.Clone(body[:min(len(body), messageLimit+1)])
	r.Body, r.buffer = nil, nil
	r.Outcome = history.OutcomeMalformed
	r.Error = fmt.Sprintf("body is over %d MiB", bodyLimit>>20)
	return r
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

// readLight reads a body, decompressed, up to one byte over LightBody.
func (c *Client) readLight(answer *http.Response) (*bytes.Buffer, error) {
	body, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		body = new(bytes.Buffer)
	}
	body.Reset()
	size := answer.ContentLength
	if size < 0 { // not known
		size = 4 << 10
	}
	body.Grow(int(min(size, LightBody+1)) + bytes.MinRead)
	_, err := body.ReadFrom(io.LimitReader(answer.Body, LightBody+1))
	return body, err
}

// readOn reads the rest of a body, decompressed, up to one byte over the limit,
// once there is room for it.
func (e *exchange) readOn(ctx context.Context, answer *http.Response, begun *bytes.Buffer) ([]byte, error) {
	size := answer.ContentLength
	if size < 0 || size > bodyLimit { // not known, or not to be read to its end
		size = bodyLimit
	}
	if err := e.room(ctx, size); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(io.MultiReader(begun, answer.Body), bodyLimit+1))
}
