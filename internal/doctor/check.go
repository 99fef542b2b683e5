package doctor

import (
	"fmt"

	"tracker/internal/store"
)

// State is how a check ends.
type State string

// The states of a check.
const (
	OK   State = "ok"
	Warn State = "warn" // works, and somebody should know
	Fail State = "fail" // does not work, or soon will not
)

// Check is one thing that was looked at.
type Check struct {
	Name   string `json:"name"` // and behind a blank, where there are several, the source's
	State  State  `json:"state"`
	What   string `json:"what"`
	Remedy string `json:"remedy"` // what mends it, with the command; empty: there is nothing to mend
}

func check(name, format string, args ...any) Check {
	return Check{Name: name, State: OK, What: fmt.Sprintf(format, args...)}
}

func (c Check) warn(remedy string) Check {
	c.State, c.Remedy = Warn, remedy
	return c
}

func (c Check) fail(remedy string) Check {
	c.State, c.Remedy = Fail, remedy
	return c
}

// unread is a check that could not be made.
func unread(name string, err error) Check {
	if store.IsDenied(err) {
		return check(name, "not looked at: this login may not").warn("run  tracker doctor  with the login of the daemon, or of the tables' owner")
	}
	return check(name, "cannot be looked at: %v", err).fail("see the server's log")
}
