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
	// keptMost is how soon the next poll has to follow for the claim to be kept for it.
	keptMost = 5 * time.Second
	// keptWait is how long a poll may wait for its slot under a kept claim. Where it is longer
	// the source is asked for more than it allows, and jobs take turns.
	keptWait = 500 * time.Millisecond
	// inTime is how late a poll may be for its claim to be kept. Where all are later the one
	// that is due longest is to be claimed first.
	inTime = time.Second
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
	KeptUntil    time.Time     // until then the claim is kept from poll to poll; zero: it ends with the next
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

// Keep makes the claim that the advance ends one of the next poll, where that comes
// soon and polls are in time: so it need not be claimed anew. A claim is kept as long as
// one lasts; then everybody may claim the job.
func (a *Advance) Keep() {
	until := a.KeptUntil
	a.KeptUntil = time.Time{}
	late := a.PolledAt.Sub(a.ClaimedPoll)
	if a.NextPollAt.IsZero() || a.Failures > 0 || a.NextPollAt.Sub(a.PolledAt) > keptMost || late > inTime {
		return
	}
	if until.IsZero() {
		until = a.NextPollAt.Add(claimLease)
	}
	if a.NextPollAt.Before(until) {
		a.KeptUntil, a.renewed = until, a.NextPollAt.Add(claimLease)
	}
}

// Kept is the claim of the next poll; found is false where none is kept.
func (a *Advance) Kept() (kept KeptClaim, found bool) {
	return KeptClaim{Claim{Cursor: a.Cursor, Until: a.renewed}, a.SourceID}, !a.renewed.IsZero()
}

// KeptClaim is the claim of a next poll that came with the record of the last.
type KeptClaim struct {
	Claim    // StartAt is not known yet
	SourceID int64
}

// GoOn returns those of the kept claims that are held still, as nobody has taken or asked
// for the job, or changed what is known of it, and for which their sources' budgets have
// slots soon; and the others. It spends the budgets.
func (s *Store) GoOn(ctx context.Context, now time.Time, kept []KeptClaim) (going, resting []KeptClaim, err error) {
	if len(kept) == 0 {
		return nil, nil, nil
	}
	params := dbsqlc.CursorGoOnParams{
		Now: now, Wait: keptWait,
		JobIds:        column(kept, func(c *KeptClaim) int64 { return c.JobID }),
		ClaimedUntils: column(kept, func(c *KeptClaim) time.Time { return c.Until }),
		KeptUntils:    column(kept, func(c *KeptClaim) time.Time { return c.KeptUntil }),
		NextPollAts:   column(kept, func(c *KeptClaim) time.Time { return c.NextPollAt }),
		CoveredUntils: column(kept, func(c *KeptClaim) time.Time { return c.CoveredUntil }),
		Rewrites:      column(kept, func(c *KeptClaim) int32 { return int32(c.Rewrites) }),
	}
	rows, err := s.queries.CursorGoOn(ctx, params)
	if err != nil {
		return nil, nil, fmt.Errorf("go on with kept claims: %w", err)
	}
	starts := make(map[int64]time.Time, len(rows))
	for _, row := range rows {
		starts[row.JobID] = row.StartAt
	}
	for _, c := range kept {
		var goes bool
		if c.StartAt, goes = starts[c.JobID]; goes {
			going = append(going, c)
		} else {
			resting = append(resting, c)
		}
	}
	return going, resting, nil
}

func toClaim(row dbsqlc.Cursor, startAt time.Time) Claim {
	return Claim{Cursor: toCursor(row), StartAt: startAt, Until: OrZero(row.ClaimedUntil)}
}

// ReleaseKept gives kept claims back that do not go on.
func (s *Store) ReleaseKept(ctx context.Context, kept []KeptClaim) error {
	if len(kept) == 0 {
		return nil
	}
	return s.release(ctx, dbsqlc.CursorReleaseParams{
		JobIds:        column(kept, func(c *KeptClaim) int64 { return c.JobID }),
		ClaimedUntils: column(kept, func(c *KeptClaim) time.Time { return c.Until }),
	})
}

// ReleaseClaims gives claims back that were not used.
func (s *Store) ReleaseClaims(ctx context.Context, claims []Claim) error {
	params := dbsqlc.CursorReleaseParams{
		JobIds:        column(claims, func(c *Claim) int64 { return c.JobID }),
		ClaimedUntils: column(claims, func(c *Claim) time.Time { return c.Until }),
	}
	if err := s.release(ctx, params); err != nil {
		return err
	}
	if err := s.queries.BudgetUnprobe(ctx, params.JobIds); err != nil {
		return fmt.Errorf("release claims: %w", err)
	}
	return nil
}

func (s *Store) release(ctx context.Context, params dbsqlc.CursorReleaseParams) error {
	if err := s.queries.CursorRelease(ctx, params); err != nil {
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
		PlannedEvery: OrZero(row.PlannedEvery), CoveredUntil: OrZero(row.CoveredUntil), KeptUntil: OrZero(row.KeptUntil), UnseenReason: OrZero(row.UnseenReason),
	}
}
