package cli

import "tracker/internal/store"

// stalledText tells what decides that a run is stalled.
func stalledText(pace store.Pace) string {
	switch {
	case pace.StallAfter > 0:
		return "stalled after " + durationText(pace.StallAfter)
	case pace.Median > 0:
		return "stalled: usually " + roughText(pace.Median)
	default:
		return "stalled: nearly all took up to " + roughText(pace.Usual)
	}
}
