package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tracker/internal/history"
)

// requestsMost bounds the requests of one poll, redirects aside.
const requestsMost = 200

// Request is one of a poll: a GET, or a POST where it has a body.
type Request struct {
	Name     string // in errors; empty: it is the first
	Address  string // a path with escaped segments below the base URL, or an address at the same host; one that is relative: to the request before
	TooLarge string // likewise: what to ask instead where the answer is too large (HTTP 413); empty: nothing
	Query    url.Values
	Header   http.Header
	Body     []byte // nil: a GET
}

// Plan is what one poll of one target asks.
type Plan interface {
	// Next gives the request that follows the answers that came, as they came: it is
	// asked after each of them. nil: all is there. An error means that they are not what the API's contract
	// says.
	Next(came [][]byte) (*Request, error)

	// Join makes one body of all answers.
	Join(came [][]byte) []byte
}

// Rejection is a 2xx that is no status: the service said that it cannot tell one.
type Rejection struct{ Text string } //nolint:errname // what a service said is no failure of ours

func (r *Rejection) Error() string { return r.Text }

// errElsewhere is of a further request that the credential must not travel with.
var errElsewhere = errors.New("leads to another host")

// follow asks what a plan says, in turn, until all is there or an answer is none.
func (e *exchange) follow(ctx context.Context, base *url.URL, plan Plan) Response {
	var came [][]byte
	var response Response
	e.page = base
	for {
		next, err := plan.Next(came)
		switch {
		case err != nil:
			response.Outcome, response.Error, response.said = history.OutcomeMalformed, err.Error(), nil
			return response
		case next == nil:
			response.Body = plan.Join(came)
			return response
		case len(came) == requestsMost:
			response.Outcome, response.Error = history.OutcomeMalformed, fmt.Sprintf("more than %d requests for one poll", requestsMost)
			return response
		}
		if response = e.further(ctx, base, next, len(came) > 0); response.Outcome != "" {
			return response
		}
		came = append(came, slices.Clone(response.Body))
		e.client.Forget(&response)
		if sizeOf(came) > bodyLimit {
			return response.tooLong(came[len(came)-1])
		}
		if err := e.roomForAll(ctx, came); err != nil {
			return e.client.failure(e.cause(ctx, err))
		}
	}
}

func sizeOf(came [][]byte) (size int) {
	for _, body := range came {
		size += len(body)
	}
	return size
}

// further sends one request of a plan, and tells by its name what came of it.
func (e *exchange) further(ctx context.Context, base *url.URL, next *Request, inTurn bool) Response {
	call, err := next.below(base, e.page)
	if err != nil {
		return Response{Outcome: history.OutcomeMalformed, Error: named(next, err.Error())}
	}
	if inTurn {
		if err := e.over(ctx); err != nil {
			return e.client.failure(err)
		}
		e.charge(ctx)
	}
	e.page = call.address
	response := e.ask(ctx, call)
	if response.HTTPStatus == http.StatusRequestEntityTooLarge && next.TooLarge != "" {
		instead := *next
		instead.Address, instead.TooLarge = next.TooLarge, ""
		return e.further(ctx, base, &instead, true)
	}
	if response.Outcome != "" {
		response.Error = named(next, response.Error)
	}
	return response
}

func named(request *Request, text string) string {
	if request.Name == "" {
		return text
	}
	return fmt.Sprintf("request %s: %s", request.Name, text)
}

// below gives the call of a request below a base URL, or as the page before leads to it.
func (r *Request) below(base, page *url.URL) (call, error) {
	c := call{header: r.Header, body: r.Body}
	var err error
	if strings.HasPrefix(r.Address, "/") && !strings.HasPrefix(r.Address, "//") {
		c.address, err = below(base.String(), r.Address)
	} else {
		c.address, err = page.Parse(r.Address)
	}
	switch {
	case err != nil:
		return call{}, errNoURL
	case !strings.EqualFold(origin(base), origin(c.address)) || c.address.Scheme != base.Scheme:
		return call{}, errElsewhere
	case strings.Contains(c.address.EscapedPath(), "/../"):
		return call{}, errNoURL
	}
	c.address.User, c.address.Fragment = nil, ""
	if len(r.Query) > 0 {
		query := c.address.Query()
		maps.Copy(query, r.Query)
		c.address.RawQuery = query.Encode()
	}
	return c, nil
}
