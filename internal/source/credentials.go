package source

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tracker/internal/redact"
)

// credentialTimeout bounds the reading of a credential's file: a file system
// beyond a network may never answer, and a read of it cannot be called off.
const credentialTimeout = 5 * time.Second

// Credential is what a reference names.
type Credential struct {
	Secret  redact.Secret
	Warning string // what is unwise about where it is
}

// Credentials reads credentials and is kept waiting by none. It may be used by
// many goroutines at once.
type Credentials struct {
	getenv  func(string) string
	scope   CredentialScope
	timeout time.Duration

	mu      sync.Mutex
	reading map[string]*reading // by reference; one that hangs stays and is the last
}

// reading is one look at a reference.
type reading struct {
	began time.Time
	done  chan struct{} // closed when the rest is there
	found Credential
	err   error
}

// NewCredentials gives a reader of variables by getenv, and of files, as far
// as the scope goes.
func NewCredentials(getenv func(string) string, scope CredentialScope) *Credentials {
	return &Credentials{getenv: getenv, scope: scope, timeout: credentialTimeout, reading: map[string]*reading{}}
}

// Read waits for a credential as long as it may take, or until ctx ends.
func (c *Credentials) Read(ctx context.Context, ref string) (Credential, error) {
	r := c.begin(ref)
	timer := time.NewTimer(time.Until(r.began.Add(c.timeout)))
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C:
	case <-ctx.Done():
		return Credential{}, fmt.Errorf("read %w %s: %w", ErrCredential, ref, ctx.Err())
	}
	return c.take(ref, r)
}

// Peek waits for a credential only a moment, as long as reading a file takes
// that is near. After that the error is ErrCredentialUnread, and a later Peek
// has what came of it.
func (c *Credentials) Peek(ref string, moment time.Duration) (Credential, error) {
	r := c.begin(ref)
	if waited := time.Since(r.began); waited < moment {
		timer := time.NewTimer(moment - waited)
		defer timer.Stop()
		select {
		case <-r.done:
		case <-timer.C:
		}
	}
	return c.take(ref, r)
}

// Begin begins to read references that Read is to wait for one after the other.
func (c *Credentials) Begin(refs ...string) {
	for _, ref := range refs {
		c.begin(ref)
	}
}

// begin looks at a reference, unless a look is under way or has just ended.
func (c *Credentials) begin(ref string) *reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.reading[ref]
	if r != nil && (!r.isDone() || time.Since(r.began) < c.timeout) {
		return r
	}
	r = &reading{began: time.Now(), done: make(chan struct{})}
	c.reading[ref] = r
	go func() { // nobody waits for its end: it may have none
		defer close(r.done)
		if r.found.Secret, r.err = ReadCredential(ref, c.getenv, c.scope); r.err == nil {
			r.found.Warning = CredentialWarning(ref)
		}
	}()
	return r
}

func (r *reading) isDone() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// take gives what came of a look, once: the next one is to see what is new.
func (c *Credentials) take(ref string, r *reading) (Credential, error) {
	if r.isDone() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.reading[ref] == r {
			delete(c.reading, ref)
		}
		return r.found, r.err
	}
	if time.Since(r.began) < c.timeout {
		return Credential{}, ErrCredentialUnread
	}
	return Credential{}, fmt.Errorf("%w %s: the file cannot be read: it was not there within %s, and still is not", ErrCredential, ref, c.timeout)
}
