package access

import (
	"errors"
	"net/netip"
	"sync"
	"time"
)

const (
	// failuresMost is how many wrong tokens an address may show in failuresSpan.
	failuresMost = 10
	failuresSpan = time.Minute
	// failuresKept is of how many addresses it is known at most.
	failuresKept = 4096

	retryAfter = "60" // failuresSpan, in seconds
)

var (
	errTooMany = errors.New("too many wrong tokens came from there: try again in a minute")
	errRefused = wrongTokenError{}
)

// wrongTokenError is errUnknown of somebody who has shown a token.
type wrongTokenError struct{}

func (wrongTokenError) Error() string {
	return "this token counts for nothing: it never did, is revoked, or has expired"
}

func (wrongTokenError) Is(target error) bool { return target == errUnknown }

// failures count wrong tokens by where they came from.
type failures struct {
	mu sync.Mutex
	by map[netip.Prefix]streak
}

// streak is how many there were since the first of them.
type streak struct {
	since time.Time
	count int
}

func (s streak) over(now time.Time) bool { return now.Sub(s.since) >= failuresSpan }

// mayTry reports that few wrong tokens came from an address lately.
func (f *failures) mayTry(from netip.Prefix) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, known := f.by[from]
	return !known || s.over(time.Now()) || s.count < failuresMost
}

// add counts one. Where too many addresses are known, it forgets those whose time is
// over, else any: who has so many addresses is stopped by none of this.
func (f *failures) add(from netip.Prefix) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.by == nil {
		f.by = map[netip.Prefix]streak{}
	}
	s, known := f.by[from]
	if !known && len(f.by) >= failuresKept {
		f.forget(now)
	}
	if !known || s.over(now) {
		s = streak{since: now}
	}
	s.count++
	f.by[from] = s
}

func (f *failures) forget(now time.Time) {
	for address, s := range f.by {
		if s.over(now) {
			delete(f.by, address)
		}
	}
	for address := range f.by {
		if len(f.by) < failuresKept {
			return
		}
		delete(f.by, address)
	}
}
