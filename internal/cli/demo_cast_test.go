package cli

import (
	"errors"
	"testing"
	"time"
)

func TestDemoGoesOnAtItsSpeed(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)
	dir := t.TempDir()
	if notes, err := readDemoNotes(dir); err != nil || len(notes.Began) > 0 {
		t.Errorf("before the first demo: %v, %v", notes, err)
	}
	d, job := &stage{dir: dir, speed: 3}, castJob{demoJob: demoJob{name: "demo-stalls"}, began: began}
	if err := d.note([]castJob{job}); err != nil {
		t.Fatal(err)
	}
	notes, err := readDemoNotes(dir)
	if err != nil {
		t.Fatal(err)
	}
	d.speed, job.began = 1, time.Time{}
	if err := d.goOn(&job, notes); err != nil || d.speed != 3 || !job.began.Equal(began) {
		t.Errorf("speed %v since %s, %v", d.speed, job.began, err)
	}
	err = (&stage{speed: 2, speedGiven: true}).goOn(&job, notes)
	if _, refused := errors.AsType[*speedError](err); !refused {
		t.Errorf("another speed: %v", err)
	}
	if err := d.goOn(&job, demoNotes{}); err == nil {
		t.Error("a job of that name that is not the demo's is taken over")
	}
}
