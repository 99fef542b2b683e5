package terminal

import (
	"math"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// liveModel is how a Live stands between two messages.
type liveModel struct {
	read func(filter string) tea.Cmd // gives a liveRead
	tick tea.Cmd                     // gives a liveTick, when the next is due
	end  tea.Cmd

	keyed  bool // somebody can press keys
	screen Screen
	height int // lines of the screen
	layout Layout
	skip   int
	help   bool
	filter string
	typing bool // the filter

	reading bool
	again   bool // what is being read is old already: read it once more
	waiting bool // for a tick

	frame Frame // of the layout, for the screen
	err   error // that reading ended with
}

type (
	liveRead struct {
		layout Layout
		err    error
	}
	liveTick struct{}
)

// Init implements tea.Model.
func (m liveModel) Init() tea.Cmd { return m.end }

// Update implements tea.Model.
func (m liveModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.screen.Width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		cmd = m.press(msg)
	case liveTick:
		m.waiting = false
		cmd = m.readAgain()
	case liveRead:
		m.reading = false
		if msg.err != nil {
			m.err = msg.err
			return m, tea.Quit
		}
		m.layout = msg.layout
		if m.again {
			cmd = m.readAgain()
		}
	default:
		return m, nil
	}
	m.lay()
	return m, tea.Batch(cmd, m.wait())
}

// wait waits for the next tick, where nothing is being read.
func (m *liveModel) wait() tea.Cmd {
	if m.reading || m.waiting {
		return nil
	}
	m.waiting = true
	return m.tick
}

// readAgain reads the text, once what is being read has been.
func (m *liveModel) readAgain() tea.Cmd {
	if m.again = m.reading; m.again {
		return nil
	}
	m.reading = true
	return m.read(m.filter)
}

// press does what a key is for.
func (m *liveModel) press(key tea.KeyPressMsg) tea.Cmd {
	switch name := key.String(); {
	case name == "ctrl+c":
		return tea.Quit
	case name == "ctrl+z":
		return tea.Suspend
	case name == "ctrl+l":
		return tea.ClearScreen
	case m.typing:
		return m.typed(key)
	default:
		return m.command(name)
	}
}

// command is a key that stands for itself.
func (m *liveModel) command(key string) tea.Cmd {
	switch key {
	case "q":
		return tea.Quit
	case "down", "j":
		m.skip++
	case "up", "k":
		m.skip = max(0, m.skip-1)
	case "pgdown", "space":
		m.skip += m.frame.Page
	case "pgup", "b":
		m.skip = max(0, m.skip-m.frame.Page)
	case "home", "g":
		m.skip = 0
	case "end", "G":
		m.skip = math.MaxInt
	case "?":
		m.help = !m.help
	case "/":
		m.typing = true
	case "esc":
		m.help = false
		return m.filterBy("")
	}
	return nil
}

// typed is a key while a filter is being typed.
func (m *liveModel) typed(key tea.KeyPressMsg) tea.Cmd {
	switch key.String() {
	case "enter":
		m.typing = false
	case "esc":
		m.typing = false
		return m.filterBy("")
	case "backspace":
		runes := []rune(m.filter)
		return m.filterBy(string(runes[:max(0, len(runes)-1)]))
	default:
		return m.filterBy(m.filter + key.Text)
	}
	return nil
}

// filterBy shows what fits a filter, from the first row on.
func (m *liveModel) filterBy(filter string) tea.Cmd {
	if filter == m.filter {
		return nil
	}
	m.filter, m.skip = filter, 0
	return m.readAgain()
}

// leastRoom is how many lines a text must have for the keys to stand below it.
const leastRoom = 5

// lay lays the text out above the keys.
func (m *liveModel) lay() {
	room := m.height - strings.Count(m.keys(), "\n")
	if room < leastRoom && !m.typing {
		room = m.height
	}
	m.frame = m.layout(m.screen, max(1, room), m.skip)
	m.skip = m.frame.Skip
}

// View implements tea.Model.
func (m liveModel) View() tea.View {
	text := m.frame.Text
	if keys := m.keys(); m.height >= strings.Count(keys, "\n")+leastRoom || m.typing {
		text += strings.Repeat("\n", max(0, m.height-strings.Count(text+keys, "\n"))) + keys
	}
	v := tea.NewView(strings.TrimSuffix(text, "\n"))
	v.AltScreen, v.DisableBracketedPasteMode = true, true // what is pasted is typed
	return v
}

// keys tells what can be pressed.
func (m liveModel) keys() string {
	p := NewPage(m.screen)
	switch {
	case !m.keyed:
	case m.typing:
		p.Put(Fit([]Span{Plain("/" + m.filter), Plain("▏"), Faint(" Enter keeps, Esc drops it")}, m.screen.Width))
	case m.help:
		p.Line(Faint("↑ ↓ or k j: a row · PgUp PgDn or b Space: a page · Home End or g G · / shows what fits a text, Esc all · q quits · ? hides this"))
	case m.filter != "":
		p.Put(Fit([]Span{Plain("/" + m.filter), Faint("  Esc all · / filter · ↑↓ scroll · q quit · ? keys")}, m.screen.Width))
	default:
		p.Put(Fit([]Span{Faint("q quit · ↑↓ scroll · / filter · ? keys")}, m.screen.Width))
	}
	return p.String()
}
