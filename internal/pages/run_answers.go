package pages

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// runAnswers are the answers that tell of a run, and how two of them differ.
type runAnswers struct {
	Rows     []store.SnapshotHead // the newest ones
	All      int
	From, To int
	Diff     *words.SnapshotDiff
	Changes  []answerChange
	More     int // changes that are not shown
	Wrong    string
	Kept     []field
}

type answerChange struct {
	Mark terminal.Span
	Body []terminal.Span
}

// changesMost is how many differences a page shows.
const changesMost = 500

// readAnswers lists the answers, and compares the two that are asked for.
func (p *Pages) readAnswers(ctx context.Context, body *runBody, rows []store.SnapshotHead) (runAnswers, error) {
	answers := runAnswers{Rows: rows[max(0, len(rows)-answersMost):], All: len(rows), Kept: body.Log.Kept}
	if n := len(rows); n > 1 {
		answers.From, answers.To = int(rows[n-2].SnapshotNo), int(rows[n-1].SnapshotNo)
	}
	from, to := body.query.Get("from"), body.query.Get("to")
	if from == "" || to == "" {
		return answers, nil
	}
	answers.From, answers.To = answerNo(from), answerNo(to)
	if answers.From == 0 || answers.To == 0 {
		answers.Wrong = "choose two answers by their numbers"
		return answers, nil
	}
	diff, wrong, err := p.compare(ctx, body.Job.Job, answers.From, answers.To)
	if err != nil {
		return answers, err
	}
	if wrong != nil {
		answers.Wrong = wrong.Error()
		return answers, nil //nolint:nilerr // the page tells it
	}
	answers.Diff = &diff
	for i, change := range diff.Changes {
		if i == changesMost {
			answers.More = len(diff.Changes) - changesMost
			break
		}
		var shown answerChange
		shown.Mark, shown.Body = change.Spans()
		answers.Changes = append(answers.Changes, shown)
	}
	return answers, nil
}

// compare tells how two answers of a job differ, or what is wrong with asking for them.
func (p *Pages) compare(ctx context.Context, job string, from, to int) (diff words.SnapshotDiff, wrong, err error) {
	was, err := tracking.FindBody(ctx, p.store, job, from)
	var now store.SnapshotRow
	if err == nil {
		now, err = tracking.FindBody(ctx, p.store, job, to)
	}
	if _, request := errors.AsType[tracking.RequestError](err); request || tracking.IsGone(err) {
		return diff, err, nil
	}
	if err != nil {
		return diff, nil, err
	}
	diff, wrong = words.DiffSnapshots(was, now)
	return diff, wrong, nil
}

// answerNo is the number of an answer; 0: it is none.
func answerNo(text string) int {
	no, err := strconv.ParseInt(text, 10, 32)
	if err != nil || no < 1 {
		return 0
	}
	return int(no)
}

// Short is the beginning of a hash.
func (runAnswers) Short(hash store.Hex) string {
	return hex.EncodeToString(hash)[:min(12, 2*len(hash))]
}
