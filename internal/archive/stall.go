package archive

import (
	"context"
	"errors"
	"io"
	"time"
)

// errStalled is of a host from which nothing comes any more.
var errStalled = errors.New("nothing has come for too long")

// stall ends a request when nothing has come for a time.
type stall struct {
	timer *time.Timer
	after time.Duration
	body  io.Reader
}

// watch gives a context that ends with errStalled unless the stall is read from.
func watch(ctx context.Context, after time.Duration) (context.Context, *stall) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &stall{timer: time.AfterFunc(after, func() { cancel(errStalled) }), after: after}
}

// Read implements io.Reader.
func (s *stall) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.timer.Reset(s.after)
	return n, err
}
