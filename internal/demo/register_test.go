package demo

import (
	"errors"
	"testing"
	"time"
)

func TestDemoGoesOnAtItsSpeed(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)
	dir := t.TempDir()
	if earlier, err := readNotes(dir); err != nil || len(earlier.Began) > 0 {
		t.Errorf("before the first demo: %v, %v", earlier, err)
	}
	d, job := &Fixtures{Dir: dir, Speed: 3}, fixture{job: job{name: "demo-stalls"}, began: began}
	if err := d.writeNotes([]fixture{job}); err != nil {
		t.Fatal(err)
	}
	earlier, err := readNotes(dir)
	if err != nil {
		t.Fatal(err)
	}
	d.Speed, job.began = 1, time.Time{}
	if err := d.readNote(&job, earlier); err != nil || d.Speed != 3 || !job.began.Equal(began) {
		t.Errorf("speed %v since %s, %v", d.Speed, job.began, err)
	}
	err = (&Fixtures{Speed: 2, SpeedGiven: true}).readNote(&job, earlier)
	if _, refused := errors.AsType[*SpeedError](err); !refused {
		t.Errorf("another speed: %v", err)
	}
	if err := d.readNote(&job, notes{}); err == nil {
		t.Error("a job of that name that is not the demo's is taken over")
	}
}
