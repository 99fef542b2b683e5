package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// The bars: how long a reader may wait.
const (
	barHistory = 100 * time.Millisecond  // tracker history, as a process
	barJobs    = 300 * time.Millisecond  // report.jobs, all jobs
	barDay     = 300 * time.Millisecond  // whatever a dashboard asks of 24 hours
	barMonth   = 1500 * time.Millisecond // and of 30 days
	barReport  = 5 * time.Second         // tracker report, as a process, as far back as it looks: some read all runs
)

// task is something that a reader waits for.
type task struct {
	name string
	bar  time.Duration
	work func(context.Context) (rows int, err error)
}

// measurement is how long it took.
type measurement struct {
	task
	rows        int
	median, max time.Duration
}

// measure does a task once to warm up, then a few times more.
func measure(ctx context.Context, t task, times int) (measurement, error) {
	m := measurement{task: t}
	var took []time.Duration
	for range times + 1 {
		began := time.Now()
		var err error
		if m.rows, err = t.work(ctx); err != nil {
			return m, err
		}
		took = append(took, time.Since(began))
	}
	took = took[1:]
	slices.Sort(took)
	m.median, m.max = took[len(took)/2], took[len(took)-1]
	return m, nil
}

// printTable shows what was measured and reports whether a bar was missed.
func printTable(out io.Writer, measured []measurement) (missed bool) {
	w := table.NewWriter()
	w.SetOutputMirror(out)
	w.SetStyle(table.StyleLight)
	w.AppendHeader(table.Row{"query", "rows", "median ms", "max ms", "bar", ""})
	w.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight}, {Number: 4, Align: text.AlignRight}, {Number: 5, Align: text.AlignRight},
	})
	for _, m := range measured {
		verdict := "pass"
		if m.median >= m.bar {
			verdict, missed = "FAIL", true
		}
		w.AppendRow(table.Row{m.name, m.rows, milliseconds(m.median), milliseconds(m.max), m.bar.Milliseconds(), verdict})
	}
	w.Render()
	return missed
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f", float64(d)/float64(time.Millisecond))
}
