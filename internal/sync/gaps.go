package sync

import (
	"time"

	"tracker/internal/store"
)

// tolerance is how many planned intervals may pass before a stretch in which
// nobody looked, or looking failed, counts as a gap.
const tolerance = 2

// gapsEndedBy tells which gaps a poll has ended, and up to when it is settled
// afterwards whether there was one. A gap without a reason is one in which
// nobody looked though the job was due: whether a tracker ran then is for the
// caller to find out.
func gapsEndedBy(claim store.Claim, polledAt time.Time, answered bool) (gaps []store.Gap, accounted time.Time) {
	if claim.PolledAt.IsZero() {
		return nil, polledAt
	}
	last := later(claim.PolledAt, claim.AccountedAt) // a pause may have ended since the poll
	unseen := unseenSince(claim, last, polledAt)
	failing := claim.Failures > 0
	if failing && (answered || unseen) {
		until := polledAt
		if unseen {
			until = last
		}
		if until.Sub(claim.AccountedAt) > tolerance*claim.PlannedEvery {
			gaps = append(gaps, store.Gap{From: claim.AccountedAt, To: until, Reason: string(claim.Outcome)})
		}
	}
	if unseen {
		gaps = append(gaps, store.Gap{From: last, To: polledAt, Reason: claim.UnseenReason})
	}
	if answered || unseen {
		return gaps, polledAt
	}
	return nil, claim.AccountedAt
}

// unseenSince reports whether nobody looked at the job for too long before a
// poll, from the last look on, or from the end of a pause.
func unseenSince(claim store.Claim, last, polledAt time.Time) bool {
	since := polledAt.Sub(last)
	if claim.UnseenReason != "" {
		return since > tolerance*claim.PlannedEvery
	}
	planned := claim.NextPollAt
	every := planned.Sub(last)
	if every <= 0 { // due at once, as after a pause
		every = claim.PlannedEvery
	}
	return !planned.IsZero() && polledAt.After(planned) && since > tolerance*every
}

// reasonless lists the gaps whose reason is still to be found.
func reasonless(advances []store.Advance) []*store.Gap {
	var found []*store.Gap
	for i := range advances {
		for j := range advances[i].Gaps {
			if gap := &advances[i].Gaps[j]; gap.Reason == "" {
				found = append(found, gap)
			}
		}
	}
	return found
}

// middle is a gap's middle: if a tracker ran then, there was no budget for the job.
func middle(gap store.Gap) time.Time { return gap.From.Add(gap.To.Sub(gap.From) / 2) }
