package cli

import (
	"time"

	"tracker/internal/store"
)

// stallFactor is how many times longer than nearly all runs took is too long.
const stallFactor = 3

// patience is how long a run may go on: longer is stalled. report.stalled has
// the same rule.
type patience struct {
	declared time.Duration // the job's stall_after; 0: what is usual decides
	usual    store.Usual
}

// exceededBy reports that so long is too long. Where there is nothing to judge
// by, nothing is.
func (p patience) exceededBy(d time.Duration) bool {
	limit := p.declared
	if limit == 0 {
		limit = stallFactor * p.usual.P95
	}
	return limit > 0 && d > limit
}

// text tells that a run is stalled, and what decides that it is.
func (p patience) text() string {
	switch {
	case p.declared > 0:
		return "stalled after " + durationText(p.declared)
	case p.usual.Median > 0:
		return "stalled: usually " + roughText(p.usual.Median)
	default:
		return "stalled: nearly all took up to " + roughText(p.usual.P95)
	}
}
