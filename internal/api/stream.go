package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tracker/internal/access"
	"tracker/internal/feed"
	"tracker/internal/store"
)

const (
	// quietMost is how long a stream says nothing: then it says that it holds.
	quietMost = 15 * time.Second
	// writeMost bounds the wait for a client to take what it is sent. It comes again, and
	// goes on where it was.
	writeMost  = 10 * time.Second
	streamPath = "/events/stream"
	// streamsMost is how many streams there may be at once.
	streamsMost = 5000
)

type streamInput struct {
	InSource
	After  int64  `query:"after" minimum:"-1" default:"-1" doc:"Beyond this entry_no; left out, or -1: what comes from now on."`
	LastID string `header:"Last-Event-ID" doc:"As after, which it goes before: browsers send it when they come again."`
	Job    string `query:"job" doc:"Of this job alone."`
}

// after is the entry that whoever asks has read last.
func (in streamInput) after() (int64, error) {
	if in.LastID == "" {
		return in.After, nil
	}
	after, err := strconv.ParseInt(in.LastID, 10, 64)
	if err != nil || after < 0 {
		return 0, wrong("header.Last-Event-ID", fmt.Errorf("Last-Event-ID %q is no entry_no", in.LastID))
	}
	return after, nil
}

func (a *api) registerStream() {
	o := operation{
		id: "stream-events", path: streamPath, tag: tagEvents, summary: "What happens, as it happens",
		doc: "Server-sent events. Each entry of the journal is one message: id is its entry_no, and data is a JSON object with entry_no, at, kind and job as " +
			"report.journal has them, and in events its rows of report.events: none, where it changed no state, as when log lines came. Whoever comes again with " +
			"Last-Event-ID, or ?after=, misses none and gets none twice. Where a database has lost its last entries, as a copy may that takes another's place, " +
			"id goes back to its end. Comments, each 15 s, tell that the line holds. Who does not read for 10 s is cut off.",
	}.get()
	o.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/event-stream": {}}}}
	schemaOf[Entry](a) // for who reads of it
	streams := make(chan struct{}, streamsMost)
	huma.Register(a.API, o, func(_ context.Context, in *streamInput) (*huma.StreamResponse, error) {
		after, err := in.after()
		if err != nil {
			return nil, err
		}
		select {
		case streams <- struct{}{}:
		default:
			return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("there are too many streams"), http.Header{"Retry-After": {retrySeconds}})
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			defer func() { <-streams }()
			r, w := humago.Unwrap(hc)
			a.stream(r, w, *in, after)
		}}, nil
	})
}

// errNotHeld ends a stream whose asker is let in no more.
var errNotHeld = errors.New("not let in any more")

// stream sends entries until the client, or the daemon, has had enough.
func (a *api) stream(r *http.Request, w http.ResponseWriter, in streamInput, after int64) {
	line := http.NewResponseController(w)
	_ = line.SetReadDeadline(time.Time{}) // that of reading the request would end it
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx
	w.WriteHeader(http.StatusOK)
	send := func(text []byte) error {
		if err := line.SetWriteDeadline(time.Now().Add(a.pace.write)); err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := line.Flush(); err != nil {
			return err
		}
		return line.SetWriteDeadline(time.Time{}) // HTTP/2 ends a stream at it, though nothing waits to be taken
	}
	if err := send([]byte("retry: 2000\n\n")); err != nil {
		return
	}
	ctx := r.Context()
	who, checked := access.From(ctx), time.Now()
	err := a.Feed.Follow(ctx, after, a.pace.quiet, func(entries []store.EventsEntry, reached int64) error {
		if time.Since(checked) >= a.pace.quiet {
			if checked = time.Now(); !who.Holds(ctx) {
				return errNotHeld
			}
		}
		return send(in.messages(entries, reached))
	})
	if err != nil && ctx.Err() == nil {
		a.Logger.DebugContext(ctx, "a stream ended", "error", err)
	}
}

// Entry is an entry of the journal, as the stream tells it.
type Entry struct {
	EntryNo int64            `json:"entry_no"`
	At      time.Time        `json:"at"`
	Kind    string           `json:"kind"`
	Job     *string          `json:"job"`
	Events  []store.EventRow `json:"events"`
}

// messages are entries as server-sent events, and how far the journal was read, which
// browsers keep, too; that the line holds, at the least.
func (in streamInput) messages(entries []store.EventsEntry, reached int64) []byte {
	var text bytes.Buffer
	last := int64(feed.FromNow)
	for _, entry := range entries {
		if in.Job != "" && entry.Job != in.Job || in.Source != "" && entry.Source != in.Source {
			continue
		}
		shown := Entry{EntryNo: entry.No, At: entry.At, Kind: entry.Kind, Events: append([]store.EventRow{}, entry.Events...)}
		if entry.Job != "" {
			shown.Job = &entry.Job
		}
		data, _ := json.Marshal(shown) // which can always be encoded
		fmt.Fprintf(&text, "id: %d\ndata: %s\n\n", entry.No, data)
		last = entry.No
	}
	switch {
	case reached > last:
		fmt.Fprintf(&text, "id: %d\n: holds\n\n", reached)
	case text.Len() == 0: // it was not read yet
		text.WriteString(": holds\n\n")
	}
	return text.Bytes()
}
