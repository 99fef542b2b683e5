package main

import (
	"context"
	"fmt"
	"net/url"
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
	w := &watcher{app: d.app, store: d.store, ticks: ticker.C, end: end}
	if canvas, ok := d.newCanvas(); ok {
		return d.live(ctx, w, canvas)
	}
	p := &page{}
	d.next(p)
	if _, err := fmt.Fprint(d.stdout, p.out.String()); err != nil {
		return err
	}
	return w.print(ctx)
}

// live is the view of watch, with what to try next below it.
func (d *demo) live(ctx context.Context, w *watcher, c *canvas) error {
	defer c.close()
	var last watchView
	for {
		view, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && last.now.IsZero():
			return err
		case err != nil:
			view = last
			view.trouble = err.Error()
		default:
			last = view
		}
		s, height := c.size()
		next := &page{screen: s}
		next.blank()
		d.next(next)
		below := next.out.String()
		if height > 0 {
			height = max(1, height-strings.Count(below, "\n"))
		}
		text := watchText(view, s, height) + below
		_, all := c.size()
		if err := c.draw(firstLines(text, all), s, all); err != nil {
			return err
		}
		if !w.wait(ctx) {
			return nil
		}
	}
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
		name + " history demo-stores-eu", name + " log demo-shops-de --follow", "psql -h " + shellQuoted(d.socketDir()) + " -U tracker -c 'TABLE report.daily'",
	} {
		p.entry([]span{plain("     ")}, plain(command))
	}
}

// socketDir is where the embedded server listens.
func (d *demo) socketDir() string {
	at, err := url.Parse(d.url)
	if err != nil {
		return d.dir // never: the server's own package has made it
	}
	return at.Query().Get("host")
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
