package embeddedpg

import "errors"

// ErrClosed is what Ensure returns after Close: a server that its owner ended is not started again.
var ErrClosed = errors.New("embedded Postgres is closed")
