package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// show is the live view, or lines in a pipe, until ctx or the time ends.
func (d *demo) show(ctx context.Context) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var end <-chan time.Time
	if d.lasting > 0 {
		timer := time.NewTimer(d.lasting)
		defer timer.Stop()
		end = timer.C
	}
	w := &watcher{app: d.app, store: d.store, ticks: ticker.C, end: end, below: d.next}
	if canvas, ok := d.newCanvas(); ok {
		return w.live(ctx, canvas)
	}
	p := &page{}
	d.next(p)
	if _, err := fmt.Fprint(d.stdout, p.out.String()); err != nil {
		return err
	}
	return w.print(ctx)
}

// next tells what to try in a second terminal.
func (d *demo) next(p *page) {
	name := d.calledAs()
	intro := []span{styled(styleBold, "TRY"), plain("  in a second terminal")}
	if dir := d.getenv("TRACKER_DATA_DIR"); dir != "" {
		intro = append(intro, plain(", after  "), plain("export TRACKER_DATA_DIR="+shellQuoted(dir)).whole())
	}
	p.line(intro...)
	for _, command := range []string{
		name + " history demo-stores-eu", name + " log demo-shops-de --follow", name + " psql -- -c 'TABLE report.daily'",
	} {
		p.entry([]span{plain("     ")}, plain(command))
	}
}

// calledAs is how to call the tracker where this one was called.
func (d *demo) calledAs() string {
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
