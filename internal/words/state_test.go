package words

import (
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"tracker/internal/terminal"
)

func TestStateText(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"queued": "… queued", "running": "▶ running", "succeeded": "✔ succeeded", "partial": "◐ partial", "failed": "✖ failed",
		"canceled": "⊘ canceled", "unknown": "? unknown", "": "",
	} {
		if got := StateText(state, terminal.Screen{}); got != want {
			t.Errorf("%q is shown as %q", state, got)
		}
		colored := StateText(state, terminal.Screen{Color: true})
		if state != "" && (colored == want || text.StringWidthWithoutEscSequences(colored) != text.StringWidthWithoutEscSequences(want)) {
			t.Errorf("%q is shown in colour as %q", state, colored)
		}
	}
}
