package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tracker/internal/terminal"
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
	if canvas, ok := terminal.NewCanvas(d.stdout, d.getenv); ok {
		return w.live(ctx, canvas)
	}
	p := terminal.NewPage(terminal.Screen{})
	d.next(p)
	if _, err := fmt.Fprint(d.stdout, p.String()); err != nil {
		return err
	}
	return w.print(ctx)
}

// next tells what to try in a second terminal.
func (d *demo) next(p *terminal.Page) {
	name := d.calledAs()
	intro := []terminal.Span{terminal.Styled(terminal.StyleBold, "TRY"), terminal.Plain("  in a second terminal")}
	if dir := d.getenv("TRACKER_DATA_DIR"); dir != "" {
		intro = append(intro, terminal.Plain(", after  "), terminal.Plain("export TRACKER_DATA_DIR="+shellQuoted(dir)).Whole())
	}
	p.Line(intro...)
	for _, command := range []string{
		name + " history demo-stores-eu", name + " log demo-shops-de --follow", "psql -h " + shellPath(d.socketDir(), d.getenv("HOME")) + " -U tracker -c 'TABLE report.daily'",
	} {
		p.Entry([]terminal.Span{terminal.Plain("     ")}, terminal.Plain(command))
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

// shellPath is a path as one word of a shell, short where it is at home.
func shellPath(path, home string) string {
	if below, ok := strings.CutPrefix(path, home+"/"); ok && home != "" && shellQuoted(below) == below {
		return "~/" + below
	}
	return shellQuoted(path)
}

// shellQuoted is a text as one word of a shell.
func shellQuoted(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
