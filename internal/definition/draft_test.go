package definition_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tracker/internal/definition"
)

// TestDraft: a draft from an answer of any API is a definition whose own test passes.
func TestDraft(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("presets/testdata/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no answers: %v", err)
	}
	for _, file := range files {
		answer, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text, err := definition.Draft("acme", answer, filepath.Base(file))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		d := parse(t, text)
		for _, wrong := range d.RunTest(d.Tests[0], func(string) ([]byte, error) { return answer, nil }) {
			t.Errorf("%s: %s in\n%s", file, wrong, text)
		}
	}
}

// TestDraftGuesses: what a draft finds in an answer.
func TestDraftGuesses(t *testing.T) {
	t.Parallel()
	text, err := definition.Draft("acme", []byte(`{"data":{"buildNumber":7,"lifecycleState":"FAILED","percent":3,"startTime":1560981902377,"endTime":1560981903000,"errorMessage":"no",
		"stages":[{"name":"a","lifecycleState":"success","startTime":1560981902377}],"log":[{"timestamp":1560981902400,"severity":"WARN","message":"x"}]}}`), "a.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"run_id: .data.buildNumber ", "status: .data.lifecycleState ", "started_at: .data.startTime ", "ended_at: .data.endTime ", "error_summary: .data.errorMessage ",
		"steps: '.data.stages[]? | {name: .name, status: .lifecycleState, start: .startTime}'", "entries: '.data.log[]? | {at: .timestamp, level: .severity, detail: (.message // \"\")}'",
		"succeeded: [success]", "failed: [FAILED]", "times: {format: unix_ms}", "- .data.percent",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	text, err = definition.Draft("acme", []byte(`{"paymentId":"FP-1","consentId":"5","creationDateTime":"2026-11-29T00:00:00Z","startedAt":null,"finishedAt":null,
		"status":"InitiationPending","in_progress":1,"statusUpdateDateTime":"2026-11-29T00:05:00Z","jobs":[{"type":"wait"},{"name":"build","status":"NotFinished"}]}`), "a.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"run_id: .paymentId ", "started_at: .startedAt ", "ended_at: .finishedAt ", "queued: [InitiationPending]", "running: [NotFinished]",
		"steps: '.jobs[]? | select(.status) | {name: .name, status: .status}'",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	text, err = definition.Draft("acme", []byte(`{"uid":"f1","phase":"HEATING","opened":1772442000123,"closed":null,
		"zones":[{"label":"bisque","phase":"DONE"},{"label":"glaze","phase":"HEATING"}],"notes":[{"when":1772442001000,"msg":"cone 6"}]}`), "a.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"started_at: .opened ", "ended_at: .closed ", "steps: '.zones[]? | {name: .label, status: .phase}'", "entries: '.notes[]? | {at: .when, detail: (.msg // \"\")}'", "times: {format: unix_ms}",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for answer, want := range map[string]string{
		`[{"id":5,"status":"success","started_at":null,"percent":3},{"id":4,"status":"failed"}]`: ".[0]",
		`{"builds":[{"id":5,"status":"success","started_at":null,"percent":3}],"total":1}`:       ".builds[0]",
	} {
		listed, err := definition.Draft("acme", []byte(answer), "a.json")
		parse(t, listed)
		if err != nil || !strings.Contains(listed, "status: '"+want+".status'") || !strings.Contains(listed, "run_id: '"+want+".id'") || !strings.Contains(listed, "tracks: latest ") ||
			!strings.Contains(listed, "- '"+strings.Replace(want, "[0]", "[]", 1)+".percent'") {
			t.Errorf("of %s, %v:\n%s", answer, err, listed)
		}
	}
	kebab, err := definition.Draft("acme", []byte(`{"import-status":"done","import-id":1,"progress-percent":3,
		"job-steps":[{"step":"a","job-status":"done"}],"job-log":[{"text":"x"}]}`), "a.json")
	parse(t, kebab)
	for _, want := range []string{
		`status: '.["import-status"]'`, `run_id: '.["import-id"]'`, `'.["progress-percent"]'`, `'.["job-steps"][]? | {name: .step, status: .["job-status"]}'`, `'.["job-log"][]? | `,
	} {
		if err != nil || !strings.Contains(kebab, want) {
			t.Errorf("no %s in %v\n%s", want, err, kebab)
		}
	}
	listed, err := definition.Draft("acme", []byte(`{"all-jobs":[{"job-status":"done","etag-now":2,"id":1}]}`), "a.json")
	parse(t, listed)
	if want := `status: '.["all-jobs"][0]["job-status"]'`; err != nil || !strings.Contains(listed, want) || !strings.Contains(listed, `.["all-jobs"][]["etag-now"]`) {
		t.Errorf("no %s in %v\n%s", want, err, listed)
	}
	if strings.Contains(text, "volatile:") {
		t.Errorf("what is said is passed over:\n%s", text)
	}
}
