package source_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"

	"tracker/internal/history"
)

func TestFetchBodies(t *testing.T) {
	t.Parallel()
	const limit = 16 << 20
	tests := []struct {
		name    string
		serve   http.HandlerFunc
		outcome history.Outcome
		size    int
		err     string
	}{
		{"Empty", func(http.ResponseWriter, *http.Request) {}, "", 0, ""},
		{"AtTheLimit", plainBody(limit), "", limit, ""},
		{"OverTheLimit", plainBody(limit + 1), history.OutcomeMalformed, 0, "body is over 16 MiB"},
		{"Gzip", gzipBody(5000), "", 5000, ""},
		{"GzipBomb", gzipBody(3 * limit), history.OutcomeMalformed, 0, "body is over 16 MiB"},
		{"CorruptGzip", corruptGzipBody, history.OutcomeMalformed, 0, "body: gzip: invalid header"},
		{"GzipCutShort", cutGzipBody(1000, 0), history.OutcomeMalformed, 0, "body: gzip: cut short"},
		{"GzipCutInItsHeader", cutGzipBody(5, 0), history.OutcomeMalformed, 0, "body: gzip: cut short"},
		{"GzipWithoutItsEnd", cutGzipBody(-1, 0), history.OutcomeMalformed, 0, "body: gzip: cut short"},
		{"GzipThatStillComes", cutGzipBody(1000, 1), history.OutcomeUnreachable, 0, "the connection was closed in the middle of the answer"},
		{"Truncated", truncatedBody, history.OutcomeUnreachable, 0, "the connection was closed in the middle of the answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			response := fetchFrom(t, newClient(t), "woosmap", serve(t, test.serve).URL)
			if response.Outcome != test.outcome || response.HTTPStatus != 200 || len(response.Body) != test.size || response.Error != test.err {
				t.Errorf("outcome %q, %d bytes, error %q", response.Outcome, len(response.Body), response.Error)
			}
		})
	}
}

func plainBody(size int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, size)) }
}

func gzipBody(size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			http.Error(w, "gzip is not accepted", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		compress, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // a level that there is
		defer func() { _ = compress.Close() }()               // fails where the client has seen enough
		for part, left := make([]byte, 1<<20), size; left > 0; left -= len(part) {
			if _, err := compress.Write(part[:min(left, len(part))]); err != nil {
				return // the client has seen enough
			}
		}
	}
}

func corruptGzipBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	fmt.Fprint(w, `{"this is":"plain text"}`)
}

// cutGzipBody sends the beginning of a compressed body (below 0: all but so much of it),
// and promises more bytes.
func cutGzipBody(size, more int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var whole bytes.Buffer
		compress := gzip.NewWriter(&whole)
		_, _ = io.CopyN(compress, rand.NewChaCha8([32]byte{}), 5000)
		_ = compress.Close()
		cut := whole.Bytes()[:(size+whole.Len())%whole.Len()]
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(cut)+more))
		_, _ = w.Write(cut)
	}
}

func truncatedBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"id":"r"}`)
}
