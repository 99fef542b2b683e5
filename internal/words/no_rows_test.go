package words_test

import (
	"testing"
	"time"

	"tracker/internal/store"
	"tracker/internal/words"
)

func TestNoRows(t *testing.T) {
	t.Parallel()
	at := func(hour int) *time.Time { return new(time.Date(2026, 11, 28, hour, 0, 0, 0, time.UTC)) }
	all := store.Tracked{Jobs: 2, Polled: 2, Answered: 2, RegisteredAt: at(7), PolledAt: at(10), FirstAnswerAt: at(8)}
	some := all
	some.Answered, some.Failing = 1, 1
	for _, c := range []struct {
		tracked store.Tracked
		asked   store.AnswerFilter
		want    string
	}{
		{all, store.AnswerFilter{Since: at(9)}, "no gap is known since 2026-11-28 09:00:00"},
		{all, store.AnswerFilter{Since: at(6)}, "no gap is known since 2026-11-28 06:00:00; tracked since 2026-11-28 08:00:00, nobody had an answer before"},
		{
			all,
			store.AnswerFilter{Since: at(9), AsOf: at(10), KnownAt: at(7)},
			"no gap is known since 2026-11-28 09:00:00; tracked since 2026-11-28 08:00:00, nobody had an answer before",
		},
		{all, store.AnswerFilter{}, "no gap is known; tracked since 2026-11-28 08:00:00, nobody had an answer before"},
		{some, store.AnswerFilter{Since: at(9)}, "no gap is known since 2026-11-28 09:00:00; of 1 of 2 jobs nothing is known: no poll was answered yet; nobody can look at 1 of 2 jobs now"},
	} {
		if got := words.NoRows("no gap is known", c.asked, c.tracked); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}
