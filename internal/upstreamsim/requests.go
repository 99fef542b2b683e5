package upstreamsim

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is what is remembered of a request: no query and no header's value,
// since these may be secret.
type Request struct {
	At      time.Time // when it came, by the wall clock
	Path    string
	Headers []string // their names, sorted
}

// Requests is a log of requests. Several services may share one; the zero
// Requests is an empty log.
type Requests struct {
	mu   sync.Mutex
	list []Request
}

// All returns the requests so far, in the order in which they came.
func (l *Requests) All() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// Of returns those with the given path.
func (l *Requests) Of(path string) []Request {
	return slices.DeleteFunc(l.All(), func(r Request) bool { return r.Path != path })
}

func (l *Requests) add(r *http.Request) {
	if l == nil {
		return
	}
	entry := Request{At: time.Now(), Path: r.URL.Path, Headers: slices.Sorted(maps.Keys(r.Header))}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, entry)
}
