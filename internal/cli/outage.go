package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"tracker/internal/terminal"
	"tracker/internal/words"
)

// outage is trouble with the database that is waited out: told when it begins
// and when it ends.
type outage struct {
	stderr io.Writer
	worked bool      // once; until then trouble is the end
	since  time.Time // by our own clock; zero: there is none
}

// survives takes in what came of reading, and reports whether to go on.
func (o *outage) survives(ctx context.Context, err error) bool {
	switch {
	case ctx.Err() != nil:
		return false
	case err == nil && o.since.IsZero():
		o.worked = true
	case err == nil:
		fmt.Fprintf(o.stderr, "the database answers again, after %s\n", words.Duration(time.Since(o.since).Round(time.Second)))
		o.since = time.Time{}
	case !o.worked:
		return false
	case o.since.IsZero():
		o.since = time.Now()
		fmt.Fprintf(o.stderr, "the database does not answer: %s; trying again\n", terminal.OneLine(err.Error()))
	}
	return true
}

// unlessEnded is an error, unless it comes from being told to end, which is
// what ends a command that goes on for ever.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}
