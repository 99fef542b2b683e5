package cli

import "testing"

func TestGarbageFor(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{
		0: 400, 1 << 20: 400, 24 << 20: 400, 25 << 20: 350, 48 << 20: 200, 50 << 20: 150, 96 << 20: 100, 1 << 30: 100,
	} {
		if got := garbageFor(live); got != want {
			t.Errorf("where %d bytes live %d percent may gather, not %d", live, got, want)
		}
	}
}
