package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tracker/internal/store"
	"tracker/internal/tracking"
)

// retrySeconds is when to come again where the database is away.
const retrySeconds = "5"

// problem is an error as RFC 9457 has it. What went wrong in here is logged, not told.
func (a *api) problem(ctx context.Context, err error) error {
	if _, ok := errors.AsType[huma.HeadersError](err); ok { // around one of those below
		return err
	}
	if known, ok := errors.AsType[huma.StatusError](err); ok {
		return known
	}
	_, request := errors.AsType[tracking.RequestError](err)
	switch {
	case errors.Is(err, store.ErrConflict):
		return huma.Error409Conflict(err.Error())
	case tracking.IsGone(err):
		return huma.NewError(http.StatusGone, err.Error())
	case request:
		return huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, store.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case errors.Is(err, store.ErrNotOperator):
		return huma.Error403Forbidden(store.ErrNotOperator.Error())
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return huma.Error504GatewayTimeout("the request took too long, and was given up: ask for less")
	case ctx.Err() != nil:
		return huma.Error503ServiceUnavailable("the request was given up")
	}
	a.Logger.ErrorContext(ctx, "a request failed", "error", err)
	if store.IsAway(err) {
		return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("the database does not answer"), http.Header{"Retry-After": {retrySeconds}})
	}
	return huma.Error500InternalServerError("something went wrong; the log of the tracker has it")
}

// absent is an error about what the address names: where that is a request for what there
// is not, it is not found.
func absent(err error) error {
	if _, request := errors.AsType[tracking.RequestError](err); request {
		return huma.Error404NotFound(err.Error())
	}
	return err
}

// wrong refuses a value in a field of the body, or a parameter.
func wrong(location string, err error) error {
	return huma.Error422UnprocessableEntity(err.Error(), &huma.ErrorDetail{Location: location, Message: err.Error()})
}

func writeProblem(w http.ResponseWriter, problem huma.StatusError) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(problem.GetStatus())
	_ = json.NewEncoder(w).Encode(problem)
}
