package words

import (
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"tracker/internal/terminal"
)

func TestState(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"queued": "… queued", "running": "▶ running", "succeeded": "✔ succeeded", "partial": "◐ partial", "failed": "✖ failed",
		"canceled": "⊘ canceled", "unknown": "? unknown", "": "",
	} {
		if got := terminal.Join([]terminal.Span{State(&state)}); got != want {
			t.Errorf("%q is shown as %q", state, got)
		}
		colored := terminal.Screen{Color: true}.Render(State(&state))
		if state != "" && (colored == want || text.StringWidthWithoutEscSequences(colored) != text.StringWidthWithoutEscSequences(want)) {
			t.Errorf("%q is shown in colour as %q", state, colored)
		}
	}
}
