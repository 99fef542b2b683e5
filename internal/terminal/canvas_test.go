package terminal

import (
	"strings"
	"testing"
)

func TestCanvas(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	c := &Canvas{Out: &out}
	c.Close()
	if out.String() != "" {
		t.Errorf("one that has drawn nothing writes %q", out.String())
	}
	for _, page := range []string{"one\n", "four\ntwo\n"} {
		if err := c.Draw(page, Screen{Width: 4}, 2); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	want := EnterScreen + BeginFrame + "one" + restOfLine + restOfPage + endFrame +
		BeginFrame + "four\r\ntwo" + restOfLine + endFrame + LeaveScreen + "four\ntwo\n"
	if out.String() != want {
		t.Errorf("it writes %q, not %q", out.String(), want)
	}
}
