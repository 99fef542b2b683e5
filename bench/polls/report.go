package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
)

// report gathers windows by mix and program.
type report struct {
	windows map[string]map[string][]window
}

func (r *report) add(mix, program string, w window) {
	if r.windows == nil {
		r.windows = map[string]map[string][]window{}
	}
	if r.windows[mix] == nil {
		r.windows[mix] = map[string][]window{}
	}
	r.windows[mix][program] = append(r.windows[mix][program], w)
}

// median gives that of a figure over a program's windows.
func (r *report) median(mix, program string, figure func(window) float64) float64 {
	var figures []float64
	for _, w := range r.windows[mix][program] {
		figures = append(figures, figure(w))
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// ratio is how many times the baseline's polls the tracker stores in a CPU second.
func (r *report) ratio(mix string) float64 {
	return r.median(mix, tracker, window.perCPUSecond) / r.median(mix, naive, window.perCPUSecond)
}

func (r *report) print(out io.Writer) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"medians", "naive", "tracker", "ratio"})
	for _, mix := range mixes {
		for _, figure := range []struct {
			name string
			of   func(window) float64
		}{{"polls per second", window.perSecond}, {"polls per CPU second", window.perCPUSecond}} {
			base, ours := r.median(mix.name, naive, figure.of), r.median(mix.name, tracker, figure.of)
			t.AppendRow(table.Row{mix.name + ": " + figure.name, fmt.Sprintf("%.0f", base), fmt.Sprintf("%.0f", ours), fmt.Sprintf("%.2f", ours/base)})
		}
	}
	var perPoll []float64
	for _, program := range []string{naive, tracker} {
		grown, polls := r.grown(mixes[0].name, program)
		perPoll = append(perPoll, float64(grown.all())/float64(polls))
	}
	base, ours := perPoll[0], perPoll[1]
	t.AppendRow(table.Row{mixes[0].name + ": bytes per poll", fmt.Sprintf("%.0f", base), fmt.Sprintf("%.0f", ours), fmt.Sprintf("%.2f", ours/base)})
	fmt.Fprintln(out, t.Render())
}

// grown tells how much disk a program's windows took, and for how many polls.
func (r *report) grown(mix, program string) (disk, int) {
	grown, polls := disk{}, 0
	for _, w := range r.windows[mix][program] {
		grown.add(w.grown, 1)
		polls += w.polls
	}
	return grown, polls
}
