package doctor_test

import (
	"strings"
	"testing"

	"tracker/internal/doctor"
)

func TestDisk(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	for _, c := range []struct {
		free, all uint64
		want      doctor.State
	}{
		{200 * gib, 1000 * gib, doctor.OK},
		{6 * gib, 20 * gib, doctor.OK},
		{50 * gib, 1000 * gib, doctor.Warn},
		{4 * gib, 20 * gib, doctor.Warn},
		{gib - 1, 2 * gib, doctor.Fail},
		{0, 0, doctor.Fail},
	} {
		got := doctor.JudgeDisk("/data", c.free, c.all)
		if got.State != c.want || (got.Remedy == "") != (c.want == doctor.OK) || !strings.Contains(got.What, "/data") {
			t.Errorf("%d of %d free: %+v, not %s", c.free, c.all, got, c.want)
		}
	}
}

// TestDiskOfDataDir looks at a directory that is there, and at one that is not.
func TestDiskOfDataDir(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	for dir, want := range map[string]string{t.TempDir(): "are free where", "/there/is/none": "no such file"} {
		l.e.DataDir = dir
		checks := doctor.Examine(t.Context(), l.e)
		if last := checks[len(checks)-1]; last.Name != "disk" || !strings.Contains(last.What, want) {
			t.Errorf("%+v", last)
		}
	}
}
