package store

import (
	"context"
	"fmt"
	"time"

	"tracker/internal/history"
	"tracker/internal/store/internal/dbsqlc"
)

const (
	// slotHorizon is how far ahead a claim hands out slots.
	slotHorizon = time.Second
	// claimLease is how long after its slot a claim lasts: more than a fetch may take.
	claimLease = 20 * time.Second
)

// Cursor is what is remembered of a job between two polls.
type Cursor struct {
	JobID    int64
	PolledAt time.Time // the last poll; zero: none yet
	Outcome  history.Outcome
	Failures int // failed polls in a row

	SnapshotNo    int    // the head; 0: none
	Key           []byte // its comparison key
	State         history.State
	ChangedAt     time.Time // when it was observed
	ConfirmedAt   time.Time // when the last poll that saw it was sent
	Confirmations int       // polls that saw it, the first included
	Rewrites      int       // how often what is known of the job was written anew

	GracePolls int // answered polls since the run ended

	NextPollAt   time.Time     // when the next poll is planned; zero: not by schedule
	PlannedEvery time.Duration // how long after the last answer the next poll was planned; 0: no answer yet
	CoveredUntil time.Time     // up to here gaps and answered polls cover the job's time
	UnseenReason string        // why nobody is to poll since then: paused, credential or clock; empty: somebody is
}

// Coverage is what the cursor tells of gaps.
func (c Cursor) Coverage() history.Coverage {
	a := history.Coverage{Since: c.CoveredUntil, Answered: c.ConfirmedAt, Unseen: c.UnseenReason, Due: c.NextPollAt, Every: c.PlannedEvery}
	if c.Failures > 0 {
		a.Failed, a.Outcome = c.PolledAt, c.Outcome
	}
	return a
}

// Claim is the right to poll a job once.
type Claim struct {
	Cursor
	StartAt time.Time // by the database's clock: when the request may be sent
	Until   time.Time // afterwards others may claim the job
}

// ClaimParams says what is to be claimed.
type ClaimParams struct {
	Owner     string
	Now       time.Time // by the database's clock
	SourceIDs []int64   // whose budgets may be spent
	JobIDs    []int64   // the jobs to poll, whether due or not
	Most      int       // claims per source at most
}

// ClaimJobs claims those of the jobs that their sources' budgets allow to poll
// within the next second, and spends the budgets. It leaves out jobs that are
// paused, removed or claimed already, and those of a paused or held source.
func (s *Store) ClaimJobs(ctx context.Context, params ClaimParams) ([]Claim, error) {
	rows, err := s.queries.CursorClaimJobs(ctx, dbsqlc.CursorClaimJobsParams{
		Owner: params.Owner, Now: params.Now, SourceIds: params.SourceIDs, JobIds: params.JobIDs, Most: int64(params.Most),
		Horizon: slotHorizon, Lease: claimLease,
	})
	if err != nil {
		return nil, fmt.Errorf("claim jobs: %w", err)
	}
	return convert(rows, func(row dbsqlc.CursorClaimJobsRow) Claim { return toClaim(row.Cursor, row.StartAt) }), nil
}

// DueParams says of which sources due jobs are to be claimed.
type DueParams struct {
	Owner     string
	Now       time.Time     // by the database's clock
	Ahead     time.Duration // what is due so much later is due, too: it is polled then
	SourceIDs []int64       // the first ones first
	Mosts     []int64       // claims at most, of each of them
	Most      int           // of all of them
	Except    []int64       // jobs that are not to be claimed now
}

// ClaimDue claims those of the due jobs that their sources' budgets allow to poll
// within the next second, and spends the budgets. Each starts when it is due, or as
// soon as there is a slot. Where more jobs are due than the
// budget allows, three of four slots go to imports that run, and one to the job
// that has been due longest of the others.
func (s *Store) ClaimDue(ctx context.Context, params DueParams) ([]Claim, error) {
	rows, err := s.queries.CursorClaimDue(ctx, dbsqlc.CursorClaimDueParams{
		Owner: params.Owner, Now: params.Now, SourceIds: params.SourceIDs, Mosts: params.Mosts, Most: int64(params.Most), ExceptJobIds: nonNil(params.Except), Ahead: params.Ahead, Horizon: slotHorizon, Lease: claimLease,
	})
	if err != nil {
		return nil, fmt.Errorf("claim due jobs: %w", err)
	}
	return convert(rows, func(row dbsqlc.CursorClaimDueRow) Claim { return toClaim(row.Cursor, row.StartAt) }), nil
}

func toClaim(row dbsqlc.Cursor, startAt time.Time) Claim {
	return Claim{Cursor: toCursor(row), StartAt: startAt, Until: OrZero(row.ClaimedUntil)}
}

// ReleaseClaims gives claims back that were not used.
func (s *Store) ReleaseClaims(ctx context.Context, claims []Claim) error {
	params := dbsqlc.CursorReleaseParams{}
	for _, c := range claims {
		params.JobIds = append(params.JobIds, c.JobID)
		params.ClaimedUntils = append(params.ClaimedUntils, c.Until)
	}
	if err := s.queries.CursorRelease(ctx, params); err != nil {
		return fmt.Errorf("release claims: %w", err)
	}
	if err := s.queries.BudgetUnprobe(ctx, params.JobIds); err != nil {
		return fmt.Errorf("release claims: %w", err)
	}
	return nil
}

// ClaimedCursor is a job's cursor with the claim on it, as somebody else sees it.
type ClaimedCursor struct {
	Cursor
	ClaimedUntil time.Time // zero: not claimed
}

// Cursors returns the cursors of the jobs, by job.
func (s *Store) Cursors(ctx context.Context, jobIDs []int64) (map[int64]ClaimedCursor, error) {
	rows, err := s.queries.CursorList(ctx, jobIDs)
	if err != nil {
		return nil, fmt.Errorf("read cursors: %w", err)
	}
	cursors := make(map[int64]ClaimedCursor, len(rows))
	for _, row := range rows {
		cursors[row.JobID] = ClaimedCursor{Cursor: toCursor(row), ClaimedUntil: OrZero(row.ClaimedUntil)}
	}
	return cursors, nil
}

func toCursor(row dbsqlc.Cursor) Cursor {
	return Cursor{
		JobID: row.JobID, PolledAt: OrZero(row.PolledAt), Outcome: history.Outcome(OrZero(row.Outcome)), Failures: int(row.Failures),
		SnapshotNo: int(row.SnapshotNo), Key: row.Key, State: history.State(OrZero(row.State)),
		ChangedAt: OrZero(row.ChangedAt), ConfirmedAt: OrZero(row.ConfirmedAt), Confirmations: int(row.Confirmations),
		GracePolls: int(row.GracePolls), Rewrites: int(row.Rewrites), NextPollAt: OrZero(row.NextPollAt),
		PlannedEvery: OrZero(row.PlannedEvery), CoveredUntil: OrZero(row.CoveredUntil), UnseenReason: OrZero(row.UnseenReason),
	}
}
