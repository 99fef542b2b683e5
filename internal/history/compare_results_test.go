package history_test

import (
	"testing"

	"tracker/internal/history"
)

func withSummary(a history.Answer, summary string) history.Answer {
	a.ErrorSummary = &summary
	return a
}

func withResults(a history.Answer, r history.Results) history.Answer {
	a.Results = r
	return a
}

func TestErrorSummary(t *testing.T) {
	t.Parallel()
	s := feed(safetykit("a", "succeeded"))
	change := s.poll(withSummary(safetykit("a", "succeeded"), "3 items skipped"))
	equal(t, "summary", *s.run(1).ErrorSummary, "3 items skipped")
	equal(t, "state", s.run(1).State, history.StateSucceeded)
	equal(t, "transitions and anomalies", len(change.Transitions)+len(change.Anomalies), 0)
	equal(t, "end seen", s.run(1).EndSeen, history.Bounds{ObservedAt: observed(1)})
}

func TestResults(t *testing.T) {
	t.Parallel()
	count := int64(237)
	inline := func(ids ...string) history.Answer {
		items := make([]history.Item, len(ids))
		for i, id := range ids {
			items[i].ID = id
		}
		return withResults(safetykit("a", "succeeded"), history.Results{Listed: true, Items: items})
	}
	link := withResults(safetykit("a", "succeeded"), history.Results{Count: &count, Expires: clock("23:00:00")})
	cases := []struct {
		name   string
		answer history.Answer
		listed bool
		ids    []string
	}{
		{"AListTakesThePlaceOfTheOneBefore", inline("x", "y"), true, []string{"x", "y"}},
		{"TwoItemsMayHaveOneID", inline("x", "x"), true, []string{"x", "x"}},
		{"AnEmptyListTakesItToo", inline(), true, nil},
		{"ALinkLeavesItAlone", link, false, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			change := feed(inline("a", "b"), tc.answer).last()
			var ids []string
			for _, item := range change.Items {
				ids = append(ids, item.ID)
			}
			equal(t, "listed", change.ItemsListed, tc.listed)
			equal(t, "items", ids, tc.ids)
		})
	}
	t.Run("ALinkTellsCountAndExpiry", func(t *testing.T) {
		t.Parallel()
		run := feed(link).run(1)
		equal(t, "count", *run.ResultCount, count)
		equal(t, "expires", run.ResultExpires, clock("23:00:00"))
	})
	t.Run("AnExpiryIsNoClockSkew", func(t *testing.T) {
		t.Parallel()
		equal(t, "anomalies", len(feed(link).last().Anomalies), 0)
	})
}
