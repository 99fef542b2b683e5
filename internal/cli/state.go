package cli

import "tracker/internal/history"

// jobStates are those that a job's latest run may be in.
var jobStates = []string{
	string(history.StateQueued), string(history.StateRunning), string(history.StateSucceeded), string(history.StatePartial),
	string(history.StateFailed), string(history.StateCanceled), string(history.StateUnknown),
}

// stateMark gives the one symbol and style that a state has on all screens.
func stateMark(state string) (symbol string, look style) {
	switch history.State(state) {
	case history.StateQueued:
		return "…", styleBlue
	case history.StateRunning:
		return "▶", styleBlue
	case history.StateSucceeded:
		return "✔", styleGreen
	case history.StatePartial:
		return "◐", styleYellow
	case history.StateFailed:
		return "✖", styleRed
	case history.StateCanceled:
		return "⊘", styleFaint
	default:
		return "?", styleMagenta
	}
}

// stateText shows a state: its symbol and, for those who cannot see that, its
// word. It is empty for none.
func stateText(state string, s screen) string { return s.render(maybeMarked(&state)) }

// maybeMarked is a state with its symbol, or nothing for null.
func maybeMarked(state *string) span {
	if deref(state) == "" {
		return plain("")
	}
	return marked(*state, *state)
}

// marked is a word with the symbol and the style of a state.
func marked(state, word string) span {
	symbol, look := stateMark(state)
	return styled(look, symbol+" "+word).whole()
}
