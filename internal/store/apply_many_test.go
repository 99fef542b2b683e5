package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"tracker/internal/store"
)

// TestApplyMany: jobs are registered by the thousand, each with its cursor, whatever
// stands where in the declaration.
func TestApplyMany(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t) // which would be claimed, were it checked
	declared := store.Declaration{Sources: []store.SourceSpec{f.sourceSpec("woosmap")}}
	const jobs = 4001 // three statements
	for i := range jobs {
		declared.Jobs = append(declared.Jobs, f.jobSpec("woosmap", fmt.Sprintf("job-%04d", i)))
	}
	var told []int
	declared.Progress = func(done int) { told = append(told, done) }
	changes, err := f.store.Apply(t.Context(), f.by, declared)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{2000, 4000, jobs}; len(changes) != jobs+1 || !slices.Equal(told, want) {
		t.Errorf("%d changes, progress %v and not %v", len(changes), told, want)
	}
	equalLines(t, column[string](t, f.conn, `SELECT concat_ws(' ', count(*), count(DISTINCT j.name), count(DISTINCT j.target), min(c.next_poll_at) = max(c.next_poll_at), min(j.tracking), max(c.tracking))
		FROM jobs j JOIN cursors c USING (job_id, source_id)`), "4001 4001 4001 t active active")

	// Again, with an old one changed and a new one amid the others.
	declared.Jobs[3000].Labels = map[string]string{"team": "other"}
	declared.Jobs = slices.Insert(declared.Jobs, 1000, f.jobSpec("woosmap", "amid"))
	changes, err = f.store.Apply(t.Context(), f.by, declared)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, change := range changes {
		lines = append(lines, change.Action+" "+change.Subject)
	}
	slices.Sort(lines)
	equalLines(t, lines, "change job job-3000", "register job amid")

	// All or nothing.
	declared.Jobs = append(declared.Jobs, f.jobSpec("woosmap", "twice"), f.jobSpec("woosmap", "twice"), f.jobSpec("safetykit", "nowhere"))
	_, err = f.store.Apply(t.Context(), f.by, declared)
	refused, _ := errors.AsType[*store.DeclarationError](err)
	if refused == nil || refused.Name != "twice" || refused.Field != "name" || !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the error is %v", err)
	}
	equalLines(t, column[string](t, f.conn, `SELECT count(*)::text FROM jobs`), "4002")
}
