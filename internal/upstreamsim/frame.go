package upstreamsim

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"strconv"
)

// Frame is one answer of a service as it goes over the wire, faults included.
type Frame struct {
	Status int         // 0: 200
	Header http.Header // beside Content-Type, which is JSON's unless it is here
	Body   []byte

	Gate *Gate // what the answer waits for; nil: nothing
	Cut  int   // close the connection after so many bytes of the body; 0: send all
	Drop bool  // close the connection without an answer
}

// Answer is a frame with status 200.
func Answer(body string) Frame { return Frame{Body: []byte(body)} }

// Status is a frame with another status.
func Status(status int, body string) Frame { return Frame{Status: status, Body: []byte(body)} }

// Redirect is a frame that sends the client elsewhere.
func Redirect(status int, location string) Frame {
	return Frame{Status: status}.With("Location", location)
}

// GzipBomb is a small frame that is so many bytes once it is decompressed.
func GzipBomb(size int64) Frame {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = io.CopyN(writer, blanks{}, size) // a buffer takes all
	_ = writer.Close()
	return Frame{Body: packed.Bytes()}.With("Content-Encoding", "gzip")
}

// With returns the frame with one more header.
func (f Frame) With(name, value string) Frame {
	f.Header = f.Header.Clone()
	if f.Header == nil {
		f.Header = http.Header{}
	}
	f.Header.Set(name, value)
	return f
}

// Behind returns the frame as one that waits at a gate.
func (f Frame) Behind(gate *Gate) Frame {
	f.Gate = gate
	return f
}

// serve sends the frame. A client that has gone gets nothing.
func (f Frame) serve(w http.ResponseWriter, r *http.Request) {
	if f.Gate != nil && !f.Gate.pass(r.Context()) {
		return
	}
	if f.Drop {
		panic(http.ErrAbortHandler) // closes the connection, and says so to nobody
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	maps.Copy(header, f.Header)
	header.Set("Content-Length", strconv.Itoa(len(f.Body)))
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	if f.Cut == 0 {
		_, _ = w.Write(f.Body) // the client may have gone
		return
	}
	_, _ = w.Write(f.Body[:f.Cut])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// blanks reads as blanks without end.
type blanks struct{}

// Read implements io.Reader.
func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
