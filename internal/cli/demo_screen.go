package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tracker/internal/terminal"
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
	w := &watcher{app: t.app, store: t.store, ticks: ticker.C, end: end, below: t.next}
	if live, ok := terminal.NewLive(t.stdin, t.stdout, t.getenv); ok {
		return w.live(ctx, live)
	}
	p := terminal.NewPage(terminal.Screen{})
	t.next(p)
	if _, err := fmt.Fprint(t.stdout, p.String()); err != nil {
		return err
	}
	return w.print(ctx)
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
		name + " verify", name + " export demo-stores-eu -o evidence.zip",
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
