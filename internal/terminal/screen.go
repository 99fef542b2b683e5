package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Screen is what a text is written for.
type Screen struct {
	Width int  // columns; 0: unbounded, as in a pipe
	Color bool // a terminal that wants colours
}

// ScreenOf describes what out writes to, by the environment of the process.
func ScreenOf(out io.Writer, getenv func(string) string) Screen {
	if !IsTerminal(out) {
		return Screen{}
	}
	s := Screen{Color: getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(int(out.(*os.File).Fd())); err == nil {
		s.Width = width
	}
	return s
}

// IsTerminal reports that out writes to a terminal, even to one that does not
// tell its width.
func IsTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
