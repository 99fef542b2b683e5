package cli

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"
)

const (
	// asTracker is the variable that makes the test binary the tracker itself,
	// so that processes under test have the race detector on, too.
	asTracker = "TRACKER_TEST_AS_TRACKER"
	// atOnce is how many tests run at once at least: most of them wait for what
	// their processes do.
	atOnce = 6
	// patience is for a machine that is busy for longer than somebody who pressed
	// Tab would wait.
	patience = time.Minute
)

func TestMain(m *testing.M) {
	if os.Getenv(asTracker) != "" {
		os.Exit(Main("dev"))
	}
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.(flag.Getter).Get().(int) < atOnce {
		if err := parallel.Value.Set(strconv.Itoa(atOnce)); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
