package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/api"
	"tracker/internal/feed"
	"tracker/internal/store"
)

// stream is an open stream of events.
type stream struct {
	lines  *bufio.Scanner
	close  func()
	lastID string
	proto  string
}

// listen opens a stream, whose first words have come.
func (l *lab) listen(ctx context.Context, at, query string, headers ...string) (*stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/events/stream?"+query, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	got, err := l.client.Do(r) //nolint:bodyclose // the stream closes it
	if err != nil {
		cancel()
		return nil, err
	}
	s := &stream{proto: got.Proto, lines: bufio.NewScanner(got.Body), close: func() { cancel(); _ = got.Body.Close() }}
	s.lines.Buffer(nil, 1<<20)
	if got.StatusCode != http.StatusOK || !s.lines.Scan() {
		s.close()
		return nil, fmt.Errorf("the stream is answered %d", got.StatusCode)
	}
	return s, nil
}

// next is the next message; nil: the stream has ended.
func (s *stream) next() *api.Entry {
	for s.lines.Scan() {
		field, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch field {
		case "id":
			s.lastID = value
		case "data":
			var entry api.Entry
			if err := json.Unmarshal([]byte(value), &entry); err != nil || strconv.FormatInt(entry.EntryNo, 10) != s.lastID {
				return nil
			}
			return &entry
		}
	}
	return nil
}

// TestStreamGoesOnWhereItWas by the id that browsers send: none is lost, none comes twice.
func TestStreamGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow()
	step := `{"id":"r2","status":"in_progress","steps":[{"name":"fetch","status":"in_progress","start":"2026-11-01T10:10:00Z","end":null,"entries":[%s]}]}`
	l.say(dataset, fmt.Sprintf(step, ""), fmt.Sprintf(step, `{"created_at":"2026-11-01T10:10:01Z","level":"info","detail":"no event"}`))
	l.poll("stores-eu", 2)
	l.journal()
	end, err := l.store.JournalSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var nos, want []int64
	var events int
	again := ""
	for no := range end {
		want = append(want, no+1)
	}
	for len(nos) < len(want) { // two at a time
		headers := []string{}
		query := "after=0"
		if again != "" {
			headers, query = []string{"Last-Event-ID: " + again}, "after=999999"
		}
		s, err := l.listen(t.Context(), l.at, query, headers...)
		if err != nil {
			t.Fatal(err)
		}
		for range min(2, len(want)-len(nos)) {
			entry := s.next()
			if entry == nil {
				t.Fatalf("it ended after %v", nos)
			}
			nos, events = append(nos, entry.EntryNo), events+len(entry.Events)
		}
		again = s.lastID
		s.close()
	}
	if !slices.Equal(nos, want) {
		t.Errorf("came %v, of %d", nos, end)
	}
	l.Want("events", []string{strconv.Itoa(events)}, `SELECT count(*)::text FROM report.events`)
	s, err := l.listen(t.Context(), l.at, "after=0&job=products-7")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if entry := s.next(); entry == nil || *entry.Job != "products-7" {
		t.Errorf("of another job: %+v", entry)
	}
	for _, source := range []string{"woosmap", "safetykit"} {
		nos := l.Lines(`SELECT e.entry_no::text FROM report.journal e LEFT JOIN report.declared_jobs j USING (job_id)
			LEFT JOIN (SELECT DISTINCT entry_no, source FROM report.events) v USING (entry_no)
			WHERE coalesce(j.source, v.source) = $1 ORDER BY e.entry_no`, source)
		s, err := l.listen(t.Context(), l.at, "after=0&source="+source)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range nos {
			if entry := s.next(); entry == nil || strconv.FormatInt(entry.EntryNo, 10) != want {
				t.Errorf("of source %s comes %+v, not entry %s", source, entry, want)
				break
			}
		}
		s.close()
	}
	if got := l.ask(http.MethodGet, "/events/stream?after=-2", ""); got.status != http.StatusUnprocessableEntity {
		t.Errorf("after -2: %d", got.status)
	}
}

// TestThousandStreams are open at once, and hear of a change each, once.
func TestThousandStreams(t *testing.T) {
	t.Parallel()
	const streams = 1000
	l := newLab(t)
	l.register("stores-eu")
	l.journal()
	end, err := l.store.JournalSize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan *stream, streams)
	var opening errgroup.Group
	opening.SetLimit(50)
	for range streams {
		opening.Go(func() error {
			s, err := l.listen(t.Context(), l.at, fmt.Sprintf("job=stores-eu&after=%d", end))
			if err == nil {
				opened <- s
			}
			return err
		})
	}
	if err := opening.Wait(); err != nil {
		t.Fatal(err)
	}
	close(opened)
	for _, path := range []string{"pause", "resume"} {
		l.ask(http.MethodPost, "/jobs/stores-eu/"+path, "")
		l.journal()
	}
	for s := range opened {
		for _, want := range []string{"pause job stores-eu by ann", "resume job stores-eu by ann"} {
			entry := s.next()
			if entry == nil || len(entry.Events) != 1 || *entry.Events[0].Detail != want {
				t.Fatalf("of %q it hears %+v", want, entry)
			}
		}
		s.close()
	}
}

// TestQuietStreamHolds over HTTP/2, longer than a client may take to read, and goes on.
func TestQuietStreamHolds(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	l.journal()
	server, _ := l.serveBy(func(handler http.Handler) *httptest.Server {
		started := httptest.NewUnstartedServer(handler)
		started.EnableHTTP2 = true
		started.StartTLS()
		return started
	}, l.store, 2*time.Second, 500*time.Millisecond)
	l.client, l.at = server.Client(), server.URL+api.Path
	s, err := l.listen(t.Context(), l.at, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for held := 0; held < 2; {
		if !s.lines.Scan() {
			t.Fatalf("it ends: %v", s.lines.Err())
		}
		if s.lines.Text() == ": holds" {
			held++
		}
	}
	l.ask(http.MethodPost, "/jobs/stores-eu/pause", "")
	l.journal()
	if entry := s.next(); entry == nil || len(entry.Events) != 1 || s.proto != "HTTP/2.0" {
		t.Errorf("by %s it hears %+v", s.proto, entry)
	}
}

// TestStreamHoldsWhileTheJournalWasNeverRead, as where the database is away from the start.
func TestStreamHoldsWhileTheJournalWasNeverRead(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	logger := slog.New(slog.DiscardHandler)
	server := httptest.NewServer(api.NewPaced(api.Options{Store: l.store, Feed: feed.NewHub(l.store, logger), Logger: logger}, time.Millisecond, time.Minute))
	defer server.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	s, err := l.listen(ctx, server.URL+api.Path, "")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for s.lines.Scan() && s.lines.Text() != ": holds" {
		if strings.HasPrefix(s.lines.Text(), "id:") {
			t.Fatalf("it tells %q", s.lines.Text())
		}
	}
	if err := s.lines.Err(); err != nil {
		t.Errorf("nothing is said: %v", err)
	}
}

// TestSlowClientIsCutOff: one that reads nothing, of more than the line holds.
func TestSlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.follow()
	l.Exec(`INSERT INTO transitions SELECT (n).* FROM (
		SELECT jsonb_populate_record(x, jsonb_build_object('transition_no', 1000 + n)) AS n FROM transitions x, generate_series(1, 100000) n
		WHERE x.transition_no = 1 AND x.job_id = (SELECT job_id FROM jobs WHERE name = 'stores-eu')) more`)
	at, _ := l.serve(l.store, time.Minute, 100*time.Millisecond)
	address, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	line, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	if _, err := fmt.Fprintf(line, "GET %s/events/stream?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n", api.Path); err != nil {
		t.Fatal(err)
	}
	select {
	case <-l.ended:
	case <-time.After(time.Minute):
		t.Error("it is not cut off")
	}
}

// TestStreamEndsWithItsToken: who is let in no more hears no more.
func TestStreamEndsWithItsToken(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.register("stores-eu")
	at, guard := l.serve(l.store, 10*time.Millisecond, time.Minute)
	guard.Open = false
	token := l.token("ann", store.ScopeRead, time.Time{})
	s, err := l.listen(t.Context(), at, "", "Authorization: Bearer "+token)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if err := l.store.RevokeToken(t.Context(), store.Author{Actor: "tester", At: l.now()}, "ann"); err != nil {
		t.Fatal(err)
	}
	if entry := s.next(); entry != nil {
		t.Errorf("it hears of %+v", entry)
	}
	if _, err := l.listen(t.Context(), at, "", "Authorization: Bearer "+token); err == nil {
		t.Error("it may listen again")
	}
}
