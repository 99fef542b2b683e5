package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/source"
)

// chain answers with so many redirects, then with a status.
func chain(t *testing.T, hops int, retryAfter string) (baseURL string) {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		at := strings.Count(r.URL.Path, "/x")
		if at == hops {
			fmt.Fprint(w, `{"a":1}`)
			return
		}
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		http.Redirect(w, r, strings.Repeat("/x", at+1), http.StatusFound)
	}).URL
}

func TestFetchTakesATurnForEachRedirect(t *testing.T) {
	t.Parallel()
	none := errors.New("none left")
	for name, test := range map[string]struct {
		hops, turns int // redirects there are, and turns for them
		retryAfter  string
		want        source.Response
	}{
		"None":            {0, 0, "", source.Response{HTTPStatus: 200, Requests: 1}},
		"AsMany":          {3, 3, "", source.Response{HTTPStatus: 200, Requests: 4}},
		"TooFew":          {3, 2, "", source.Response{HTTPStatus: 302, Requests: 3, Outcome: history.OutcomeRejected, Error: "302 Found: redirect not followed: none left"}},
		"AsksToWait":      {2, 2, "0.02", source.Response{HTTPStatus: 200, Requests: 3}},
		"AsksToWaitLong":  {2, 2, "60", source.Response{HTTPStatus: 302, Requests: 1, Outcome: history.OutcomeRejected, RetryAfter: time.Minute, Error: "302 Found: redirect that asks to wait for 1m0s not followed"}},
		"NotTooManyTurns": {7, 9, "", source.Response{HTTPStatus: 302, Requests: 6, Outcome: history.OutcomeRejected, Error: "302 Found: more than 5 redirects"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, taken := chain(t, test.hops, test.retryAfter), 0
			pace := source.Pace{Now: time.Now, Turn: func(context.Context) error {
				if taken == test.turns {
					return none
				}
				taken++
				return nil
			}}
			got, err := newClient(t).Fetch(t.Context(), account(t, "woosmap", server), endpoint(t, "woosmap", server), pace)
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != test.want.Outcome || got.HTTPStatus != test.want.HTTPStatus || got.Requests != test.want.Requests ||
				got.Error != test.want.Error || got.RetryAfter != test.want.RetryAfter || got.OutOfTurn != 0 {
				t.Errorf("got %+v", got)
			}
			if taken != test.want.Requests-1 {
				t.Errorf("%d turns for %d requests", taken, got.Requests)
			}
		})
	}
}

func TestFetchEndsWhileItWaitsForATurn(t *testing.T) {
	t.Parallel()
	server := chain(t, 1, "")
	wait := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	client := newClient(t)
	client.SetTimeout(2100 * time.Millisecond)
	late, err := client.Fetch(t.Context(), account(t, "woosmap", server), endpoint(t, "woosmap", server), source.Pace{Now: time.Now, Turn: wait})
	if err != nil || late.Outcome != history.OutcomeRejected || late.Error != "302 Found: redirect not followed: the rate limit has no request for it in time" {
		t.Errorf("got %+v, %v", late, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = newClient(t).Fetch(ctx, account(t, "woosmap", server), endpoint(t, "woosmap", server), source.Pace{
		Now: time.Now, Turn: func(ctx context.Context) error { cancel(); return wait(ctx) },
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled poll gives %v", err)
	}
}

func TestFetchOutOfTurnFallsBackAllTheSame(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/download-url") {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	}).URL
	for turn, outOfTurn := range map[error]int{nil: 0, source.ErrNoTurn: 1} {
		pace := source.Pace{Now: time.Now, Turn: func(context.Context) error { return turn }}
		got, err := newClient(t).Fetch(t.Context(), account(t, "safetykit", server), endpoint(t, "safetykit", server), pace)
		if err != nil || got.HTTPStatus != 200 || got.Requests != 2 || got.OutOfTurn != outOfTurn {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}
