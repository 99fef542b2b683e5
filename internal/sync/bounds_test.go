package sync_test

import (
	"testing"

	"tracker/internal/sync"
)

// TestCachesAreBounded: what a daemon keeps of jobs does not grow with how many there are.
func TestCachesAreBounded(t *testing.T) {
	t.Parallel()
	jobs, raws := sync.Kept(1_100_000)
	if jobs > 1<<14 || jobs < 1<<13 {
		t.Errorf("%d jobs are kept", jobs)
	}
	if raws != 1<<20 {
		t.Errorf("%d bodies are recognised", raws)
	}
}

func TestCacheRecognisesABodyBySnapshotAndRecipe(t *testing.T) {
	t.Parallel()
	for name, same := range sync.Recognised() {
		if want := name == "Same"; same != want {
			t.Errorf("%s: recognised is %t", name, same)
		}
	}
}
