package pages

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"tracker/internal/history"
	"tracker/internal/store"
)

const (
	stripBar   = 5  // from one bar to the next
	stripBase  = 18 // where bars stand
	stripTall  = 16
	stripShort = 3
	stripWidth = 150
)

// strip pictures the newest runs of a job: state and duration, the newest at the right.
// What has not succeeded has a mark below, for who cannot tell the colours apart.
type strip struct {
	Paths []stripPath
	Text  string // for who cannot see it
}

type stripPath struct{ Class, Path string }

func newStrip(runs []store.StripRun) strip {
	var longest time.Duration
	for _, run := range runs {
		longest = max(longest, run.Duration)
	}
	paths := map[string]*strings.Builder{}
	counts := map[string]int{}
	for i, run := range runs {
		x := stripWidth - (len(runs)-i)*stripBar + stripBar/2
		height := stripTall / 2
		if longest > 0 && run.Duration > 0 {
			height = stripShort + int(float64(stripTall-stripShort)*float64(run.Duration)/float64(longest))
		}
		b := paths[run.State]
		if b == nil {
			b = &strings.Builder{}
			paths[run.State] = b
		}
		fmt.Fprintf(b, "M%d %dv-%d", x, stripBase, height)
		if run.State != string(history.StateSucceeded) {
			fmt.Fprintf(b, "M%d %dv3", x, stripBase+2)
		}
		counts[run.State]++
	}
	var s strip
	var told []string
	for _, state := range history.States() {
		if b := paths[string(state)]; b != nil {
			s.Paths = append(s.Paths, stripPath{string(state), b.String()})
			told = append(told, fmt.Sprintf("%d %s", counts[string(state)], state))
		}
	}
	if len(runs) > 0 {
		s.Text = "last " + english.Plural(len(runs), "run", "") + ": " + strings.Join(told, ", ")
	}
	return s
}
