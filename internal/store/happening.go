package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Event is what the journal tells of: a transition, an anomaly, an ended gap or a change.
type Event struct {
	EntryNo    int64
	No         int64 // of the transition, anomaly or gap within its job, or of the change
	Kind       string
	At         time.Time
	JobID      int64 // 0: it is of a source
	Job        string
	Source     string
	RunNo      int
	Step       string
	OfRun      bool // no step's
	From, To   history.State
	HappenedAt time.Time // zero: the upstream does not say
	NotBefore  time.Time // zero: nothing bounds it
	ObservedAt time.Time
	Anomaly    string
	Detail     string
}

// Kinds of events of the journal.
const (
	EventTransition = "transition"
	EventAnomaly    = "anomaly"
	EventGap        = "gap"
	EventChange     = "change"
)

// RunKey names a run, or with the number of a transition, anomaly or gap in its place that.
type RunKey struct {
	JobID int64
	No    int
}

// Usual is how long nearly all of a job's runs before one took.
type Usual struct {
	Runs     int
	P05, P95 time.Duration
}

// JobToTell is what is told of a job beside what happened.
type JobToTell struct {
	ID     int64
	Job    string
	Source string
	Labels map[string]string

	Tracking   Tracking  // paused, too, where its source is
	AnsweredAt time.Time // when the last answered poll was sent; zero: none was
}

// NotifyState is how far the journal was read for the rules.
type NotifyState struct {
	EntryNo int64
	Version int64     // counts the changes of rules and of what goes on
	Journal int64     // its last entry
	Now     time.Time // by the database's clock
}

// NotifyState reads how far the journal was read for the rules.
func (s *Store) NotifyState(ctx context.Context) (NotifyState, error) {
	row, err := s.queries.NotifyState(ctx)
	if err != nil {
		return NotifyState{}, fmt.Errorf("read how far events are told: %w", err)
	}
	return NotifyState(row), nil
}

// Events reads what the journal tells of beyond an entry, up to another, in its order.
func (s *Store) Events(ctx context.Context, beyond, until int64) ([]Event, error) {
	rows, err := s.queries.ReportEventsToTell(ctx, dbsqlc.ReportEventsToTellParams{FromEntry: beyond, ToEntry: until})
	if err != nil {
		return nil, fmt.Errorf("read events beyond entry %d: %w", beyond, err)
	}
	return convert(rows, func(row dbsqlc.ReportEventsToTellRow) Event {
		return Event{
			EntryNo: row.EntryNo, No: row.EventNo, Kind: row.Kind, At: row.At, JobID: row.JobID, Job: row.Job, Source: row.Source, RunNo: int(row.RunNo),
			Step: row.Step, OfRun: row.OfRun, From: history.State(row.FromState), To: history.State(row.ToState), HappenedAt: OrZero(row.HappenedAt),
			NotBefore: OrZero(row.NotBefore), ObservedAt: row.ObservedAt, Anomaly: row.Anomaly, Detail: row.Detail,
		}
	}), nil
}

// FactsParams say what is to be known beside events.
type FactsParams struct {
	Runs      []RunKey // their rows
	Steps     []RunKey // the steps of runs
	Usual     []RunKey // how long runs before them took
	Anomalies []RunKey
	Settled   []RunKey // transitions, of which it is asked whether a failure came before
	Gaps      []Event  // of which it is asked whether an answer has ended them
	Changes   []int64
	Jobs      []int64
	Sources   []string // all jobs of them
}

// Facts are what is known beside events.
type Facts struct {
	Runs      map[RunKey]RunRow
	Steps     map[RunKey][]StepRow
	Usual     map[RunKey]Usual
	Anomalies map[RunKey]AnomalyRow
	Recovered map[RunKey]bool // transitions of runs before which the last success or failure was a failure
	Answered  map[RunKey]bool // gaps, by their numbers, that an answer has ended
	Changes   map[int64]ChangeRow
	Jobs      map[int64]JobToTell
}

// Facts reads what is to be known beside events, all at one moment.
func (s *Store) Facts(ctx context.Context, params FactsParams) (Facts, error) {
	f := Facts{
		Runs: map[RunKey]RunRow{}, Steps: map[RunKey][]StepRow{}, Usual: map[RunKey]Usual{}, Anomalies: map[RunKey]AnomalyRow{},
		Recovered: map[RunKey]bool{}, Answered: map[RunKey]bool{}, Changes: map[int64]ChangeRow{}, Jobs: map[int64]JobToTell{},
	}
	err := s.inSnapshot(ctx, func(q *dbsqlc.Queries) error {
		if err := f.readRuns(ctx, q, params); err != nil {
			return err
		}
		return f.readOthers(ctx, q, params)
	})
	if err != nil {
		return Facts{}, fmt.Errorf("read what is told of events: %w", err)
	}
	return f, nil
}

func (f *Facts) readRuns(ctx context.Context, q *dbsqlc.Queries, params FactsParams) error {
	if len(params.Runs) > 0 {
		ids, nos := keyColumns(params.Runs)
		rows, err := q.ReportRunsOf(ctx, dbsqlc.ReportRunsOfParams{JobIds: ids, RunNos: nos})
		if err != nil {
			return err
		}
		for _, row := range rows {
			f.Runs[RunKey{row.JobID, int(row.ReportRun.RunNo)}] = toRunRow(row.ReportRun)
		}
	}
	if len(params.Steps) > 0 {
		ids, nos := keyColumns(params.Steps)
		rows, err := q.ReportStepsOf(ctx, dbsqlc.ReportStepsOfParams{JobIds: ids, RunNos: nos})
		if err != nil {
			return err
		}
		for _, row := range rows {
			key := RunKey{row.JobID, int(row.ReportStep.RunNo)}
			f.Steps[key] = append(f.Steps[key], toStepRow(row.ReportStep))
		}
	}
	for _, key := range params.Usual {
		row, err := q.ReportUsualSpan(ctx, dbsqlc.ReportUsualSpanParams{JobID: key.JobID, RunNo: int32(key.No)})
		if err != nil {
			return err
		}
		f.Usual[key] = Usual{Runs: int(row.Runs), P05: row.P05, P95: row.P95}
	}
	for _, key := range params.Settled {
		state, err := q.ReportSettledBefore(ctx, dbsqlc.ReportSettledBeforeParams{JobID: key.JobID, TransitionNo: int32(key.No)})
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		f.Recovered[key] = err == nil && state == string(history.StateFailed)
	}
	return nil
}

func (f *Facts) readOthers(ctx context.Context, q *dbsqlc.Queries, params FactsParams) error {
	if len(params.Anomalies) > 0 {
		ids, nos := keyColumns(params.Anomalies)
		rows, err := q.ReportAnomaliesOf(ctx, dbsqlc.ReportAnomaliesOfParams{JobIds: ids, AnomalyNos: nos})
		if err != nil {
			return err
		}
		for _, row := range rows {
			f.Anomalies[RunKey{row.JobID, int(row.ReportAnomaly.AnomalyNo)}] = toAnomalyRow(row.ReportAnomaly)
		}
	}
	if len(params.Gaps) > 0 {
		var p dbsqlc.ReportGapsAnsweredParams
		for _, gap := range params.Gaps {
			p.JobIds, p.GapNos, p.GapTos = append(p.JobIds, gap.JobID), append(p.GapNos, int32(gap.No)), append(p.GapTos, gap.ObservedAt)
		}
		rows, err := q.ReportGapsAnswered(ctx, p)
		if err != nil {
			return err
		}
		for _, row := range rows {
			f.Answered[RunKey{row.JobID, int(row.GapNo)}] = true
		}
	}
	if len(params.Changes) > 0 {
		rows, err := q.ReportChangesOf(ctx, params.Changes)
		if err != nil {
			return err
		}
		for _, row := range rows {
			f.Changes[row.ChangeNo] = toChangeRow(row)
		}
	}
	if len(params.Jobs)+len(params.Sources) == 0 {
		return nil
	}
	rows, err := q.ReportJobsToTell(ctx, dbsqlc.ReportJobsToTellParams{JobIds: nonNil(params.Jobs), Sources: nonNil(params.Sources)})
	if err != nil {
		return err
	}
	for _, row := range rows {
		job := JobToTell{ID: row.JobID, Job: row.Job, Source: row.Source, Tracking: Tracking(row.Tracking), AnsweredAt: OrZero(row.ConfirmedAt)}
		job.Labels, _ = textsOf(row.Labels) // what is no text there matches no rule
		f.Jobs[row.JobID] = job
	}
	return nil
}

func keyColumns(keys []RunKey) (ids []int64, nos []int32) {
	for _, key := range keys {
		ids, nos = append(ids, key.JobID), append(nos, int32(key.No))
	}
	return ids, nos
}

// Condition is what goes on at a moment, and no entry of the journal tells of: a stall,
// a run that takes unusually long, a job that nobody can look at.
type Condition struct {
	Kind   history.EventKind
	JobID  int64
	RunNo  int       // 0: of no run
	Since  time.Time // since when it is so; of a run that takes long: zero
	SeenAt time.Time // when that was last seen
	Reason string    // why nobody looks
	Usual  Usual
	Pace   Pace // of a stall: what it is judged by
}

// Conditions reads what goes on of some kinds. From so many ended runs on a run counts
// as unusual.
func (s *Store) Conditions(ctx context.Context, wanted map[history.EventKind]bool, leastRuns int) (found []Condition, err error) {
	if wanted[history.EventStalled] {
		rows, err := s.queries.ReportOpenStalls(ctx)
		if err != nil {
			return nil, fmt.Errorf("read what is stalled: %w", err)
		}
		for _, row := range rows {
			found = append(found, Condition{
				Kind: history.EventStalled, JobID: row.JobID, RunNo: int(row.RunNo), Since: row.Since, SeenAt: row.SeenAt,
				Pace: toPace(row.StallAfter, row.UsualDuration, row.MedianDuration),
			})
		}
	}
	if wanted[history.EventUnusual] {
		rows, err := s.queries.ReportOpenUnusual(ctx, int64(leastRuns))
		if err != nil {
			return nil, fmt.Errorf("read what takes unusually long: %w", err)
		}
		for _, row := range rows {
			found = append(found, Condition{
				Kind: history.EventUnusual, JobID: row.JobID, RunNo: int(row.RunNo), SeenAt: row.SeenAt, Usual: Usual{Runs: int(row.Runs), P05: row.P05, P95: row.P95},
			})
		}
	}
	if wanted[history.EventNotLooking] {
		rows, err := s.queries.ReportUnseenNow(ctx)
		if err != nil {
			return nil, fmt.Errorf("read what nobody looks at: %w", err)
		}
		for _, row := range rows {
			found = append(found, Condition{Kind: history.EventNotLooking, JobID: row.JobID, Since: row.Since, Reason: row.Reason})
		}
	}
	return found, nil
}

// Going is what was told and goes on, or went on lately.
type Going struct {
	Kind    history.EventKind
	Subject string // name of the job, or of the source
	JobID   int64
	RunNo   int
	Since   time.Time // when it began
	OverAt  time.Time // zero: it goes on
	EventNo int64
	Event   Notice // that told it

	Told      []string // names of the rules by which it was told
	LeftAlone bool     // its job is finished or removed, or its source is removed
}

// Goings reads what goes on, and what went on since.
func (s *Store) Goings(ctx context.Context, since time.Time) ([]Going, error) {
	rows, err := s.queries.GoingList(ctx, &since)
	if err != nil {
		return nil, fmt.Errorf("read what goes on: %w", err)
	}
	return convert(rows, func(row dbsqlc.GoingListRow) Going {
		return Going{
			Kind: history.EventKind(row.Kind), Subject: row.Subject, JobID: row.OfJob, RunNo: int(row.RunNo), Since: row.Since, OverAt: OrZero(row.OverAt), EventNo: row.EventNo, Told: row.Told, LeftAlone: row.LeftAlone,
			Event: Notice{
				Key: row.Key, Kind: history.EventKind(row.Kind), JobID: row.OfJob, Job: row.Job, Source: row.Source, RunNo: int(row.RunNo), At: row.At,
				MadeAt: row.MadeAt, Line: row.Line, More: row.More, What: row.What,
			},
		}
	}), nil
}

// Gone is what was told, went on and is over.
type Gone struct {
	Kind    history.EventKind
	JobID   int64
	RunNo   int // 0: of no run
	EventNo int64
}

// LastGone reads what went on last of each kind at some jobs, and is over.
func (s *Store) LastGone(ctx context.Context, jobIDs []int64) ([]Gone, error) {
	rows, err := s.queries.GoingListLast(ctx, jobIDs)
	if err != nil {
		return nil, fmt.Errorf("read what went on: %w", err)
	}
	return convert(rows, func(row dbsqlc.GoingListLastRow) Gone {
		return Gone{Kind: history.EventKind(row.Kind), JobID: row.OfJob, RunNo: int(row.RunNo), EventNo: row.EventNo}
	}), nil
}

// Phases of what goes on.
const (
	PhaseBegan = "began"
	PhaseOver  = "over"
	PhaseAgain = "again"
)

// KindTest is the kind of a notice that somebody sends as a test.
const KindTest history.EventKind = "test"

// Notice is an event as it is told.
type Notice struct {
	Key    string // names it for ever
	Kind   history.EventKind
	JobID  int64 // 0: it is of a source
	Job    string
	Source string
	RunNo  int // 0: of none
	At     time.Time
	MadeAt time.Time
	Line   string          // what a phone shows
	More   string          // the rest, in lines
	What   json.RawMessage // for machines
}

// Over reports that it tells the end of what went on.
func (n Notice) Over() bool {
	var told struct {
		Phase string `json:"phase"`
	}
	return json.Unmarshal(n.What, &told) == nil && told.Phase == PhaseOver
}
