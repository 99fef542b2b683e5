package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

// Poll is one attempt to fetch a job's status, as it is recorded.
type Poll struct {
	JobID      int64
	PolledAt   time.Time // when the request was sent
	Outcome    history.Outcome
	HTTPStatus int // 0: no answer
	Latency    time.Duration
	Error      string // redacted
	ErrorBody  string // the beginning of the body, redacted; empty: none is kept
	SnapshotNo int    // the snapshot that the answer confirmed or made; 0: no answer

	Finding *Finding // what a changed answer brought; nil otherwise
	Advance *Advance // what it changes in the job's cursor; its own, which Record completes
}

// latencyMicros is the latency as it is stored: bounded, as that of a process that was
// frozen meanwhile may be any.
func (p *Poll) latencyMicros() int32 {
	return int32(min(max(p.Latency.Microseconds(), 0), math.MaxInt32))
}

// Finding is a new snapshot and what the comparison made of it.
type Finding struct {
	ObservedAt     time.Time // when its body had been read
	NotBefore      time.Time // PolledAt of the last poll that saw the head before; zero: there was none
	PreviousPolls  int       // polls that saw the head before
	Body           *Body
	SHA256         [32]byte // of Body.Bytes
	Interpretation int
	Change         history.Change
}

// RecordResult tells what became of a poll that was given to Record. The zero
// RecordResult: it is recorded.
type RecordResult struct {
	Late    bool   // somebody else had taken over the job: recorded as superseded
	Refused string // not recorded: why Postgres refuses what it holds; empty: it does not
}

// errNoAdvance means that a poll would be recorded without the fence of its claim.
var errNoAdvance = errors.New("it does not say what it changes in the cursor")

// Record records polls from many jobs, with their findings and their advances, in
// one transaction, and returns the result of each. It records polls one by one where
// that transaction fails
//
//   - because somebody else has taken over a job: that poll is late, and is kept
//     without its finding;
//   - because Postgres refuses a value: that poll is not recorded;
//   - by a deadlock with a change of the registry, which locks cursors in another order.
//
// After an error nobody knows what is recorded: Record may be called again with the
// same polls.
func (s *Store) Record(ctx context.Context, polls []Poll) ([]RecordResult, error) {
	var ended []unexplained
	for _, poll := range polls {
		if poll.Advance == nil {
			return nil, fmt.Errorf("record a poll of job %d: %w", poll.JobID, errNoAdvance)
		}
		ended = append(ended, poll.Advance.unexplained()...)
	}
	err := explain(ctx, s.queries, ended)
	if err != nil {
		return nil, fmt.Errorf("record %d polls: %w", len(polls), err)
	}
	results := make([]RecordResult, len(polls))
	if err = againAfterDeadlock(func() error { return s.recordTogether(ctx, polls) }); err == nil {
		return results, nil
	}
	if !isLate(err) && !isPoison(err) && !isDeadlock(err) {
		return nil, fmt.Errorf("record %d polls: %w", len(polls), err)
	}
	for i := range polls {
		if results[i], err = s.recordOne(ctx, polls[i]); err != nil {
			return nil, fmt.Errorf("record a poll of job %d: %w", polls[i].JobID, err)
		}
	}
	return results, nil
}

// RecordPast keeps polls of a past that is made up, whose cursors AdvanceCursors
// moves on once for all of them. Their jobs are claimed for as long as that takes.
func (s *Store) RecordPast(ctx context.Context, polls []Poll) error {
	if err := s.recordTogether(ctx, polls); err != nil {
		return fmt.Errorf("record %d polls of the past: %w", len(polls), err)
	}
	return nil
}

func (s *Store) recordOne(ctx context.Context, poll Poll) (RecordResult, error) {
	err := againAfterDeadlock(func() error { return s.recordTogether(ctx, []Poll{poll}) })
	switch {
	case isLate(err):
		return s.lateUnless(ctx, poll)
	case isPoison(err):
		return RecordResult{Refused: refusedFor(err)}, nil
	default:
		return RecordResult{}, err
	}
}

// refusedFor tells a refusal by its code alone: the server's message may quote the row.
func refusedFor(refusal error) string {
	var pg *pgconn.PgError
	errors.As(refusal, &pg)
	if pg.TableName == "" {
		return "SQLSTATE " + pg.Code
	}
	return "SQLSTATE " + pg.Code + " in " + pg.TableName
}

// lateUnless records a poll that came late, unless it is there already: a
// lost connection may have hidden that it was recorded.
func (s *Store) lateUnless(ctx context.Context, poll Poll) (RecordResult, error) {
	outcome, err := s.queries.ReportPollOutcome(ctx, dbsqlc.ReportPollOutcomeParams{JobID: poll.JobID, PolledAt: poll.PolledAt})
	if errors.Is(err, pgx.ErrNoRows) {
		return RecordResult{Late: true}, s.RecordLate(ctx, poll)
	}
	return RecordResult{Late: outcome == string(history.OutcomeSuperseded)}, err
}

// RecordLate keeps that a poll was made whose job somebody else had taken over
// meanwhile. An answer is superseded: nothing comes of it but that its source is held
// where it asked for that.
func (s *Store) RecordLate(ctx context.Context, poll Poll) error {
	poll.Outcome = poll.Outcome.Late()
	var p pipeline
	q := p.queries()
	err := q.PollInsertLate(ctx, dbsqlc.PollInsertLateParams{
		JobID: poll.JobID, PolledAt: poll.PolledAt, Outcome: string(poll.Outcome), HttpStatus: toPointer(int16(poll.HTTPStatus)),
		LatencyUs: poll.latencyMicros(), Error: toPointer(poll.Error), ErrorBody: toPointer(poll.ErrorBody),
	})
	if err == nil {
		err = q.JournalNoteLate(ctx, []time.Time{poll.PolledAt})
	}
	if err == nil && poll.Advance != nil {
		err = spendBudget(ctx, q, poll.Advance)
	}
	if err == nil {
		err = p.send(ctx, s.pool)
	}
	if err != nil {
		return fmt.Errorf("record a late poll of job %d: %w", poll.JobID, err)
	}
	return nil
}

// recordTogether sends all rows of the polls at once. A snapshot's number is the
// head's + 1: a second writer of a job hits the primary key. The cursors come last and
// check the claims, which may have run out while the other statements waited for locks.
func (s *Store) recordTogether(ctx context.Context, polls []Poll) error {
	if len(polls) == 0 {
		return nil
	}
	var p pipeline
	q := p.queries()
	sorted := byJob(pointers(polls), func(p *Poll) int64 { return p.JobID })
	rows := changeRows{polls: pollRows(sorted)}
	for _, poll := range sorted {
		if poll.Finding != nil {
			rows.addSnapshot(poll)
			if err := rows.add(poll.JobID, poll.Finding.Change); err != nil {
				return err
			}
		}
	}
	if err := rows.insert(ctx, q); err != nil {
		return err
	}
	if s.holdFailed {
		if err := holdFailed(ctx, q, polls); err != nil {
			return err
		}
	}
	if err := notePolls(ctx, q, polls); err != nil {
		return err
	}
	if err := advance(ctx, q, advancesOf(polls)); err != nil {
		return err
	}
	return p.send(ctx, s.pool)
}

func advancesOf(polls []Poll) []*Advance {
	advances := make([]*Advance, 0, len(polls))
	for _, poll := range polls {
		if poll.Advance != nil {
			poll.Advance.returned = poll.Finding != nil && poll.Finding.Change.Returned
			advances = append(advances, poll.Advance)
		}
	}
	return advances
}

func pollRows(polls []*Poll) dbsqlc.PollInsertParams {
	return dbsqlc.PollInsertParams{
		JobIds:       column(polls, func(p *Poll) int64 { return p.JobID }),
		PolledAts:    column(polls, func(p *Poll) time.Time { return p.PolledAt }),
		Outcomes:     column(polls, func(p *Poll) string { return string(p.Outcome) }),
		HttpStatuses: column(polls, func(p *Poll) int16 { return int16(p.HTTPStatus) }),
		LatenciesUs:  column(polls, func(p *Poll) int32 { return p.latencyMicros() }),
		SnapshotNos:  column(polls, func(p *Poll) int32 { return int32(p.SnapshotNo) }),
		Errors:       column(polls, func(p *Poll) string { return p.Error }),
		ErrorBodies:  column(polls, func(p *Poll) string { return p.ErrorBody }),
	}
}

func (r *changeRows) addSnapshot(poll *Poll) {
	f := poll.Finding
	r.snapshots.JobIds = append(r.snapshots.JobIds, poll.JobID)
	r.snapshots.SnapshotNos = append(r.snapshots.SnapshotNos, int32(f.Change.SnapshotNo))
	r.snapshots.PolledAts = append(r.snapshots.PolledAts, poll.PolledAt)
	r.snapshots.ObservedAts = append(r.snapshots.ObservedAts, f.ObservedAt)
	r.snapshots.NotBefores = append(r.snapshots.NotBefores, f.NotBefore)
	r.snapshots.PreviousPolls = append(r.snapshots.PreviousPolls, int32(f.PreviousPolls))
	r.snapshots.RunNos = append(r.snapshots.RunNos, int32(f.Change.RunNo))
	r.snapshots.Sizes = append(r.snapshots.Sizes, int32(len(f.Body.Bytes)))
	r.snapshots.Interpretations = append(r.snapshots.Interpretations, int32(f.Interpretation))
	r.snapshots.Patches = append(r.snapshots.Patches, int16(f.Body.patches))
	r.snapshots.BodiesAreText = append(r.snapshots.BodiesAreText, isText(f.Body.Bytes))
	r.snapshots.Statuses = append(r.snapshots.Statuses, f.Change.Status)
	r.snapshots.States = append(r.snapshots.States, string(f.Change.State))
	r.snapshots.Sha256s = append(r.snapshots.Sha256s, f.SHA256[:])
	r.snapshots.Bodies = append(r.snapshots.Bodies, f.Body.stored())
}

// isText reports whether a Postgres text can hold the body.
func isText(body []byte) bool {
	return bytes.IndexByte(body, 0) < 0 && utf8.Valid(body)
}
