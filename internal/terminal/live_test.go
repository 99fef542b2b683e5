package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// hundred lays out so many of a hundred rows as there is room for.
func hundred(_ Screen, height, skip int) Frame {
	skip = min(skip, 100-height)
	var text strings.Builder
	for n := range height {
		fmt.Fprintf(&text, "row %d\n", skip+n)
	}
	return Frame{Text: text.String(), Skip: skip, Page: height}
}

// driven is a model whose commands are done at once.
type driven struct {
	t     *testing.T
	model liveModel
	read  []string // the filters that were read
	ticks int      // that are waited for
	quit  bool
}

func drive(t *testing.T) *driven {
	t.Helper()
	d := &driven{t: t}
	d.model = liveModel{
		keyed:  true,
		layout: hundred,
		read: func(filter string) tea.Cmd {
			return func() tea.Msg {
				d.read = append(d.read, filter)
				return nil // it goes on
			}
		},
		tick: func() tea.Msg {
			d.ticks++
			return nil
		},
	}
	d.send(tea.WindowSizeMsg{Width: 60, Height: 11})
	return d
}

func (d *driven) send(msg tea.Msg) {
	d.t.Helper()
	model, cmd := d.model.Update(msg)
	d.model = model.(liveModel)
	d.perform(cmd)
}

func (d *driven) perform(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, one := range msg {
			d.perform(one)
		}
	case tea.QuitMsg:
		d.quit = true
	}
}

// press presses keys, which are parted by blanks.
func (d *driven) press(keys string) {
	d.t.Helper()
	codes := map[string]tea.Key{
		"down": {Code: tea.KeyDown}, "up": {Code: tea.KeyUp}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape},
		"backspace": {Code: tea.KeyBackspace}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
	}
	for name := range strings.FieldsSeq(keys) {
		key, special := codes[name]
		if !special {
			key = tea.Key{Code: rune(name[0]), Text: name}
		}
		d.send(tea.KeyPressMsg(key))
	}
}

func (d *driven) lines() []string { return strings.Split(d.model.View().Content, "\n") }

func TestLive_Scrolls(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		"":                       "row 0",
		"down j j up":            "row 2",
		"up k":                   "row 0",
		"pgdown":                 "row 10",
		"pgdown pgdown b pgdown": "row 20",
		"pgdown home":            "row 0",
		"end":                    "row 90",
		"G down j pgdown":        "row 90",
		"end up g down":          "row 1",
	} {
		d := drive(t)
		d.press(keys)
		if lines := d.lines(); lines[0] != want || len(lines) != 11 {
			t.Errorf("after %q it begins with %q, not %q, and has %d lines", keys, lines[0], want, len(lines))
		}
	}
}

func TestLive_TellsItsKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		height int
		keys   string
		want   string // the last lines
	}{
		{11, "", "row 9\nq quit · ↑↓ scroll · / filter · ? keys"},
		{11, "? ?", "row 9\nq quit · ↑↓ scroll · / filter · ? keys"},
		{11, "/ a b", "row 9\n/ab▏ Enter keeps, Esc drops it"},
		{11, "/ a b enter", "row 9\n/ab  Esc all · / filter · ↑↓ scroll · q quit · ? keys"},
		{11, "/ a enter esc", "row 9\nq quit · ↑↓ scroll · / filter · ? keys"},
		{6, "", "row 4\nq quit · ↑↓ scroll · / filter · ? keys"},
		{5, "", "row 3\nrow 4"},
		{5, "/", "row 3\n/▏ Enter keeps, Esc drops it"},
		{1, "", "row 0"},
	} {
		d := drive(t)
		d.send(tea.WindowSizeMsg{Width: 60, Height: c.height})
		d.press(c.keys)
		lines := d.lines()
		if got := strings.Join(lines[max(0, len(lines)-2):], "\n"); got != c.want || len(lines) != c.height {
			t.Errorf("%d lines, after %q: %d lines that end in\n%s", c.height, c.keys, len(lines), got)
		}
	}
	d := drive(t)
	d.press("?")
	if lines := d.lines(); len(lines) != 11 || lines[7] != "row 7" || !strings.HasPrefix(lines[8], "↑ ↓ or k j") || !strings.HasSuffix(lines[10], "hides this") {
		t.Errorf("help is\n%s", strings.Join(lines, "\n"))
	}
}

// TestLive_TellsNoKeysToNobody leaves the whole screen to the text where nobody can press any.
func TestLive_TellsNoKeysToNobody(t *testing.T) {
	t.Parallel()
	d := drive(t)
	d.model.keyed = false
	d.send(tea.WindowSizeMsg{Width: 60, Height: 11})
	if got := d.model.View().Content; strings.Contains(got, "quit") || !strings.HasSuffix(got, "row 10") {
		t.Errorf("it shows %q", got)
	}
}

func TestLive_Quits(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]bool{"q": true, "ctrl+c": true, "/ q": false, "/ ctrl+c": true, "/ esc q": true, "esc": false} {
		d := drive(t)
		d.press(keys)
		if d.quit != want {
			t.Errorf("after %q it has ended: %t", keys, d.quit)
		}
	}
}

// TestLive_Reads reads at each tick, and what is asked for meanwhile as soon as
// the read before has ended: never two at a time.
func TestLive_Reads(t *testing.T) {
	t.Parallel()
	d := drive(t)
	check := func(when string, ticks int, read ...string) {
		t.Helper()
		if d.ticks != ticks || fmt.Sprint(d.read) != fmt.Sprint(read) {
			t.Errorf("%s, %d ticks were waited for and %q read, not %d and %q", when, d.ticks, d.read, ticks, read)
		}
		d.ticks, d.read = 0, nil
	}
	check("at first", 1)
	d.press("down")
	check("after a key", 0)
	d.send(liveTick{})
	check("at a tick", 0, "")
	d.press("/ a b")
	check("while it reads", 0)
	d.send(liveRead{layout: hundred})
	check("once it was read", 0, "ab")
	d.send(liveRead{layout: hundred})
	check("once the filter was read", 1)
	d.press("backspace")
	check("when it does not read", 0, "a")
	d.send(liveTick{})
	check("at a tick while it reads", 0)
	d.send(liveRead{layout: hundred})
	check("after that tick", 0, "a")
	d.send(liveRead{layout: hundred})
	check("at last", 1)
	d.press("end esc")
	check("without a filter", 0, "")
	if d.model.skip != 0 {
		t.Errorf("without a filter it begins at row %d", d.model.skip)
	}
	broken := errors.New("broken")
	d.send(liveRead{err: broken})
	if !d.quit || !errors.Is(d.model.err, broken) {
		t.Errorf("after an error it has ended: %t, with %v", d.quit, d.model.err)
	}
}

// TestLive_Run ends in all of the ways that there are.
func TestLive_Run(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	ended := make(chan time.Time)
	close(ended)
	for name, c := range map[string]struct {
		keys string
		end  <-chan time.Time
		stop bool
		fail int // the read that does
		want error
	}{
		"AtAKey":            {keys: "jjq"},
		"InTime":            {end: ended},
		"WithItsContext":    {stop: true},
		"AtTheFirstError":   {fail: 1, want: broken},
		"AtALaterError":     {fail: 2, want: broken},
		"WithAReadUnderWay": {fail: -2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var out strings.Builder
			var reads, reading atomic.Int32
			keys, typed := io.Pipe()
			ticks := make(chan time.Time)
			l := &Live{In: keys, Out: &out, End: c.end, Ticks: ticks, Read: func(ctx context.Context, _ string) (Layout, error) {
				reading.Add(1)
				defer reading.Add(-1)
				switch n := int(reads.Add(1)); n {
				case c.fail:
					return nil, broken
				case -c.fail:
					go func() { _, _ = io.WriteString(typed, "q") }()
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return hundred, nil
			}}
			go func() {
				switch {
				case c.stop:
					cancel()
				case c.keys != "":
					_, _ = io.WriteString(typed, c.keys)
				case c.fail != 0 && c.fail != 1:
					ticks <- time.Time{}
				}
			}()
			if err := l.Run(ctx); !errors.Is(err, c.want) {
				t.Errorf("it ends with %v, not %v", err, c.want)
			}
			if n := reading.Load(); n != 0 {
				t.Errorf("%d reads go on", n)
			}
			entered, left := strings.Count(out.String(), "\x1b[?1049h"), strings.Count(out.String(), "\x1b[?1049l")
			if entered != left || c.fail != 1 && entered > 1 {
				t.Errorf("it enters the alternate screen %d times and leaves it %d times", entered, left)
			}
			if c.keys != "" && !strings.HasSuffix(out.String(), "\nrow 24\n") {
				t.Errorf("it leaves %q", out.String())
			}
		})
	}
}
