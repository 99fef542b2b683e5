package words

import (
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{3 * time.Second: "in 3 s", 500 * time.Millisecond: "now", -500 * time.Millisecond: "now", -2 * time.Minute: "2 m ago"} {
		if got := (Clock{ReadAt: now}).Due(now.Add(d)); got != want {
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
		if got := AgoBy(new(now.Add(-d)), false, now); got != want {
			t.Errorf("%s before is %q, not %q", d, got, want)
		}
	}
	if got := AgoBy(new(now.Add(-119*time.Minute)), true, now); got != "2 h ago" {
		t.Errorf("reported it is %q", got)
	}
	if got := AgoBy(nil, false, now); got != "" {
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
		if got := (Clock{ReadAt: now}).Ago(now.Add(-d)); got != want {
			t.Errorf("%s before is %q, not %q", d, got, want)
		}
	}
}
