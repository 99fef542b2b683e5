package words

import (
	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Delivery tells what became of a delivery.
func Delivery(r store.DeliveryRow) terminal.Span {
	switch {
	case r.State == store.DeliveryDelivered:
		return Marked(string(history.StateSucceeded), r.State)
	case r.State == store.DeliveryFailed:
		return Marked(string(history.StateFailed), r.State)
	case r.Attempts > 0:
		return Marked(string(history.StatePartial), "tried again")
	default:
		return Marked(string(history.StateQueued), r.State)
	}
}
