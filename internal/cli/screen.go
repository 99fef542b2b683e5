package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// screen is what a text is written for.
type screen struct {
	width int  // columns; 0: unbounded, as in a pipe
	color bool // a terminal that wants colours
}

// screenOf describes what out writes to, by the environment of the process.
func screenOf(out io.Writer, getenv func(string) string) screen {
	if !isTerminal(out) {
		return screen{}
	}
	s := screen{color: getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(out.(*os.File).Fd())); err == nil {
		s.width = width
	}
	return s
}

// isTerminal reports that out writes to a terminal, even to one that does not
// tell its width.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
