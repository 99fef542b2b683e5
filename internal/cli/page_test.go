package cli

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"tracker/internal/store"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain, 多言語, é, 👩‍👧 and →": "plain, 多言語, é, 👩‍👧 and →",
		"\x1b[2J\a\x00\x7f":        `\x1b[2J\x07\x00\x7f`,
		"\u009b31m \u202e \ufeff":  `\u009b31m \u202e \ufeff`,
		"a\r\nb\rc\td":             "a\nb\\x0dc    d",
		"not \xff UTF-8":           `not \xff UTF-8`,
		"\U000e0041":               `\U000e0041`,
		`\x1b`:                     `\x1b`,
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) is %q, not %q", in, got, want)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		width int
		write func(p *page)
		want  string
	}{
		{
			"GoesOnUnderItself", 36, func(p *page) { p.entry([]span{plain("12:00  ")}, plain("one two three four five six seven")) },
			"12:00  one two three four five six\n       seven\n",
		},
		{
			"GoesOnBelowANarrowPlace", 30, func(p *page) { p.entry([]span{plain("twelve o'clock  ")}, plain("one two three four")) },
			"twelve o'clock  one two three\n    four\n",
		},
		{
			"KeepsSolidSpans", 28, func(p *page) { p.line(plain("it took, all in all, "), plain("1 m 12 s").whole(), plain(".")) },
			"it took, all in all,\n    1 m 12 s.\n",
		},
		{
			"BreaksLongWords", 30, func(p *page) { p.line(plain("a " + strings.Repeat("x", 40))) },
			"a " + strings.Repeat("x", 28) + "\n    " + strings.Repeat("x", 12) + "\n",
		},
		{
			"KeepsTheLinesOfATerminal", 40, func(p *page) { p.entry([]span{plain("- ")}, lines(styleNone, "a:\n  b\nc")) },
			"- a:\n    b\n  c\n",
		},
		{
			"IsOneLineInAPipe", 0, func(p *page) { p.entry([]span{plain("- ")}, lines(styleNone, "a:\n  b"), plain("  ")) },
			"- a:\\n  b\n",
		},
		{
			"CountsWideCharacters", 30, func(p *page) { p.line(plain("多言語多言語多言語多言語多言語多言語")) },
			"多言語多言語多言語多言語多言語\n    多言語\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPage(screen{width: c.width})
			c.write(p)
			if got := p.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestStateText(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"queued": "… queued", "running": "▶ running", "succeeded": "✔ succeeded", "partial": "◐ partial", "failed": "✖ failed",
		"canceled": "⊘ canceled", "unknown": "? unknown", "": "",
	} {
		if got := stateText(state, screen{}); got != want {
			t.Errorf("%q is shown as %q", state, got)
		}
		colored := stateText(state, screen{color: true})
		if state != "" && (colored == want || text.StringWidthWithoutEscSequences(colored) != text.StringWidthWithoutEscSequences(want)) {
			t.Errorf("%q is shown in colour as %q", state, colored)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", 412 * time.Millisecond: "412 ms", 42150 * time.Millisecond: "42.2 s", 59960 * time.Millisecond: "1 m",
		71504 * time.Millisecond: "1 m 12 s", 3599600 * time.Millisecond: "1 h", 2*time.Hour + 5*time.Minute: "2 h 5 m",
		76 * time.Hour: "3 d 4 h", -5 * time.Second: "-5 s",
		math.MaxInt64: "106751 d 23 h", math.MinInt64: "-106751 d 23 h",
	} {
		if got := durationText(d); got != want {
			t.Errorf("%s is shown as %s, not %s", d, got, want)
		}
	}
}

func TestBoundsText_RoundsAwayFromWhatItBounds(t *testing.T) {
	t.Parallel()
	const second = store.Interval(time.Second)
	exact, least, most := 42*second+second/5, 282*second+second/2, 301*second+second/2
	for _, c := range []struct {
		least, most *store.Interval
		want        string
	}{
		{nil, nil, ""},
		{&exact, &exact, "42.2 s"},
		{&least, &most, "4 m 42 s to 5 m 2 s"},
		{&least, nil, "≥ 4 m 42 s"},
		{new(store.Interval(0)), &most, "≤ 5 m 2 s"},
		{new(store.Interval(0)), nil, ""},
	} {
		if got := boundsText(c.least, c.most); got != c.want {
			t.Errorf("shown as %q, not %q", got, c.want)
		}
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		5 * time.Second: "; next in 5 s", 900 * time.Millisecond: "; next due now", 0: "; next due now", -59 * time.Second: "; next due now",
		-5 * time.Minute: "; next was due 5 m ago",
	} {
		v := historyView{clock: clock{now}}
		v.Job.NextPollAt = new(now.Add(d))
		if got := v.next(); got != want {
			t.Errorf("%s before it is due %q, not %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{3 * time.Second: "in 3 s", 500 * time.Millisecond: "now", -500 * time.Millisecond: "now", -2 * time.Minute: "2 m ago"} {
		if got := (clock{now}).due(now.Add(d)); got != want {
			t.Errorf("%s before it is due %q, not %q", d, got, want)
		}
	}
}

// What was seen so long ago happened no later: it is not rounded up.
func TestAgoBy(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		59 * time.Second: "≥ 59 s ago", 119 * time.Second: "≥ 1 m ago", 119 * time.Minute: "≥ 1 h ago", 47*time.Hour + 59*time.Minute: "≥ 47 h ago", 71 * time.Hour: "≥ 2 d ago",
	} {
		if got := agoBy(new(now.Add(-d)), false, now); got != want {
			t.Errorf("%s before is %q, not %q", d, got, want)
		}
	}
	if got := agoBy(new(now.Add(-119*time.Minute)), true, now); got != "2 h ago" {
		t.Errorf("reported it is %q", got)
	}
	if got := agoBy(nil, false, now); got != "" {
		t.Errorf("of none it is %q", got)
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{
		0: "just now", 12 * time.Second: "12 s ago", time.Minute - 1: "59 s ago", 83 * time.Second: "1 m ago", 2 * time.Minute: "2 m ago",
		time.Hour - 40*time.Second: "59 m ago", time.Hour - time.Second: "1 h ago", 89 * time.Minute: "1 h ago", 118 * time.Minute: "2 h ago",
		47 * time.Hour: "47 h ago", 48 * time.Hour: "2 d ago", 80 * time.Hour: "3 d ago", -40 * time.Second: "in 40 s", -83 * time.Second: "in 1 m",
	} {
		if got := (clock{now}).ago(now.Add(-d)); got != want {
			t.Errorf("%s before is %q, not %q", d, got, want)
		}
	}
}
