package words

import (
	"cmp"

	"tracker/internal/history"
)

// GapReason tells why nobody looked, or why looking failed.
func GapReason(reason string) string {
	told := map[string]string{
		history.GapNotRunning:  "no tracker ran",
		history.GapPaused:      "the job or its source was paused",
		history.GapRateBudget:  "more was due than the source may be asked",
		history.GapRateLimited: "the service had asked to be left alone",
		history.GapCredential:  "the credential could not be read, or was refused",
		history.GapClock:       "our clock was set back",
	}
	return cmp.Or(told[reason], Outcome(reason))
}
