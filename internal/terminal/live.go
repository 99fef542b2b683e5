package terminal

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"
)

// Live is a text that fills a terminal, is read anew again and again, and can
// be scrolled and filtered by keys. It is left on the terminal as it was last.
type Live struct {
	In    io.Reader // the keys; nil: none
	Out   io.Writer // the terminal
	Color bool
	// Read gives what there is to show of what fits a filter. No two run at a
	// time, and none runs when Run has returned. Its error ends Run.
	Read  func(ctx context.Context, filter string) (Layout, error)
	Ticks <-chan time.Time // when to read again
	End   <-chan time.Time // when to end; nil: never
}

// Layout lays a text out for a screen of so many lines (0: any), from some row on.
type Layout func(s Screen, height, skip int) Frame

// Frame is a text that was laid out.
type Frame struct {
	Text string
	Skip int // rows left out before the first, at most as many as was asked for
	Page int // rows that the next page leaves out more
}

// NewLive gives one on a terminal, or false where out is none that can be drawn on.
func NewLive(in io.Reader, out io.Writer, getenv func(string) string) (*Live, bool) {
	if !Drawable(out, getenv) {
		return nil, false
	}
	l := &Live{Out: out, Color: ScreenOf(out, getenv).Color}
	if file, ok := in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		l.In = in
	}
	return l, true
}

// Drawable reports that out is a terminal on which one can write anywhere.
func Drawable(out io.Writer, getenv func(string) string) bool {
	return IsTerminal(out) && getenv("TERM") != "dumb"
}

// framesPerSecond is how often a change can reach the terminal: quick enough
// for somebody who holds a key, and slow enough to cost nothing when idle.
const framesPerSecond = 30

// Run shows the text until a key, End or ctx ends it, which is no error.
func (l *Live) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	layout, err := l.Read(ctx, "")
	if err != nil {
		return err
	}
	var reading sync.Mutex
	m := liveModel{
		keyed:  l.In != nil,
		screen: Screen{Color: l.Color},
		layout: layout,
		read: func(filter string) tea.Cmd {
			return func() tea.Msg {
				reading.Lock()
				defer reading.Unlock()
				if ctx.Err() != nil {
					return nil
				}
				layout, err := l.Read(ctx, filter)
				return liveRead{layout, err}
			}
		},
		tick: func() tea.Msg {
			select {
			case <-l.Ticks:
				return liveTick{}
			case <-ctx.Done():
				return nil
			}
		},
		end: func() tea.Msg {
			select {
			case <-l.End:
			case <-ctx.Done():
			}
			return tea.QuitMsg{}
		},
	}
	last, err := tea.NewProgram(m,
		tea.WithInput(l.In), tea.WithOutput(l.Out), tea.WithWindowSize(80, 24), // of what is no terminal
		tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond),
		tea.WithColorProfile(colorprofile.ANSI), // what the styles are; whether there are any is settled
	).Run()
	cancel()
	reading.Lock() // a read that goes on has ended
	defer reading.Unlock()
	if err != nil {
		return fmt.Errorf("draw on the terminal: %w", err)
	}
	shown := last.(liveModel)
	if _, err := io.WriteString(l.Out, shown.frame.Text); err != nil {
		return err
	}
	return shown.err
}
