package words

import "tracker/internal/terminal"

// QuoteLimit bounds a message in the verdict on a terminal, in columns; the
// detail has all of it.
const QuoteLimit = 160

// Quote shows what the service says, on a terminal not too much of it.
func Quote(message string, short bool) string {
	message = terminal.OneLine(message)
	if short {
		message = terminal.Cut(message, QuoteLimit)
	}
	return `"` + message + `"`
}
