package words

import "tracker/internal/store"

// EventText tells in a few words what an event of the journal is; of an anomaly by its row.
func EventText(e store.EventRow, a store.AnomalyRow) string {
	detail := store.OrZero(e.Detail)
	step := store.OrZero(e.Step)
	if step != "" {
		step += ": "
	}
	switch e.Kind {
	case store.EventTransition:
		if e.FromState == nil {
			return step + "first seen as " + detail
		}
		return step + *e.FromState + " → " + detail
	case store.EventAnomaly:
		return step + Anomaly(a)
	case store.EventGap:
		return "not looked: " + GapReason(detail)
	default:
		return detail
	}
}
