package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// answerTime is what a further request needs of the time that a poll has: one
// that would be sent later is not.
const answerTime = 2 * time.Second

// exchange is the requests of one poll, all within the time that it has.
type exchange struct {
	client    *Client
	account   *Account
	pace      Pace
	deadline  time.Time     // of the poll: it moves where its time stands still
	waited    time.Duration // for turns and for memory
	requests  int           // that were sent
	outOfTurn int           // of them
	whole     bool          // there was room for all that may come
	page      *url.URL      // of a plan: the address of its last request
	under     request       // that is under way, or was the last; nil: none yet
}

// request is one that is under way, over a line or by net/http.
type request interface {
	limit(at time.Time) // it fails then; never: the zero time
	end()               // lets go of it
}

// end lets go of the last request.
func (e *exchange) end() {
	if e.under != nil {
		e.under.end()
	}
}

// cause gives what ended a request, if that is why it failed.
func (e *exchange) cause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// over tells what has ended the poll; nil: nothing has.
func (e *exchange) over(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil || time.Now().Before(e.deadline) {
		return err
	}
	return context.DeadlineExceeded
}

// call is a request to send.
type call struct {
	address *url.URL
	header  http.Header // beside those of every request
	body    []byte      // nil: a GET
}

// ask sends a request, follows its redirects and reads the answer.
func (e *exchange) ask(ctx context.Context, c call) Response {
	for redirects := 0; ; redirects++ {
		answer, err := e.send(ctx, c)
		if err != nil {
			return e.client.failure(e.cause(ctx, err))
		}
		next, refusal := redirect(c, answer, redirects)
		if next != nil {
			discard(answer)
			refusal = e.await(ctx, answer)
			if err := e.over(ctx); err != nil {
				return e.client.failure(err)
			}
		}
		if next == nil || refusal != "" {
			return e.read(ctx, answer, refusal)
		}
		c.address = next
	}
}

func (e *exchange) send(ctx context.Context, c call) (*http.Response, error) {
	e.requests++
	e.end()
	if e.pace.Sent != nil {
		e.pace.Sent(c.shown(e.account.Provider))
	}
	provider, secret := &e.account.Provider, e.account.Secret.Reveal()
	if provider.AuthorizeQuery == "" && c.header == nil && c.body == nil {
		if name, credential := provider.Authorize(secret); e.client.lines.carries(c.address, credential) {
			answer, err := e.client.lines.ask(ctx, e.deadline, c.address, name, credential)
			if err != nil {
				return nil, err
			}
			e.under = answer
			return answer.Response, nil
		}
	}
	sending, cancel := context.WithCancelCause(ctx)
	sent := &sentRequest{cancel: cancel}
	sent.limit(e.deadline)
	e.under = sent
	// The transport itself: http.Client would follow redirects by its own rules and put
	// URLs into errors.
	request := e.client.request(c, *provider, secret).WithContext(sending)
	if request.Header.Get("Accept-Encoding") == "" {
		request.Header.Set("Accept-Encoding", "gzip")
	}
	answer, err := e.client.transport.RoundTrip(request)
	if cause := context.Cause(sending); err != nil && cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	whole := answer.Body == http.NoBody
	answer.Body = readCloser{unzipped(answer, &whole), answer.Body}
	return answer, nil
}

// shown is the call as it may be shown: as it is sent, but for the credential.
func (c call) shown(provider Provider) Sent {
	made := (&Client{}).request(c, provider.masked(), hiddenCredential)
	made.Header.Del("User-Agent")
	address := strings.ReplaceAll(made.URL.String(), url.QueryEscape(hiddenCredential), hiddenCredential)
	return Sent{Method: made.Method, Address: address, Header: made.Header, Body: c.body}
}

// request makes a call one of net/http, with the credential where the provider has it.
func (c *Client) request(of call, provider Provider, secret string) *http.Request {
	made := &http.Request{Method: http.MethodGet, URL: of.address, Header: http.Header{
		"User-Agent": {c.userAgent},
		"Accept":     {"application/json"},
	}}
	if of.body != nil {
		made.Method, made.ContentLength = http.MethodPost, int64(len(of.body))
		made.Body = io.NopCloser(bytes.NewReader(of.body))
		made.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(of.body)), nil }
		made.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(made.Header, of.header)
	if provider.AuthorizeQuery == "" {
		made.Header.Set(provider.Authorize(secret))
		return made
	}
	address := *of.address
	query := address.Query()
	query.Set(provider.AuthorizeQuery, secret)
	address.RawQuery = query.Encode()
	made.URL = &address
	return made
}

// sentRequest is one of net/http.
type sentRequest struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer // nil: it may last
}

func (r *sentRequest) limit(at time.Time) {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	if !at.IsZero() {
		r.timer = time.AfterFunc(time.Until(at), func() { r.cancel(context.DeadlineExceeded) })
	}
}

func (r *sentRequest) end() {
	r.limit(time.Time{})
	r.cancel(context.Canceled)
}

// room waits for the memory that the rest of a body takes, with the time that
// the poll has left standing still.
func (e *exchange) room(ctx context.Context, size int64) error {
	if e.pace.Room == nil || e.whole {
		return nil
	}
	e.under.limit(time.Time{})
	err := e.reserve(ctx, size)
	if err == nil {
		e.under.limit(e.deadline)
	}
	return err
}

// roomForAll is room between two requests, for answers that are heavy together.
func (e *exchange) roomForAll(ctx context.Context, came [][]byte) error {
	if e.pace.Room == nil || e.whole || sizeOf(came) <= LightBody {
		return nil
	}
	return e.reserve(ctx, bodyLimit)
}

func (e *exchange) reserve(ctx context.Context, size int64) error {
	if e.account.Provider.Plan != nil { // asked once, for all answers of the poll
		e.whole, size = true, bodyLimit
	}
	began := time.Now()
	err := e.pace.Room(ctx, size)
	stood := time.Since(began)
	e.waited += stood
	e.deadline = e.deadline.Add(stood)
	return err
}

// await waits until a redirect may be followed, or says why it is not.
func (e *exchange) await(ctx context.Context, answer *http.Response) (refusal string) {
	if wait := retryAfter(answer, e.pace.Now()); wait > 0 {
		if time.Until(e.deadline) < wait+answerTime {
			return fmt.Sprintf("redirect that asks to wait for %s not followed", wait)
		}
		_ = pause(ctx, wait) // whoever ends it ends the poll
		e.waited += wait
	}
	if err := e.turn(ctx); err != nil {
		return "redirect not followed: " + err.Error()
	}
	return ""
}

// turn waits until one more request may be sent.
func (e *exchange) turn(ctx context.Context) error {
	if e.pace.Turn == nil {
		return nil
	}
	began := time.Now()
	defer func() { e.waited += time.Since(began) }()
	bounded, cancel := context.WithDeadline(ctx, e.deadline.Add(-answerTime))
	defer cancel()
	err := e.pace.Turn(bounded)
	if err != nil && bounded.Err() != nil && e.over(ctx) == nil {
		return ErrNoTurn
	}
	return err
}

// charge is turn for a request that is sent anyway: where the source may be asked too
// seldom, it is charged afterwards.
func (e *exchange) charge(ctx context.Context) {
	if e.turn(ctx) != nil {
		e.outOfTurn++
	}
}

// discard reads the rest of an answer, if it is short, so that its connection
// can be used again.
func discard(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, messageLimit)
	_ = answer.Body.Close()
}
