package definition_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"tracker/internal/definition"
)

// programSteps are enough for the meter to look several times.
const programSteps = 1000

// TestMeterCountsItsOwnTime: on a busy machine a program waits for its turns.
func TestMeterCountsItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := definition.NewMeter()
		definition.Resume(m, 0)
		defer definition.Pause(m)
		for range 3 {
			time.Sleep(time.Minute) // in which others run
			if err := definition.Steps(m, programSteps); err != nil {
				t.Fatal("it was stopped:", err)
			}
		}
	})
}

// TestMeterSparesGarbage: what nobody has any longer is not what a program takes, and
// what somebody has is.
func TestMeterSparesGarbage(t *testing.T) {
	runtime.GC() // what other tests have left is collected meanwhile, and would be room for more
	synctest.Test(t, func(t *testing.T) {
		m := definition.NewMeter()
		definition.Resume(m, 0)
		defer definition.Pause(m)
		var kept [][]byte
		take := func() error {
			kept = append(kept, make([]byte, 100<<20))
			time.Sleep(time.Second) // until the meter looks again
			return definition.Steps(m, programSteps)
		}
		if err := definition.Steps(m, programSteps); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if err := take(); err != nil {
				t.Fatal("it was stopped for garbage:", err)
			}
			kept = nil
		}
		if err := take(); err != nil {
			t.Fatal(err)
		}
		if err := take(); err == nil || err.Error() != "it took too much memory" {
			t.Fatalf("it keeps %d times 100 MiB: %v", len(kept), err)
		}
		runtime.KeepAlive(kept)
	})
}
