package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"tracker/internal/store/internal/dbsqlc"
)

// Key says where a row stands in the order of its list, which uses some of its fields.
type Key struct {
	At    time.Time `json:"at,omitzero"`
	Name  string    `json:"name,omitempty"`
	JobID int64     `json:"job,omitempty"`
	No    int64     `json:"no,omitempty"`
	Sub   int64     `json:"sub,omitempty"`
}

// Page says which part of a list is read.
type Page struct {
	After *Key // the row before it; nil: it is the first
	Rows  int  // at most
}

// from is where an ascending list is read from.
func (p Page) from() Key {
	if p.After == nil {
		return Key{}
	}
	return *p.After
}

// back is from where a list is read that has the newest first.
func (p Page) back() Key {
	if p.After == nil {
		return Key{At: farTime(), Name: "\U0010FFFF", JobID: math.MaxInt64, No: math.MaxInt32}
	}
	return *p.After
}

// rows asks for one row more than wanted: it tells whether there are more.
func (p Page) rows() int32 { return int32(p.Rows) + 1 }

// Part is a part of a list.
type Part[T any] struct {
	Rows []T
	Next *Key // of the last row; nil: none is beyond it
}

// ListFilter says which rows of a list are meant. A list takes what it has; what is
// empty bounds nothing.
type ListFilter struct {
	Job      string
	JobID    int64
	RunNo    int
	Source   string
	State    string
	Tracking string // empty: all but removed
	Query    string // a part of a job's name
	Level    string
	Kind     string
	Labels   map[string]string
	Since    time.Time
	Until    time.Time // zero: no bound
}

// until is the upper bound.
func (f ListFilter) until() time.Time {
	if f.Until.IsZero() {
		return farTime()
	}
	return f.Until
}

// labels are the labels as JSON.
func (f ListFilter) labels() string { return AnswerFilter{Labels: f.Labels}.labels() }

// part makes a part of a list of what was read for a page.
func part[From, To any](page Page, what string, read []From, err error, to func(From) To, key func(From) Key) (Part[To], error) {
	if err != nil {
		return Part[To]{}, fmt.Errorf("list %s: %w", what, err)
	}
	var next *Key
	if len(read) > page.Rows {
		read = read[:page.Rows]
		next = new(key(read[page.Rows-1]))
	}
	return Part[To]{convert(read, to), next}, nil
}

// ListJobs lists report.jobs by name, without removed ones unless asked for.
func (s *Store) ListJobs(ctx context.Context, f ListFilter, page Page) (Part[JobRow], error) {
	var rows []dbsqlc.ReportJob
	err := s.inPlanned(ctx, planAnew, func(q *planned) error {
		ids, err := q.ListJobs(ctx, dbsqlc.ListJobsParams{
			Name: page.from().Name, Source: f.Source, State: f.State, Tracking: f.Tracking, Labels: f.labels(), Query: f.Query, Rows: page.rows(),
		})
		if err == nil {
			rows, err = q.jobsByID(ctx, ids)
		}
		return err
	})
	return part(page, "jobs", rows, err, toJobRow, func(r dbsqlc.ReportJob) Key { return Key{Name: r.Job} })
}

// ListStatus lists by name how jobs stood at a time, by what was known at another.
func (s *Store) ListStatus(ctx context.Context, asOf, knownAt time.Time, f ListFilter, page Page) (Part[StatusRow], error) {
	rows, err := s.queries.ListStatus(ctx, dbsqlc.ListStatusParams{
		AsOf: asOf, KnownAt: knownAt, Name: page.from().Name, Source: f.Source, State: f.State, Rows: page.rows(),
	})
	to := func(r dbsqlc.ListStatusRow) StatusRow { return StatusRow(r) }
	return part(page, "the status of jobs", rows, err, to, func(r dbsqlc.ListStatusRow) Key { return Key{Name: r.Job} })
}

// ListStalled lists report.stalled by job.
func (s *Store) ListStalled(ctx context.Context, f ListFilter, page Page) (Part[StalledRow], error) {
	rows, err := s.queries.ListStalled(ctx, dbsqlc.ListStalledParams{Name: page.from().Name, Source: f.Source, Since: f.Since, Rows: page.rows()})
	return part(page, "what is stalled", rows, err, toStalledRow, func(r dbsqlc.ReportStalled) Key { return Key{Name: r.Job} })
}

// ListRuns lists report.runs, of a job or of all, those that began last first.
func (s *Store) ListRuns(ctx context.Context, f ListFilter, page Page) (Part[RunRow], error) {
	before := page.back()
	what, key := "runs", func(r keyedRun) Key { return Key{At: r.StartedAt, JobID: r.key.JobID, No: int64(r.RunNo)} }
	if f.Job != "" {
		what, key = "runs of job "+f.Job, func(r keyedRun) Key { return Key{No: int64(r.RunNo)} }
	}
	var rows []keyedRun
	err := s.inPlanned(ctx, planAnew, func(q *planned) error {
		keys, err := q.listRunKeys(ctx, f, before, page.rows())
		if err != nil {
			return err
		}
		rows, _, err = q.runsByKey(ctx, keys, nil)
		return err
	})
	return part(page, what, rows, err, func(r keyedRun) RunRow { return r.RunRow }, key)
}

// RunRow returns a run of a job, or ErrNotFound.
func (s *Store) RunRow(ctx context.Context, job string, runNo int) (RunRow, error) {
	found, err := s.ListRuns(ctx, ListFilter{Job: job}, Page{Rows: 1, After: &Key{No: int64(runNo) + 1}})
	if err != nil {
		return RunRow{}, err
	}
	if len(found.Rows) == 0 || int(found.Rows[0].RunNo) != runNo {
		return RunRow{}, ErrNotFound
	}
	return found.Rows[0], nil
}

type keyedRun struct {
	RunRow
	key RunKey
}

// listRunKeys gives the keys of the runs of a page.
func (q *planned) listRunKeys(ctx context.Context, f ListFilter, before Key, rows int32) ([]RunKey, error) {
	if f.Job != "" {
		found, err := q.ListRunsOfJob(ctx, dbsqlc.ListRunsOfJobParams{Job: f.Job, No: int32(before.No), State: f.State, Rows: rows})
		return convert(found, func(r dbsqlc.ListRunsOfJobRow) RunKey { return RunKey{JobID: r.JobID, No: int(r.RunNo)} }), err
	}
	found, err := q.ListRuns(ctx, dbsqlc.ListRunsParams{
		At: before.At, JobID: before.JobID, No: int32(before.No), Since: f.Since, Source: f.Source, State: f.State, Labels: f.labels(), Rows: rows,
	})
	return convert(found, func(r dbsqlc.ListRunsRow) RunKey { return RunKey{JobID: r.JobID, No: int(r.RunNo)} }), err
}

// ListSteps lists report.steps of a run in their order.
func (s *Store) ListSteps(ctx context.Context, f ListFilter, page Page) (Part[StepRow], error) {
	rows, err := s.queries.ListSteps(ctx, dbsqlc.ListStepsParams{Job: f.Job, RunNo: int32(f.RunNo), No: int32(page.from().No), Rows: page.rows()})
	return part(page, "steps", rows, err, toStepRow, func(r dbsqlc.ReportStep) Key { return Key{No: int64(r.StepNo)} })
}

// ListLogEntries lists report.log_entries of a run, step by step.
func (s *Store) ListLogEntries(ctx context.Context, f ListFilter, page Page) (Part[LogEntryRow], error) {
	after := page.from()
	rows, err := s.queries.ListLogEntries(ctx, dbsqlc.ListLogEntriesParams{
		Job: f.Job, RunNo: int32(f.RunNo), No: int32(after.No), Sub: int32(after.Sub), Level: f.Level, Rows: page.rows(),
	})
	return part(page, "log entries", rows, err, toLogEntryRow, func(r dbsqlc.ReportLogEntry) Key { return Key{No: int64(r.StepNo), Sub: int64(r.EntryNo)} })
}

// ListTransitions lists report.transitions: of a run in their order, of all jobs the
// newest first.
func (s *Store) ListTransitions(ctx context.Context, f ListFilter, page Page) (Part[TransitionRow], error) {
	if f.Job != "" {
		rows, err := s.queries.ListTransitionsOfRun(ctx, dbsqlc.ListTransitionsOfRunParams{
			Job: f.Job, RunNo: int32(f.RunNo), No: int32(page.from().No), Rows: page.rows(),
		})
		return part(page, "transitions", rows, err, toTransitionRow, func(r dbsqlc.ReportTransition) Key { return Key{No: int64(r.TransitionNo)} })
	}
	before := page.back()
	rows, err := s.queries.ListTransitions(ctx, dbsqlc.ListTransitionsParams{
		At: before.At, JobID: before.JobID, No: int32(before.No), Since: f.Since, Source: f.Source, State: f.State, Rows: page.rows(),
	})
	return part(page, "transitions", rows, err, toTransitionRow, func(r dbsqlc.ReportTransition) Key {
		return Key{At: r.ObservedAt, JobID: r.JobID, No: int64(r.TransitionNo)}
	})
}

// ListAnomalies lists report.anomalies: of a run in their order, of all jobs the newest
// first.
func (s *Store) ListAnomalies(ctx context.Context, f ListFilter, page Page) (Part[AnomalyRow], error) {
	if f.Job != "" {
		rows, err := s.queries.ListAnomaliesOfRun(ctx, dbsqlc.ListAnomaliesOfRunParams{
			Job: f.Job, RunNo: int32(f.RunNo), No: int32(page.from().No), Rows: page.rows(),
		})
		return part(page, "anomalies", rows, err, toAnomalyRow, func(r dbsqlc.ReportAnomaly) Key { return Key{No: int64(r.AnomalyNo)} })
	}
	before := page.back()
	rows, err := s.queries.ListAnomalies(ctx, dbsqlc.ListAnomaliesParams{
		At: before.At, JobID: before.JobID, No: int32(before.No), Since: f.Since, Source: f.Source, Kind: f.Kind, Rows: page.rows(),
	})
	return part(page, "anomalies", rows, err, toAnomalyRow, func(r dbsqlc.ReportAnomaly) Key {
		return Key{At: r.ObservedAt, JobID: r.JobID, No: int64(r.AnomalyNo)}
	})
}

// ListResultItems lists report.result_items of a run in their order.
func (s *Store) ListResultItems(ctx context.Context, f ListFilter, page Page) (Part[ResultItemRow], error) {
	rows, err := s.queries.ListResultItems(ctx, dbsqlc.ListResultItemsParams{Job: f.Job, RunNo: int32(f.RunNo), No: int32(page.from().No), Rows: page.rows()})
	return part(page, "result items", rows, err, toResultItemRow, func(r dbsqlc.ReportResultItem) Key { return Key{No: int64(r.ItemNo)} })
}

// ListSnapshots lists report.snapshots of a run in their order, without their bodies.
func (s *Store) ListSnapshots(ctx context.Context, f ListFilter, page Page) (Part[SnapshotHead], error) {
	rows, err := s.queries.ListSnapshots(ctx, dbsqlc.ListSnapshotsParams{Job: f.Job, RunNo: int32(f.RunNo), No: int32(page.from().No), Rows: page.rows()})
	return part(page, "snapshots", rows, err, toSnapshotHead, func(r dbsqlc.ListSnapshotsRow) Key { return Key{No: int64(r.SnapshotNo)} })
}

// ListPolls lists report.polls of a job, the newest first.
func (s *Store) ListPolls(ctx context.Context, f ListFilter, page Page) (Part[PollRow], error) {
	rows, err := s.queries.ListPolls(ctx, dbsqlc.ListPollsParams{JobID: f.JobID, At: page.back().At, Since: f.Since, Until: f.until(), Rows: page.rows()})
	return part(page, "polls", rows, err, toPollRow, func(r dbsqlc.ReportPoll) Key { return Key{At: r.PolledAt} })
}

// ListGaps lists report.gaps, of a job or of all, that ended after a time, or are open;
// the newest first.
func (s *Store) ListGaps(ctx context.Context, f ListFilter, page Page) (Part[GapRow], error) {
	before := page.back()
	if f.Job != "" {
		rows, err := s.queries.ListGapsOfJob(ctx, dbsqlc.ListGapsOfJobParams{
			Job: f.Job, At: before.At, Name: before.Name, Until: f.until(), Since: f.Since, Rows: page.rows(),
		})
		return part(page, "gaps of job "+f.Job, rows, err, toGapRow, func(r dbsqlc.ReportGap) Key { return Key{At: r.GapFrom, Name: r.Reason} })
	}
	var rows []dbsqlc.ReportGap
	err := s.inPlanned(ctx, planAnew, func(q *planned) (err error) {
		rows, err = q.ListGaps(ctx, dbsqlc.ListGapsParams{
			At: before.At, JobID: before.JobID, Name: before.Name, Since: f.Since, Source: f.Source, Kind: f.Kind, Rows: page.rows(),
		})
		return err
	})
	return part(page, "gaps", rows, err, toGapRow, func(r dbsqlc.ReportGap) Key { return Key{At: r.GapFrom, JobID: r.JobID, Name: r.Reason} })
}

// ListEvents lists report.events in the journal's order. Those of a job are found by it.
// Else it looks through as many entries as it wants rows, then four times as many, and so
// on: what is rare is looked for in all of them.
func (s *Store) ListEvents(ctx context.Context, f ListFilter, page Page) (Part[EventRow], error) {
	end, err := s.JournalSize(ctx)
	if err != nil {
		return Part[EventRow]{}, err
	}
	var rows []dbsqlc.ReportEvent
	err = s.inPlanned(ctx, planOnce, func(q *planned) (err error) {
		after := page.from()
		if f.Job != "" {
			rows, err = q.ListEventsOfJob(ctx, dbsqlc.ListEventsOfJobParams{
				Job: f.Job, No: after.No, Name: after.Name, Sub: after.Sub, Since: f.Since, Source: f.Source, Kind: f.Kind, Rows: page.rows(),
			})
			return err
		}
		for width := int64(page.rows()) + 1; after.No < end+1 && len(rows) < int(page.rows()); width *= 4 {
			found, err := q.eventsWithin(ctx, after, after.No+width, f, page.rows()-int32(len(rows)))
			if err != nil {
				return err
			}
			rows, after = append(rows, found...), Key{No: after.No + width - 1}
		}
		return nil
	})
	return part(page, "events", rows, err, toEventRow, func(r dbsqlc.ReportEvent) Key { return Key{No: r.EntryNo, Name: r.Kind, Sub: r.EventNo} })
}

// entriesNamed is how many entries of the journal are named, one by one: it needs no plan
// for how many they are.
const entriesNamed = 2500

// eventsWithin reads the events that fit after a key, and of entries before another.
func (q *planned) eventsWithin(ctx context.Context, after Key, until int64, f ListFilter, rows int32) ([]dbsqlc.ReportEvent, error) {
	if until-after.No > entriesNamed {
		if err := q.by(ctx, planAnew); err != nil {
			return nil, err
		}
		return q.ListEvents(ctx, dbsqlc.ListEventsParams{
			No: after.No, Until: until, Name: after.Name, Sub: after.Sub, Since: f.Since, Source: f.Source, Kind: f.Kind, Rows: rows,
		})
	}
	nos := make([]int64, 0, until-after.No)
	for no := after.No; no < until; no++ {
		nos = append(nos, no)
	}
	return q.ListEventsOfEntries(ctx, dbsqlc.ListEventsOfEntriesParams{
		Nos: nos, No: after.No, Name: after.Name, Sub: after.Sub, Since: f.Since, Source: f.Source, Kind: f.Kind, Rows: rows,
	})
}

// EventsEntry is an entry of the journal with the events that it stands for.
type EventsEntry struct {
	No     int64
	At     time.Time
	Kind   string // snapshot, gap, change, polls or act
	Job    string // empty: of no job
	Source string // that of the job, or that was changed; empty: of none
	Events []EventRow
}

// EventsBetween reads the journal's entries beyond one, up to another, in their order.
// Some stand for no event, such as a snapshot that has changed no state.
func (s *Store) EventsBetween(ctx context.Context, after, until int64) ([]EventsEntry, error) {
	entries, err := s.queries.ListJournalBetween(ctx, dbsqlc.ListJournalBetweenParams{After: after, Until: until})
	if err != nil {
		return nil, fmt.Errorf("read entries %d to %d of the journal: %w", after+1, until, err)
	}
	events, err := s.queries.ListEventsBetween(ctx, dbsqlc.ListEventsBetweenParams{After: after, Until: until})
	if err != nil {
		return nil, fmt.Errorf("read the events of entries %d to %d: %w", after+1, until, err)
	}
	return convert(entries, func(row dbsqlc.ListJournalBetweenRow) EventsEntry {
		entry := EventsEntry{No: row.EntryNo, At: row.At, Kind: row.Kind, Job: OrZero(row.Job), Source: OrZero(row.Source)}
		for len(events) > 0 && events[0].EntryNo == entry.No {
			entry.Events, events = append(entry.Events, toEventRow(events[0])), events[1:]
		}
		if entry.Source == "" && len(entry.Events) > 0 { // a change of a source
			entry.Source = OrZero(entry.Events[0].Source)
		}
		return entry
	}), nil
}
