package words

import (
	"math"
	"slices"
	"testing"
	"time"

	"tracker/internal/store"
)

func TestDurations(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", 412 * time.Millisecond: "412 ms", 42150 * time.Millisecond: "42.2 s", 59960 * time.Millisecond: "1 m",
		71504 * time.Millisecond: "1 m 12 s", 3599600 * time.Millisecond: "1 h", 2*time.Hour + 5*time.Minute: "2 h 5 m",
		76 * time.Hour: "3 d 4 h", -5 * time.Second: "-5 s",
		math.MaxInt64: "106751 d 23 h", math.MinInt64: "-106751 d 23 h",
	} {
		if got := Duration(d); got != want {
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
		if got := Bounds(c.least, c.most); got != c.want {
			t.Errorf("shown as %q, not %q", got, c.want)
		}
	}
}

func TestDurationsOfAnyLength(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration][]string{
		math.MaxInt64:     {"106751 d 23 h", "106751 d 23 h", "106751 d", "106751 d 23 h", "106751 d 23 h"},
		math.MinInt64:     {"-106751 d 23 h", "-106751 d 23 h", "-9223372036 s", "-106751 d 23 h", "-106751 d 23 h"},
		math.MinInt64 + 1: {"-106751 d 23 h", "-106751 d 23 h", "-9223372036 s", "-106751 d 23 h", "-106751 d 23 h"},
	} {
		got := []string{Duration(d), Roughly(d), Age(d), AtLeast(d), atMost(d)}
		if !slices.Equal(got, want) {
			t.Errorf("%d ns is shown as %q, not %q", d, got, want)
		}
	}
}
