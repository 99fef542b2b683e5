package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tracker/internal/checkhistory"
	"tracker/internal/history"
)

// growing gives the answers of a run that logs one entry more in each.
func growing(runID string, answers int) []string {
	var bodies, entries []string
	for i := range answers {
		at := fmt.Sprintf("%02d:%02d:30", i/60, i%60)
		entries = append(entries, woosmapEntry(at, "info", fmt.Sprintf("Imported %d of 90000 rows into the dataset", 777*i)))
		bodies = append(bodies, woosmapBody(runID, "in_progress", woosmapStep("import", "in_progress", "00:00:00", "", entries...)))
	}
	return bodies
}

// TestBodiesOfARun: where bodies of a run differ little, most are stored as patches,
// whether what is known of the job is remembered or read, and all are shown as they came.
func TestBodiesOfARun(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	jobs := f.register(t, "woosmap", "read", "remembered")
	f.keep(jobs[1])
	bodies := append(growing("r1", 100), growing("r2", 3)...)
	for _, body := range bodies {
		f.round(t, said{job: jobs[0], body: body}, said{job: jobs[1], body: body})
	}
	for _, job := range jobs {
		shown := column[string](t, f.conn, "SELECT body_text FROM report.snapshots WHERE job_id = $1 AND size = length(body_text) ORDER BY snapshot_no", job.ID)
		if !slices.Equal(shown, bodies) {
			t.Errorf("%s: bodies are not shown as they came", job.Name)
		}
		whole := column[int32](t, f.conn, "SELECT snapshot_no FROM snapshots WHERE job_id = $1 AND patches = 0 ORDER BY snapshot_no", job.ID)
		if !slices.Equal(whole, []int32{1, 66, 101}) {
			t.Errorf("%s: the bodies of snapshots %d are whole", job.Name, whole)
		}
		if most := value[int64](t, f.conn, "SELECT max(octet_length(body)) FROM snapshots WHERE job_id = $1 AND patches > 0", job.ID); most > 150 {
			t.Errorf("%s: a patch takes %d bytes", job.Name, most)
		}
		var folded []string
		if _, err := f.store.Fold(t.Context(), job.ID, time.Time{}, func(body []byte) (history.Answer, error) {
			folded = append(folded, string(body))
			return history.Answer{RunID: "r", Status: "x", State: history.StateRunning}, nil
		}); err != nil || !slices.Equal(folded, bodies) {
			t.Errorf("%s: folded are %d bodies, not as they came: %v", job.Name, len(folded), err)
		}
		body, err := f.store.SnapshotBody(t.Context(), job.ID, 60)
		if err != nil || string(body) != bodies[59] {
			t.Errorf("%s: the body of snapshot 60: %s, %v", job.Name, body, err)
		}
	}
}

// TestBodiesThatWereChanged: who changes a stored body or a patch changes what is shown
// of all snapshots whose bodies are made of it, and a check tells of each.
func TestBodiesThatWereChanged(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	for _, body := range append(growing("r1", 5), growing("r2", 5)...) {
		f.round(t, said{job: job, body: body})
	}
	undo := f.save(t)
	for name, test := range map[string]struct {
		damage string
		found  []int
	}{
		"WholeBody":    {"UPDATE snapshots SET body = overlay(body PLACING 'x' FROM 5) WHERE snapshot_no = 1", []int{1, 2, 3, 4, 5}},
		"Patch":        {"UPDATE snapshots SET body = overlay(body PLACING '8' FROM length(body)) WHERE snapshot_no = 4", []int{4, 5}},
		"PatchIsNone":  {"UPDATE snapshots SET body = 'x' WHERE snapshot_no = 8", []int{8, 9, 10}},
		"Hash":         {"UPDATE snapshots SET sha256 = sha256('x') WHERE snapshot_no = 3", []int{3}},
		"RowMissing":   {"DELETE FROM snapshots WHERE snapshot_no = 3", []int{4, 5}},
		"AnotherOrder": {"UPDATE snapshots SET patches = 0 WHERE snapshot_no = 5", []int{5}},
	} {
		f.damage(t, test.damage)
		violations, err := checkhistory.Violations(t.Context(), f.url)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, no := range test.found {
			told := fmt.Sprintf("snapshot %d (%d cases)", no, len(test.found))
			if !slices.ContainsFunc(violations, func(v string) bool {
				return strings.Contains(v, "hash is that of its body") && strings.HasSuffix(v, told)
			}) {
				t.Errorf("%s: nothing tells of snapshot %d: %q", name, no, violations)
			}
		}
		mustExec(t, f.conn, undo)
	}
}

// TestBodyAfterOneThatCannotBeRead is stored whole.
func TestBodyAfterOneThatCannotBeRead(t *testing.T) {
	t.Parallel()
	f := uncheckedFeed(t)
	job := f.register(t, "woosmap", "a")[0]
	bodies := growing("r1", 6)
	for _, body := range bodies[:5] {
		f.round(t, said{job: job, body: body})
	}
	f.save(t)
	f.damage(t, "UPDATE snapshots SET body = 'x' WHERE snapshot_no = 4")
	f.round(t, said{job: job, body: bodies[5]})
	equalLines(t, column[string](t, f.conn, "SELECT concat_ws(' ', snapshot_no, body IS NOT NULL) FROM report.snapshots ORDER BY snapshot_no"), "1 t", "2 t", "3 t", "4 f", "5 f", "6 t")
	if _, err := f.store.Fold(t.Context(), job.ID, time.Time{}, func([]byte) (history.Answer, error) { return history.Answer{}, nil }); err == nil || !strings.Contains(err.Error(), "snapshot 4 of job") {
		t.Errorf("it is folded: %v", err)
	}
}
