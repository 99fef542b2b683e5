package terminal

import (
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// What a terminal is told. A synchronized update is shown at once, or, by
// terminals that do not know it, line by line: neither flickers.
const (
	EnterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l" // the alternate screen, no cursor, no line wrapping
	LeaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	BeginFrame  = "\x1b[?2026h\x1b[H"
	restOfLine  = "\x1b[K"
	endFrame    = "\x1b[H\x1b[?2026l"
	restOfPage  = "\r\n\x1b[J"
)

// Canvas shows one text after the other in the same place of a terminal.
type Canvas struct {
	Out  io.Writer                     // the terminal
	Size func() (s Screen, height int) // of it, by now
	last string
}

// NewCanvas gives one on out, or false where that is no terminal, or a dumb one.
func NewCanvas(out io.Writer, getenv func(string) string) (*Canvas, bool) {
	if !IsTerminal(out) || getenv("TERM") == "dumb" {
		return nil, false
	}
	return &Canvas{Out: out, Size: func() (Screen, int) {
		_, height, err := term.GetSize(int(out.(*os.File).Fd()))
		if err != nil {
			height = 0
		}
		return ScreenOf(out, getenv), height
	}}, true
}

// Draw shows a text that was laid out for a screen of so many lines.
func (c *Canvas) Draw(page string, s Screen, height int) error {
	var frame strings.Builder
	if c.last == "" {
		frame.WriteString(EnterScreen)
	}
	c.last = page
	frame.WriteString(BeginFrame)
	lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	for i, line := range lines {
		if i > 0 {
			frame.WriteString("\r\n")
		}
		frame.WriteString(line)
		if text.StringWidthWithoutEscSequences(line) < s.Width { // else it would erase the last column
			frame.WriteString(restOfLine)
		}
	}
	if len(lines) < height { // else it would scroll
		frame.WriteString(restOfPage)
	}
	frame.WriteString(endFrame)
	_, err := io.WriteString(c.Out, frame.String())
	return err
}

// Close gives the terminal back as it was, with the last text left on it.
func (c *Canvas) Close() {
	if c.last != "" {
		_, _ = io.WriteString(c.Out, LeaveScreen+c.last) // there is nowhere to report that a terminal has gone
	}
}
