package main

import (
	"context"
	"fmt"
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
	lead := d.lead()
	p.line(
		styled(styleBold, "TRY"), plain("  in a second terminal:  "),
		plain(lead+" history demo-stores-eu").whole(), plain("  ·  "), plain(lead+" log demo-shops-de --follow").whole(),
		plain("  ·  "), plain(lead+" history demo-rewritten").whole(), plain("  ·  "),
		plain("psql "+shellQuoted(d.url)+" -c 'TABLE report.daily'").whole(),
	)
}
