package words

import (
	"tracker/internal/history"
	"tracker/internal/terminal"
)

// StateMark gives the one symbol and style that a state has on all screens.
func StateMark(state string) (symbol string, look terminal.Style) {
	switch history.State(state) {
	case history.StateQueued:
		return "…", terminal.StyleBlue
	case history.StateRunning:
		return "▶", terminal.StyleBlue
	case history.StateSucceeded:
		return "✔", terminal.StyleGreen
	case history.StatePartial:
		return "◐", terminal.StyleYellow
	case history.StateFailed:
		return "✖", terminal.StyleRed
	case history.StateCanceled:
		return "⊘", terminal.StyleFaint
	default:
		return "?", terminal.StyleMagenta
	}
}

// State is a state with its symbol and, for those who cannot see that, its
// word; nothing for null.
func State(state *string) terminal.Span {
	if state == nil || *state == "" {
		return terminal.Plain("")
	}
	return Marked(*state, *state)
}

// Marked is a word with the symbol and the style of a state.
func Marked(state, word string) terminal.Span {
	symbol, look := StateMark(state)
	return terminal.Styled(look, symbol+" "+word).Whole()
}
