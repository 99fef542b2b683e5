package sync_test

import (
	"reflect"
	"testing"

	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/sync"
)

// TestAJobIsAskedForWhereItsAccountIs: the base URL has changed since the account
// was opened. Its secret belongs to the host that it was opened for.
func TestAJobIsAskedForWhereItsAccountIs(t *testing.T) {
	t.Parallel()
	provider, err := source.Lookup("woosmap")
	if err != nil {
		t.Fatal(err)
	}
	job := store.Job{JobSpec: store.JobSpec{Name: "a", Schedule: "@every 1m", Target: map[string]string{"dataset_id": "8c4c1c9a-3d1e-4f55-9d8e-0d8b8f6f2a11"}}}
	job.From.BaseURL = "https://elsewhere.example.com"
	endpoint, err := sync.EndpointOf(job, source.Account{Provider: provider, BaseURL: "https://api.example.com"})
	want := provider.Endpoint("https://api.example.com", job.Target)
	if err != nil || want.Err() != nil || !reflect.DeepEqual(endpoint, want) {
		t.Errorf("it is asked at %v, not at %v: %v, %v", endpoint, want, err, want.Err())
	}
}
