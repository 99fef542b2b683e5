package cli

import "tracker/internal/terminal"

// quoteLimit bounds a message in the verdict on a terminal, in columns; the
// detail has all of it.
const quoteLimit = 160

// quote shows what the service says, on a terminal not too much of it.
func quote(message string, short bool) string {
	message = terminal.OneLine(message)
	if short {
		message = terminal.Cut(message, quoteLimit)
	}
	return `"` + message + `"`
}
