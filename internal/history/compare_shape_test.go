package history_test

import (
	"testing"

	"tracker/internal/history"
)

// shaped is an answer of a run with a shape.
func shaped(run string, shape history.Shape) history.Answer {
	a := woosmap(run, "success")
	a.Shape = shape
	return a
}

func TestShapeChanged(t *testing.T) {
	t.Parallel()
	plain := shaped("a", history.Shape{"": {}, "steps[]": {}})
	extra := shaped("a", history.Shape{"": {"extra"}, "steps[]": {}})
	noSteps := shaped("a", history.Shape{"": {}})
	inSteps := shaped("a", history.Shape{"": {}, "steps[]": {"extra"}})
	changed := []string{"run 1: shape_changed"}
	checkAnomalies(t, []anomalyCase{
		{"APathCame", []history.Answer{plain, extra}, changed},
		{"APathWent", []history.Answer{extra, plain}, changed},
		{"EachTime", []history.Answer{plain, extra, plain, extra}, changed},
		{"APathInAList", []history.Answer{plain, inSteps}, changed},
		{"OneRowCountsAll", []history.Answer{extra, shaped("a", history.Shape{"": {"other"}, "steps[]": {"extra"}})}, []string{"run 1: shape_changed x3"}},
		{"APathThatCameWhileTheListWasEmpty", []history.Answer{plain, noSteps, inSteps}, changed},
		{"InAnotherRun", []history.Answer{plain, shaped("b", history.Shape{"": {"extra"}})}, []string{"run 2: shape_changed"}},
		{"InARunAfterOneThatDidNotShowIt", []history.Answer{plain, shaped("b", history.Shape{"": {}}), shaped("c", history.Shape{"steps[]": {"extra"}})}, []string{"run 3: shape_changed"}},

		{"TheFirstAnswerIsNone", []history.Answer{extra}, nil},
		{"TheSameIsNone", []history.Answer{extra, extra}, nil},
		{"AnEmptyListIsNone", []history.Answer{inSteps, noSteps}, nil},
		{"TheListThatIsEmptyNoMoreIsNone", []history.Answer{inSteps, noSteps, inSteps}, nil},
		{"TheFirstSightOfAListIsNone", []history.Answer{noSteps, inSteps}, nil},
		{"AUnionFlipIsNone", []history.Answer{shaped("a", history.Shape{"": {}, "data[]": {"extra"}}), noSteps, shaped("a", history.Shape{"": {}, "data[]": {"extra"}})}, nil},
		{"AnotherRunOfThatShapeIsNone", []history.Answer{extra, shaped("b", history.Shape{"": {"extra"}, "steps[]": {}})}, nil},
		{"AReturnedRunIsComparedWithTheHead", []history.Answer{plain, shaped("b", history.Shape{"": {"extra"}}), extra}, []string{"run 1: run_returned"}},
		{"AnAnswerWithoutAnyIsNone", []history.Answer{extra, shaped("a", nil), extra}, nil},
	})
}

func TestShapeChangedShowsThePath(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		first, second history.Shape
		was, now      any
	}{
		"Came":       {history.Shape{"": {}}, history.Shape{"": {"extra"}}, nil, "extra"},
		"Went":       {history.Shape{"": {"extra"}}, history.Shape{"": {}}, "extra", nil},
		"CameInside": {history.Shape{"steps[]": {}}, history.Shape{"steps[]": {"extra"}}, nil, "steps[].extra"},
		"OfTwoTheRootsFirst": {
			history.Shape{"": {}, "steps[]": {}},
			history.Shape{"": {"z"}, "steps[]": {"a"}},
			nil, "z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := feed(shaped("a", tc.first), shaped("a", tc.second)).last().Anomalies[0]
			equal(t, "was and now", []any{a.Was, a.Now}, []any{tc.was, tc.now})
		})
	}
}
