package words

import (
	"strings"

	"tracker/internal/store"
)

// EventText tells in a few words what an event of the journal is.
func EventText(e store.EventRow) string {
	detail := store.OrZero(e.Detail)
	step := store.OrZero(e.Step)
	if step != "" {
		step += ": "
	}
	switch e.Kind {
	case "transition":
		if e.FromState == nil {
			return step + "first seen as " + detail
		}
		return step + *e.FromState + " → " + detail
	case "anomaly":
		return step + strings.ReplaceAll(store.OrZero(e.Anomaly), "_", " ") + ": " + detail
	case "gap":
		return "not looked: " + GapReason(detail)
	default:
		return detail
	}
}
