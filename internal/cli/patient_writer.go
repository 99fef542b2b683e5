package cli

import (
	"net/http"
	"time"
)

// patientMost is how much of an answer may be written within answerLimit.
const patientMost = 64 << 10

// patiently has a handler's answers last as long as they are read: answerLimit bounds each
// part of them. What moves the deadlines on by itself is left to it.
func patiently(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&patientWriter{ResponseWriter: w, line: http.NewResponseController(w)}, r)
	})
}

type patientWriter struct {
	http.ResponseWriter
	line  *http.ResponseController
	moved bool // by the handler
}

// Unwrap is for http.ResponseController.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// SetWriteDeadline is, too.
func (w *patientWriter) SetWriteDeadline(at time.Time) error {
	w.moved = true
	return w.line.SetWriteDeadline(at)
}

func (w *patientWriter) Write(text []byte) (written int, err error) {
	if w.moved {
		return w.ResponseWriter.Write(text)
	}
	for written < len(text) && err == nil {
		_ = w.line.SetWriteDeadline(time.Now().Add(answerLimit)) // of a line that is lost the write tells
		var n int
		n, err = w.ResponseWriter.Write(text[written:min(written+patientMost, len(text))])
		written += n
	}
	return written, err
}
