package main

import (
	"os"
	"testing"
)

// asTracker is the variable that makes the test binary the tracker itself, so
// that processes under test have the race detector on, too.
const asTracker = "TRACKER_TEST_AS_TRACKER"

func TestMain(m *testing.M) {
	if os.Getenv(asTracker) != "" {
		main()
	}
	os.Exit(m.Run())
}
