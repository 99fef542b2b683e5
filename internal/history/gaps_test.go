package history_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tracker/internal/history"
)

// noon is when the last answer came; at is so many minutes later.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func at(minutes float64) time.Time { return noon.Add(time.Duration(minutes * float64(time.Minute))) }

// TestAccountPoll tells what polls end of a job that is planned each 5 minutes.
func TestAccountPoll(t *testing.T) {
	t.Parallel()
	const every = 5 * time.Minute
	answered := history.Coverage{Since: noon, Answered: noon, Due: at(5), Every: every}
	with := func(change func(*history.Coverage)) history.Coverage {
		account := answered
		change(&account)
		return account
	}
	failing := func(last, due float64, outcome history.Outcome) history.Coverage {
		return with(func(a *history.Coverage) { a.Failed, a.Due, a.Outcome = at(last), at(due), outcome })
	}
	const good, bad = history.OutcomeUnchanged, history.OutcomeTimeout
	for name, c := range map[string]struct {
		account history.Coverage
		polled  float64
		outcome history.Outcome
		want    []history.Gap
		since   float64
	}{
		"AsPlannedIsNone":        {answered, 5, good, nil, 5},
		"SoonerIsNone":           {answered, 1, good, nil, 1},
		"TwiceTheIntervalIsNot":  {answered, 10, good, nil, 10},
		"MoreIsOneWithoutReason": {answered, 10.1, good, []history.Gap{{From: noon, To: at(10.1)}}, 10.1},
		"NotByScheduleIsNone":    {with(func(a *history.Coverage) { a.Due = time.Time{} }), 500, good, nil, 500},
		"NewIsPolledInAMinute":   {history.Coverage{Since: noon, Due: at(0.1)}, 1.9, good, nil, 1.9},
		"NewIsPolledLate":        {history.Coverage{Since: noon, Due: at(0.1)}, 30, good, []history.Gap{{From: noon, To: at(30)}}, 30},
		"NewFails":               {history.Coverage{Since: noon, Due: at(0.1)}, 0.1, bad, nil, 0},
		"NewHasFailed": {
			history.Coverage{Since: noon, Due: at(1.2), Every: every, Failed: at(0.2), Outcome: bad},
			1.2, good,
			[]history.Gap{{From: noon, To: at(1.2), Reason: "timeout"}},
			1.2,
		},
		"PausedTellsItsReason": {
			with(func(a *history.Coverage) { a.Since, a.Unseen = at(2), "paused" }), 60, good,
			[]history.Gap{{From: at(2), To: at(60), Reason: "paused"}},
			60,
		},
		"ShortPauseIsNone": {with(func(a *history.Coverage) { a.Since, a.Unseen = at(2), "paused" }), 9, good, nil, 9},
		"ClockIsAlwaysTold": {
			with(func(a *history.Coverage) { a.Unseen = "clock" }), 1, good, []history.Gap{{From: noon, To: at(1), Reason: "clock"}}, 1,
		},
		"ADowntimeAfterAPauseCountsFromItsEnd": {
			with(func(a *history.Coverage) { a.Since, a.Due = at(60), at(60) }), 75, good, []history.Gap{{From: at(60), To: at(75)}}, 75,
		},
		"DueSoonAfterAPauseIsNone": {with(func(a *history.Coverage) { a.Since, a.Due = at(3), at(5) }), 8, good, nil, 8},
		"SoonAfterAPauseIsNone":    {with(func(a *history.Coverage) { a.Since, a.Due = at(60), at(60) }), 61, good, nil, 61},
		"FailuresBeforeAPauseAreOver": {
			with(func(a *history.Coverage) { a.Since, a.Due, a.Failed, a.Outcome = at(60), at(60), at(50), bad }), 61, good, nil, 61,
		},
		"FirstFailureIsNone":         {answered, 5, bad, nil, 0},
		"FailureAfterADowntime":      {answered, 42, bad, []history.Gap{{From: noon, To: at(42)}}, 42},
		"FailuresEndWithTheirReason": {failing(11, 12, bad), 12, good, []history.Gap{{From: noon, To: at(12), Reason: "timeout"}}, 12},
		"FewFailuresAreNone":         {failing(5, 5.2, bad), 5.2, good, nil, 5.2},
		"TheSameFailureGoesOn":       {failing(11, 12, bad), 12, bad, nil, 0},
		"AnotherFailureIsAnother":    {failing(11, 12, history.OutcomeNotFound), 12, bad, []history.Gap{{From: noon, To: at(12), Reason: "not_found"}}, 12},
		"FailuresThenADowntimeAreTwo": {
			failing(20, 25, history.OutcomeUpstreamError), 60, good,
			[]history.Gap{{From: noon, To: at(20), Reason: "upstream_error"}, {From: at(20), To: at(60)}},
			60,
		},
		"ADowntimeEndsWithAFailure": {
			failing(20, 25, bad), 60, bad, []history.Gap{{From: noon, To: at(20), Reason: "timeout"}, {From: at(20), To: at(60)}}, 60,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended, since := c.account.Poll(at(c.polled), c.outcome)
			if diff := cmp.Diff(c.want, ended); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			if !since.Equal(at(c.since)) {
				t.Errorf("covered until %s, not %s", since, at(c.since))
			}
		})
	}
}

// TestGapSplit tells why nobody looked from noon to 13:00.
func TestGapSplit(t *testing.T) {
	t.Parallel()
	hour := history.Gap{From: noon, To: at(60)}
	stretch := func(from, to float64) history.Stretch { return history.Stretch{From: at(from), To: at(to)} }
	piece := func(from, to float64, reason string) history.Gap {
		return history.Gap{From: at(from), To: at(to), Reason: reason}
	}
	for name, c := range map[string]struct {
		ran  []history.Stretch
		held history.Stretch
		want []history.Gap
	}{
		"NobodyRan":          {nil, history.Stretch{}, []history.Gap{piece(0, 60, "not_running")}},
		"SomebodyRan":        {[]history.Stretch{stretch(-100, 100)}, history.Stretch{}, []history.Gap{piece(0, 60, "rate_budget")}},
		"Restarted":          {[]history.Stretch{stretch(-100, 0.3), stretch(59.9, 90)}, history.Stretch{}, []history.Gap{piece(0, 60, "not_running")}},
		"Held":               {[]history.Stretch{stretch(-100, 100)}, stretch(0.1, 59.8), []history.Gap{piece(0, 60, "rate_limited")}},
		"HeldHalf":           {[]history.Stretch{stretch(-100, 100)}, stretch(-1, 30), []history.Gap{piece(0, 30, "rate_limited"), piece(30, 60, "rate_budget")}},
		"HeldWhileNobodyRan": {nil, stretch(0, 60), []history.Gap{piece(0, 60, "not_running")}},
		"StartedInTheMiddle": {
			[]history.Stretch{stretch(20, 100)}, history.Stretch{}, []history.Gap{piece(0, 20, "not_running"), piece(20, 60, "rate_budget")},
		},
		"OneAfterAnother": {
			[]history.Stretch{stretch(-9, 20), stretch(20, 100)}, history.Stretch{}, []history.Gap{piece(0, 60, "rate_budget")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, hour.Split(c.ran, c.held, time.Minute)); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
		})
	}
}

// ledger follows a job's account through a random life.
type ledger struct {
	account history.Coverage
	gaps    []history.Gap
	answers []time.Time
	now     time.Time
}

const ledgerEvery = 10 * time.Second

// poll records a poll as package sync does.
func (l *ledger) poll(outcome history.Outcome) {
	ended, since := l.account.Poll(l.now, outcome)
	l.gaps = append(l.gaps, ended...)
	l.account.Since, l.account.Unseen, l.account.Every, l.account.Due = since, "", ledgerEvery, l.now.Add(ledgerEvery)
	if outcome.Answered() {
		l.account.Answered, l.account.Failed, l.account.Outcome = l.now, time.Time{}, ""
		l.answers = append(l.answers, l.now)
	} else {
		l.account.Failed, l.account.Outcome = l.now, outcome
	}
}

// decide records a pause, a resume or another reason, as the registry does.
func (l *ledger) decide(unseen string) {
	l.gaps = append(l.gaps, l.account.Gaps(l.now)...)
	l.account.Since, l.account.Unseen, l.account.Due = l.now, unseen, time.Time{}
	if unseen == "" {
		l.account.Due = l.now
	}
}

// TestAccountCovers: whatever happens to a job, its gaps do not overlap, and with
// the answered polls they leave out nothing that is as long as a gap.
func TestAccountCovers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := &ledger{account: history.Coverage{Since: noon, Due: noon.Add(5 * time.Second)}, now: noon}
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			l.now = l.now.Add(time.Duration(rapid.Int64Range(1, 60_000).Draw(t, "ms")) * time.Millisecond)
			if l.account.Unseen == "" && rapid.Bool().Draw(t, "poll") {
				l.poll(rapid.SampledFrom([]history.Outcome{history.OutcomeUnchanged, history.OutcomeTimeout, history.OutcomeNotFound}).Draw(t, "outcome"))
				continue
			}
			l.decide(rapid.SampledFrom([]string{"", history.GapPaused, history.GapCredential}).Draw(t, "unseen"))
		}
		l.now = l.now.Add(time.Second)
		l.poll(history.OutcomeUnchanged)
		covered := noon
		gaps := l.gaps
		for _, gap := range gaps {
			if !gap.From.Before(gap.To) {
				t.Fatalf("an empty gap %v", gap)
			}
		}
		for i := 1; i < len(gaps); i++ {
			if gaps[i].From.Before(gaps[i-1].To) {
				t.Fatalf("gaps overlap: %v, %v", gaps[i-1], gaps[i])
			}
		}
		marks := slices.Clone(gaps)
		for _, answer := range l.answers {
			marks = append(marks, history.Gap{From: answer, To: answer})
		}
		slices.SortFunc(marks, func(a, b history.Gap) int { return a.From.Compare(b.From) })
		for _, mark := range marks {
			most := 2 * time.Minute // as long as the first poll may take
			if len(l.answers) > 0 && !covered.Before(l.answers[0]) {
				most = 4 * ledgerEvery // a pause that is too short to be a gap, and the first poll after it
			}
			if bare := mark.From.Sub(covered); bare > most {
				t.Fatalf("nothing tells of %s before %s: gaps %v, answers %v", bare, mark.From, l.gaps, l.answers)
			}
			if mark.To.After(covered) {
				covered = mark.To
			}
		}
	})
}
