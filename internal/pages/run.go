package pages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/timeline"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

const (
	looksMost   = 20_000
	answersMost = 200 // that a page lists
	resultsMost = 100
	storyFirst  = 50 // events of a story that has more than this
	storyLast   = 150
)

// runBody is what is, or was, known of a run.
type runBody struct {
	words.History
	Run      store.RunRow
	Lines    []line
	Looked   string
	Timeline *timeline.Timeline
	Story    []words.Event // all of them, or the first
	Left     int           // that stand in the log alone
	Last     []words.Event
	Told     int // all together
	Log      runLog
	Answers  runAnswers
	Results  []store.ResultItemRow
	Moment   runMoment
	Earlier  int32 // number of the run before; 0: there is none
	Later    int32
	query    url.Values
}

// line is a sentence, with the same in UTC where who reads is in another zone.
type line struct {
	Spans []terminal.Span
	UTC   string
}

// lines are what sentences tell.
func lines(told [][]terminal.Span, utc [][]terminal.Span) []line {
	all := make([]line, len(told))
	for i, spans := range told {
		all[i].Spans = spans
		if i < len(utc) {
			if text := terminal.Join(utc[i]); text != terminal.Join(spans) {
				all[i].UTC = text
			}
		}
	}
	return all
}

// run answers what happened to an import, and how that is known.
func (p *Pages) run(ctx context.Context, req *request) (*view, error) {
	job, err := p.findJob(ctx, req.PathValue("job"))
	if err != nil {
		return nil, err
	}
	runNo, err := strconv.ParseInt(req.PathValue("run"), 10, 32)
	if err != nil || runNo < 1 {
		return nil, notFoundError{fmt.Sprintf("Runs are numbered from 1: %q is no run of job %s.", req.PathValue("run"), job.Name), []string{"/jobs/" + url.PathEscape(job.Name)}}
	}
	body := runBody{query: req.query, Moment: newRunMoment(req)}
	known, err := tracking.ReadKnowledge(ctx, p.store, job, tracking.KnowledgeParams{
		RunNo: int(runNo), Most: 1, Whole: true, Now: req.ReadAt, AsOf: body.Moment.asOf, KnownAt: body.Moment.knownAt,
	})
	if refused := (tracking.RequestError{}); errors.As(err, &refused) {
		return nil, p.noRun(ctx, job, refused)
	}
	if err != nil {
		return nil, err
	}
	body.History = words.History{Knowledge: known, Clock: req.Clock}
	body.Run = body.Runs[0]
	utc := words.NewHistory(known)
	body.Lines = lines(body.Summary(false), utc.Summary(false))
	if err := p.readRun(ctx, &body, job); err != nil {
		return nil, err
	}
	status := 0
	if body.Moment.Wrong() {
		status = 400
	}
	v := &view{Name: "run", Title: fmt.Sprintf("%s run %d", job.Name, runNo), Section: "/", Status: status, Body: body}
	if !known.Past() && store.OrZero(known.Job.RunNo) == body.Run.RunNo {
		v.Live = job.Name
		if !history.State(body.Run.State).Terminal() {
			v.Every = 10
		}
	}
	return v, nil
}

// noRun is the page of a run that a job has not, with those that it has.
func (p *Pages) noRun(ctx context.Context, job store.Job, refused error) error {
	row, err := p.store.JobRow(ctx, job.Name)
	if err != nil {
		return err
	}
	address := "/jobs/" + url.PathEscape(job.Name)
	near := []string{address}
	if row.RunNo != nil {
		near = append(near, fmt.Sprintf("%s/runs/%d", address, *row.RunNo))
	}
	return notFoundError{refused.Error(), near}
}

// readRun reads what belongs to the run, and draws it.
func (p *Pages) readRun(ctx context.Context, body *runBody, job store.Job) error {
	run := body.Run
	looks, answers, err := p.readLooks(ctx, body, job)
	if err != nil {
		return err
	}
	if run.ResultCount != nil && !body.Past() {
		results, err := p.store.ListResultItems(ctx, store.ListFilter{Job: job.Name, RunNo: int(run.RunNo)}, store.Page{Rows: resultsMost})
		if err != nil {
			return err
		}
		body.Results = results.Rows
	}
	body.Looked = looked(looks)
	body.draw(looks, answers)
	body.Moment.place(body.Timeline)
	body.tell()
	body.Log = newRunLog(body)
	body.Answers, err = p.readAnswers(ctx, body, answers)
	if latest := store.OrZero(body.Job.RunNo); run.RunNo < latest {
		body.Later = run.RunNo + 1
	}
	body.Earlier = run.RunNo - 1
	return err
}

// readLooks reads the looks at the run and the answers that tell of it, as far as they
// were known; the slider stops at those, too, that came later.
func (p *Pages) readLooks(ctx context.Context, body *runBody, job store.Job) (looks []store.PollRow, answers []store.SnapshotHead, err error) {
	listed, err := p.store.ListSnapshots(ctx, store.ListFilter{Job: job.Name, RunNo: int(body.Run.RunNo)}, store.Page{Rows: looksMost})
	if err != nil {
		return nil, nil, err
	}
	answers = listed.Rows
	run := body.Run // as it is known now
	if body.Past() {
		if run, err = p.store.RunRow(ctx, job.Name, int(run.RunNo)); errors.Is(err, store.ErrNotFound) {
			run, err = body.Run, nil // retention took it meanwhile
		}
		if err != nil {
			return nil, nil, err
		}
	}
	since, until := run.StartedAt, looksUntil(run, answers, body.ReadAt)
	if run.FirstSeenAt.Before(since) {
		since = run.FirstSeenAt
	}
	if len(answers) > 0 {
		if first := answers[0].NotBefore; first != nil && first.Before(since) && since.Sub(*first) < history.Between(since, until) {
			since = *first
		}
	}
	polls, err := p.store.ListPolls(ctx, store.ListFilter{JobID: job.ID, Since: since, Until: until}, store.Page{Rows: looksMost})
	if err != nil {
		return nil, nil, err
	}
	looks = polls.Rows
	slices.Reverse(looks)
	body.Moment.follow(looks, answers)
	if body.Past() {
		answers = slices.DeleteFunc(answers, func(a store.SnapshotHead) bool { return a.ObservedAt.After(body.KnownAt) })
		until = looksUntil(body.Run, answers, body.KnownAt)
		looks = slices.DeleteFunc(looks, func(l store.PollRow) bool { return l.PolledAt.After(until) })
	}
	return looks, answers, nil
}

// looksUntil is until when looks tell of a run: while it goes on until now, else until
// its last change.
func looksUntil(run store.RunRow, answers []store.SnapshotHead, now time.Time) time.Time {
	if !history.State(run.State).Terminal() && !run.Superseded {
		return now
	}
	until := run.LastChangedAt
	if n := len(answers); n > 0 && answers[n-1].ObservedAt.After(until) {
		until = answers[n-1].ObservedAt
	}
	return until
}

// tell tells what happened: of a long story the beginning and the end.
func (b *runBody) tell() {
	b.Story = b.Events(b.Run)
	b.Told = len(b.Story)
	if b.Left = b.Told - storyFirst - storyLast; b.Left <= 0 {
		b.Left = 0
		return
	}
	b.Story, b.Last = b.Story[:storyFirst], b.Story[b.Told-storyLast:]
}

// draw makes the timeline.
func (b *runBody) draw(looks []store.PollRow, answers []store.SnapshotHead) {
	params := timeline.RunParams{
		Run: b.Run, Steps: b.Steps, Transitions: b.Transitions, Entries: b.LogEntries, Anomalies: b.Anomalies,
		Seen: b.LastSeen(b.Run), Until: b.ReadAt, Clock: b.Clock,
	}
	if b.Past() {
		params.At, params.Until = b.AsOf, b.AsOf
	}
	for _, look := range looks {
		params.Looks = append(params.Looks, look.PolledAt)
	}
	for _, answer := range answers {
		params.Answers = append(params.Answers, answer.ObservedAt)
	}
	for _, gap := range b.Gaps {
		params.Gaps = append(params.Gaps, timeline.Gap{From: gap.GapFrom, To: cmp.Or(store.OrZero(gap.GapTo), b.KnownAt, b.ReadAt), Reason: gap.Reason})
	}
	b.Timeline = timeline.NewRun(params)
}

// looked tells how often somebody looked at a run, and how far apart.
func looked(looks []store.PollRow) string {
	var least, most time.Duration
	answered := slices.DeleteFunc(slices.Clone(looks), func(l store.PollRow) bool { return l.SnapshotNo == nil })
	for i := 1; i < len(answered); i++ {
		apart := answered[i].PolledAt.Sub(answered[i-1].PolledAt)
		if least == 0 || apart < least {
			least = apart
		}
		most = max(most, apart)
	}
	return words.Looked(len(looks), len(looks)-len(answered), least, most)
}

// StepOf names the step of a number; the run itself where there is none.
func (b runBody) StepOf(no *int32) string {
	if no == nil {
		return "run"
	}
	return words.StepName(b.Steps, *no)
}

// Address is that of the job.
func (b runBody) Address() string { return "/jobs/" + url.PathEscape(b.Job.Job) }

// Ended tells when the run ended, and how long ago that is.
func (b runBody) Ended() string {
	at := store.OrZero(b.Run.EndedAt)
	return fmt.Sprintf("%s (%s)", words.By(at, b.Run.Reported, b.Zoned), b.Ago(at))
}

// Path is that of the run.
func (b runBody) Path() string { return fmt.Sprintf("%s/runs/%d", b.Address(), b.Run.RunNo) }

// Now is the address of the same page as it is known now.
func (b runBody) Now() string { return with(b.query, "known_at", "", "as_of", "") }

// Known is the query that keeps the moment.
func (b runBody) Known() string {
	return strings.TrimPrefix(with(url.Values{}, "known_at", b.query.Get("known_at"), "as_of", b.query.Get("as_of")), "?")
}

// When tells when a transition happened, as exactly as that is known.
func (b runBody) When(t store.TransitionRow) string {
	if t.HappenedAt != nil {
		return b.At(*t.HappenedAt)
	}
	return b.Bound(t.NotBefore, t.ObservedAt, false)
}

// SeenAt is when something had been seen.
func (b runBody) SeenAt(at time.Time) string { return b.At(words.CeilSecond(at)) }

// findJob finds a job, or tells which names are near.
func (p *Pages) findJob(ctx context.Context, name string) (store.Job, error) {
	job, err := p.store.Job(ctx, name)
	if !errors.Is(err, store.ErrNotFound) {
		return job, err
	}
	names, err := tracking.JobNames(ctx, p.store)
	if err != nil {
		return store.Job{}, err
	}
	missing := notFoundError{what: fmt.Sprintf("No job is named %s.", words.Quote(name, true))}
	for _, near := range tracking.Near(name, names) {
		missing.near = append(missing.near, "/jobs/"+url.PathEscape(near))
	}
	return store.Job{}, missing
}
