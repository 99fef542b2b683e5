package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tracker/internal/source"
)

// listed is a page of datasets with those numbers, and with what it says of others.
func listed(pagination string, numbers ...int) string {
	var datasets []string
	for _, n := range numbers {
		datasets = append(datasets, fmt.Sprintf(`{"id": "00000000-0000-4000-8000-%012d", "name": "dataset %d"}`, n, n))
	}
	return fmt.Sprintf(`{"datasets": [%s]%s}`, strings.Join(datasets, ", "), pagination)
}

// discover lists what a server answers, without a pause between the pages.
func discover(t *testing.T, pages func(page int) string) (found []source.Found, asked int, err error) {
	t.Helper()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil || r.URL.Path != "/datasets/" || r.URL.Query().Get("per_page") != "20" || r.Header.Get("X-Api-Key") != testSecret {
			t.Errorf("asked for %s", r.RequestURI)
		}
		fmt.Fprint(w, pages(page))
	})
	whose := account(t, "woosmap", server.URL)
	discovery := *whose.Provider.Discover
	discovery.Every = 0
	whose.Provider.Discover = &discovery
	found, err = newClient(t).Discover(t.Context(), whose, time.Now, func(_ context.Context, page int) error {
		if asked++; page != asked {
			t.Errorf("page %d in turn %d", page, asked)
		}
		return nil
	})
	return found, asked, err
}

func TestDiscoverEnds(t *testing.T) {
	t.Parallel()
	three := func(first, second, third string) func(int) string {
		return func(page int) string {
			return [...]string{listed(first, 1, 2), listed(second, 3, 4), listed(third, 5)}[min(page, 3)-1]
		}
	}
	tests := []struct {
		name         string
		pages        func(page int) string
		found, asked int
	}{
		{"NumbersAndNull", three(`,"pagination":{"prev":null,"next":2,"page":1}`, `,"pagination":{"next":3}`, `,"pagination":{"next":null}`), 5, 3},
		{"LinksAndEmpty", three(`,"pagination":{"next":"https://x/?page=2"}`, `,"pagination":{"next":"/datasets/?page=3"}`, `,"pagination":{"next":""}`), 5, 3},
		{"ZeroAndFalse", three(`,"pagination":{"next":2}`, `,"pagination":{"next":0}`, ``), 4, 2},
		{"NoPagination", three(``, ``, ``), 5, 4},
		{"PaginationWithoutNext", three(`,"pagination":{"page":1}`, `,"pagination":{}`, `,"pagination":null`), 5, 4},
		{"NextForEver", three(`,"pagination":{"next":2}`, `,"pagination":{"next":3}`, `,"pagination":{"next":4}`), 5, 4},
		{"PageIgnored", func(int) string { return listed(`,"pagination":{"next":2}`, 1, 2) }, 2, 2},
		{"Overlapping", func(page int) string { return listed(`,"pagination":{"next":9}`, min(page, 4), min(page, 4)+1) }, 5, 5},
		{"Empty", func(int) string { return listed(`,"pagination":{"next":2}`) }, 0, 1},
		{"Endless", func(page int) string { return listed(``, page) }, -1, 1000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			found, asked, err := discover(t, test.pages)
			if test.found < 0 {
				if err == nil || !strings.Contains(err.Error(), "does not end within 1000 pages") {
					t.Errorf("%d found, %v", len(found), err)
				}
			} else if err != nil || len(found) != test.found {
				t.Errorf("%d found, not %d; %v", len(found), test.found, err)
			}
			if asked != test.asked {
				t.Errorf("%d requests, not %d", asked, test.asked)
			}
		})
	}
}

func TestDiscoverReads(t *testing.T) {
	t.Parallel()
	found, _, err := discover(t, func(int) string {
		return `{"datasets": [{"id": "8C4C51F1-f6f3-43bc-b65d-7415e8ef22c0", "name": "\u001b[2J https://x/?key=` + testSecret + `", "extra": 1,
			"created_at": "2026-01-02T03:04:05.678901", "updated_at": null, "scheduled_for_deletion_after": "2026-02-03T00:00:00Z"},
			{"id": "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c1"}], "pagination": {"next": null}}`
	})
	if err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
	first := found[0]
	if first.Target["dataset_id"] != "8c4c51f1-f6f3-43bc-b65d-7415e8ef22c0" || !strings.HasPrefix(first.Name, "\x1b[2J https://x/?key=") || strings.Contains(first.Name, testSecret) {
		t.Errorf("%+v", first)
	}
	if at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC); !first.CreatedAt.At.Equal(at) || first.UpdatedAt.Raw != "" || first.DeletedAfter.At.IsZero() {
		t.Errorf("%+v", first)
	}
	if found[1].Name != "" {
		t.Errorf("%+v", found[1])
	}
}

func TestDiscoverRefuses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`<html>`:                      "page 1: the body is not JSON, from byte 1 of 6",
		`[]`:                          "page 1: want an object, got a list",
		`{}`:                          "page 1: datasets: missing",
		`{"datasets": {}}`:            "page 1: datasets: want a list, got an object",
		`{"datasets": [{}]}`:          "page 1: datasets[0].id: missing",
		`{"datasets": [{"id": 7}]}`:   "page 1: datasets[0].id: want a string, got a number",
		`{"datasets": [{"id": "x"}]}`: `page 1: datasets[0].id: "x" is no UUID`,
	} {
		if _, _, err := discover(t, func(int) string { return body }); err == nil || err.Error() != want {
			t.Errorf("%s gives %v, not %s", body, err, want)
		}
	}
	if _, err := newClient(t).Discover(t.Context(), account(t, "safetykit", "http://127.0.0.1:1"), time.Now, nil); !errors.Is(err, source.ErrNoList) {
		t.Errorf("without a list: %v", err)
	}
	stop := errors.New("stop")
	if _, err := newClient(t).Discover(t.Context(), account(t, "woosmap", "http://127.0.0.1:1"), time.Now, func(context.Context, int) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"details": "slow down, %s"}`, testSecret)
	})
	_, err := newClient(t).Discover(t.Context(), account(t, "woosmap", server.URL), time.Now, func(context.Context, int) error { return nil })
	refused, ok := errors.AsType[*source.DiscoverError](err)
	if !ok || refused.RetryAfter != time.Minute || err.Error() != "page 1: 429 Too Many Requests: slow down, REDACTED" {
		t.Errorf("refused: %v", err)
	}
}
