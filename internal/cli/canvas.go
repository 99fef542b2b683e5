package cli

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
	enterScreen = "\x1b[?1049h\x1b[?25l\x1b[?7l" // the alternate screen, no cursor, no line wrapping
	leaveScreen = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	beginFrame  = "\x1b[?2026h\x1b[H"
	restOfLine  = "\x1b[K"
	endFrame    = "\x1b[H\x1b[?2026l"
	restOfPage  = "\r\n\x1b[J"
)

// canvas shows one text after the other in the same place of a terminal.
type canvas struct {
	out  io.Writer
	size func() (s screen, height int)
	last string
}

// newCanvas gives one on out, or false where that is no terminal, or a dumb one.
func newCanvas(out io.Writer, getenv func(string) string) (*canvas, bool) {
	if !isTerminal(out) || getenv("TERM") == "dumb" {
		return nil, false
	}
	return &canvas{out: out, size: func() (screen, int) {
		_, height, err := term.GetSize(int(out.(*os.File).Fd()))
		if err != nil {
			height = 0
		}
		return screenOf(out, getenv), height
	}}, true
}

// draw shows a text that was laid out for a screen of so many lines.
func (c *canvas) draw(page string, s screen, height int) error {
	var frame strings.Builder
	if c.last == "" {
		frame.WriteString(enterScreen)
	}
	c.last = page
	frame.WriteString(beginFrame)
	lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	for i, line := range lines {
		if i > 0 {
			frame.WriteString("\r\n")
		}
		frame.WriteString(line)
		if text.StringWidthWithoutEscSequences(line) < s.width { // else it would erase the last column
			frame.WriteString(restOfLine)
		}
	}
	if len(lines) < height { // else it would scroll
		frame.WriteString(restOfPage)
	}
	frame.WriteString(endFrame)
	_, err := io.WriteString(c.out, frame.String())
	return err
}

// close gives the terminal back as it was, with the last text left on it.
func (c *canvas) close() {
	if c.last != "" {
		_, _ = io.WriteString(c.out, leaveScreen+c.last) // there is nowhere to report that a terminal has gone
	}
}
