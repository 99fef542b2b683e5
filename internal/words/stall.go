package words

import "tracker/internal/store"

// Stalled tells what decides that a run is stalled.
func Stalled(pace store.Pace) string {
	switch {
	case pace.StallAfter > 0:
		return "stalled after " + Duration(pace.StallAfter)
	case pace.Median > 0:
		return "stalled: usually " + Roughly(pace.Median)
	default:
		return "stalled: nearly all took up to " + Roughly(pace.Usual)
	}
}
