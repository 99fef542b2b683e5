package upstreamsim

import (
	"sync"
	"time"
)

// script answers each request with the next of its frames, and every one after
// them with the last.
type script struct {
	mu     sync.Mutex
	frames []Frame
}

func (s *script) frame(time.Time) Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.frames[0]
	if len(s.frames) > 1 {
		s.frames = s.frames[1:]
	}
	return next
}
