package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tracker/internal/demo"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// show is the live view, or lines in a pipe, until ctx or the time ends.
func (t *tour) show(ctx context.Context) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var end <-chan time.Time
	if t.lasting > 0 {
		timer := time.NewTimer(t.lasting)
		defer timer.Stop()
		end = timer.C
	}
	w := &watcher{app: t.app, store: t.store, ticks: ticker.C, end: end, below: t.below}
	if live, ok := terminal.NewLive(t.stdin, t.stdout, t.getenv); ok {
		return w.live(ctx, live)
	}
	p := terminal.NewPage(terminal.Screen{})
	t.next(p)
	if _, err := fmt.Fprint(t.stdout, p.String()); err != nil {
		return err
	}
	w.beside = t.tellNew()
	return w.print(ctx)
}

// toldShown is how many events the screen shows of those that were told.
const toldShown = 3

// below shows what was told last, and what to try.
func (t *tour) below(p *terminal.Page) {
	_, count := t.on.Told(0)
	last, _ := t.on.Told(count - toldShown)
	for _, one := range last {
		p.Put(terminal.Fit([]terminal.Span{
			terminal.Styled(terminal.StyleBold, "told:"), terminal.Plain(" "), terminal.Faint(one.At.UTC().Format(words.ClockLayout)), terminal.Plain(" " + one.Text),
		}, p.Width))
	}
	t.next(p)
}

// tellNew gives what prints the events that were told since it was called last.
func (t *tour) tellNew() func(*terminal.Page) {
	shown := 0
	return func(p *terminal.Page) {
		var told []demo.Told
		told, shown = t.on.Told(shown)
		for _, one := range told {
			timedLine(p, one.At, "", terminal.Plain("told: "+one.Text))
		}
	}
}

// next tells what to try in a second terminal.
func (t *tour) next(p *terminal.Page) {
	p.Line(terminal.Styled(terminal.StyleBold, "OPEN"), terminal.Plain(" "), terminal.Plain(t.at).Whole())
	name := t.calledAs()
	intro := []terminal.Span{terminal.Styled(terminal.StyleBold, "TRY"), terminal.Plain("  in a second terminal")}
	if dir := t.getenv("TRACKER_DATA_DIR"); dir != "" {
		intro = append(intro, terminal.Plain(", after  "), terminal.Plain("export TRACKER_DATA_DIR="+shellQuoted(dir)).Whole())
	}
	p.Line(intro...)
	for _, command := range []string{
		name + " history demo-stores-eu", name + " log demo-shops-de --follow", name + " psql -- -c 'TABLE report.daily'",
		name + " notify log", name + " verify", name + " export demo-stores-eu -o evidence.zip",
	} {
		p.Entry([]terminal.Span{terminal.Plain("     ")}, terminal.Plain(command))
	}
}

// calledAs is how to call the tracker where this one was called.
func (t *tour) calledAs() string {
	if called := os.Args[0]; strings.Contains(called, "/") && !filepath.IsAbs(called) {
		return called
	}
	return "tracker"
}

// shellQuoted is a text as one word of a shell.
func shellQuoted(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
