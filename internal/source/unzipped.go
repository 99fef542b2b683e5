package source

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// unzipped gives the body of an answer, decompressed where it comes so. whole, which is
// set where there is none, is set once it has come to its end.
func unzipped(answer *http.Response, whole *bool) io.Reader {
	body := endNoted{answer.Body, whole}
	if *whole || !strings.EqualFold(answer.Header.Get("Content-Encoding"), "gzip") {
		return body
	}
	answer.Header.Del("Content-Encoding")
	answer.Header.Del("Content-Length")
	answer.ContentLength, answer.Uncompressed = -1, true
	return &gunzip{from: body}
}

// readCloser reads a body in one way and closes it in another.
type readCloser struct {
	io.Reader
	io.Closer
}

// endNoted notes the end of a body as it comes.
type endNoted struct {
	body  io.Reader
	whole *bool
}

func (e endNoted) Read(p []byte) (int, error) {
	n, err := e.body.Read(p)
	*e.whole = *e.whole || errors.Is(err, io.EOF)
	return n, err
}

// gunzip decompresses. Its error is that of a header which is none, too, and tells a body
// that came whole from one that did not.
type gunzip struct {
	from endNoted
	zip  *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.read(p)
	if *g.from.whole && errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCutShort
	}
	return n, err
}

func (g *gunzip) read(p []byte) (n int, err error) {
	if g.zip == nil {
		if g.zip, err = gzip.NewReader(g.from); err != nil {
			return 0, err
		}
	}
	return g.zip.Read(p)
}
