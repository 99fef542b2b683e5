package source

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// answerTime is what a further request needs of the time that a poll has: one
// that would be sent later is not.
const answerTime = 2 * time.Second

// exchange is the requests of one poll, all within the time that it has.
type exchange struct {
	client    *Client
	account   Account
	pace      Pace
	waited    time.Duration // for turns and for memory
	requests  int           // that were sent
	outOfTurn int           // of them

	// Of the request that is under way:
	whole    context.Context //nolint:containedctx // its time may stand still, the process's end still ends it
	ctx      context.Context //nolint:containedctx // it belongs to the request
	cancel   context.CancelCauseFunc
	deadline time.Time
	unset    func() bool // takes the limit of time from it; false: it is over
}

// end lets go of the last request.
func (e *exchange) end() {
	if e.cancel != nil {
		e.unset()
		e.cancel(context.Canceled)
	}
}

// cause gives what ended the request, if that is why it failed.
func (e *exchange) cause(err error) error {
	if cause := context.Cause(e.ctx); cause != nil {
		return cause
	}
	return err
}

// ask sends a request, follows its redirects and reads the answer.
func (e *exchange) ask(ctx context.Context, address *url.URL) Response {
	for redirects := 0; ; redirects++ {
		answer, err := e.send(ctx, address)
		if err != nil {
			return e.client.failure(e.cause(err))
		}
		next, refusal := redirect(answer, redirects)
		if next != nil {
			discard(answer)
			refusal = e.await(ctx, answer)
			if err := ctx.Err(); err != nil {
				return e.client.failure(err)
			}
		}
		if next == nil || refusal != "" {
			return e.read(answer, refusal)
		}
		address = next
	}
}

// send uses the transport itself: http.Client would follow redirects by its
// own rules and put URLs into errors.
func (e *exchange) send(ctx context.Context, address *url.URL) (*http.Response, error) {
	e.requests++
	get := &http.Request{Method: http.MethodGet, URL: address, Header: http.Header{
		"User-Agent": {e.client.userAgent},
		"Accept":     {"application/json"},
	}}
	get.Header.Set(e.account.Provider.Authorize(e.account.Secret.Reveal()))
	e.end()
	e.ctx, e.cancel = context.WithCancelCause(e.whole)
	cancel := e.cancel
	e.unset = context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	e.deadline, _ = ctx.Deadline()
	return e.client.transport.RoundTrip(get.WithContext(e.ctx)) //nolint:contextcheck // the exchange's own ends with ctx, and stands still where ctx does not
}

// room waits for the memory that the rest of a body takes, with the time that
// the poll has left standing still.
func (e *exchange) room(size int64) error {
	if e.pace.Room == nil {
		return nil
	}
	left, began := time.Until(e.deadline), time.Now()
	e.unset()
	defer func() { e.waited += time.Since(began) }()
	if err := e.pace.Room(e.whole, size); err != nil {
		return err
	}
	cancel := e.cancel
	e.unset = time.AfterFunc(left, func() { cancel(context.DeadlineExceeded) }).Stop
	return nil
}

// await waits until a redirect may be followed, or says why it is not.
func (e *exchange) await(ctx context.Context, answer *http.Response) (refusal string) {
	if wait := retryAfter(answer, e.pace.Now()); wait > 0 {
		if deadline, _ := ctx.Deadline(); time.Until(deadline) < wait+answerTime {
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
	deadline, _ := ctx.Deadline()
	bounded, cancel := context.WithDeadline(ctx, deadline.Add(-answerTime))
	defer cancel()
	err := e.pace.Turn(bounded)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return ErrNoTurn
	}
	return err
}

// discard reads the rest of an answer, if it is short, so that its connection
// can be used again.
func discard(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, messageLimit)
	_ = answer.Body.Close()
}
