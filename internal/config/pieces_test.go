package config_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"tracker/internal/config"
)

// many is a file of so many jobs, each on a few lines.
func many(jobs int, job func(i int) string) string {
	var text strings.Builder
	text.WriteString("sources:\n  - {name: woosmap-prod, provider: woosmap, credential: env:KEY}\njobs:\n\n")
	for i := range jobs {
		text.WriteString("  # the next one\n" + job(i))
	}
	return text.String()
}

func plainJob(i int) string {
	return fmt.Sprintf("  - name: job-%d\n    source: woosmap-prod\n    target:\n      dataset_id: 8c4c51f1-f6f3-43bc-b65d-%012d\n", i, i)
}

// TestParseInPieces: what a large file declares, and what is wrong in it, is told as of
// a small one.
func TestParseInPieces(t *testing.T) {
	t.Parallel()
	const jobs = 11_000 // three pieces
	file, err := config.Parse("large.yaml", []byte(many(jobs, plainJob)))
	if err != nil || len(file.Sources) != 1 || len(file.Jobs) != jobs {
		t.Fatalf("%d sources and %d jobs: %v", len(file.Sources), len(file.Jobs), err)
	}
	for i, job := range file.Jobs {
		want := config.Job{Name: fmt.Sprint("job-", i), Source: "woosmap-prod", Target: map[string]string{"dataset_id": fmt.Sprintf("8c4c51f1-f6f3-43bc-b65d-%012d", i)}}
		if !reflect.DeepEqual(job, want) {
			t.Fatalf("job %d is %+v, not %+v", i, job, want)
		}
	}
	for i, line := range map[int]int{0: 8, 4999: 8 + 5*4999, 5000: 8 + 5*5000, 10_999: 8 + 5*10_999} {
		at, ok := errors.AsType[*config.FileError](file.AtJob(i, "target", errors.New("odd")))
		if !ok || at.Line != line+1 || at.Column != 7 {
			t.Errorf("the target of job %d stands in %v, not in line %d", i, at, line+1)
		}
	}
}

func TestParseInPiecesTellsErrorsOfTheWhole(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]struct{ job, want string }{
		"MissingKey":     {"  - name: odd\n", "large.yaml:51006:5: source is missing"},
		"Syntax":         {"  - name: \"odd\n", "large.yaml:"},
		"DeclaredTwice":  {"  - {name: job-7, source: woosmap-prod, target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-900000000000}}\n", "large.yaml:51006:12: job \"job-7\" is declared already in line 41; take another name"},
		"ForeignAlias":   {"  - *other\n", "large.yaml:51006:5: "},
		"AQuotedDash":    {"  - {name: odd, source: woosmap-prod, labels: {a: \"x\n  - y\"}, target: {dataset_id: 8c4c51f1-f6f3-43bc-b65d-900000000000}}\n", ""},
		"AnotherKeyLast": {"more: 1\n", `large.yaml:51006:1: key "more" is unknown; known here are providers, sources, jobs`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := many(10_200, plainJob) + "  # the odd one\n" + odd.job
			_, err := config.Parse("large.yaml", []byte(text))
			if got := fmt.Sprint(err); odd.want == "" && err != nil || !strings.HasPrefix(got, odd.want) && odd.want != "" {
				t.Errorf("%s\nnot\n%s", got, odd.want)
			}
		})
	}
}
