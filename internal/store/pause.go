package store

import "strings"

// ByHand is why something is paused for which nobody gives a reason.
const ByHand = "by hand"

// reasonMost is how many characters of a reason are kept.
const reasonMost = 1000

// pauseReason is the reason that is kept of what somebody gives.
func pauseReason(given string) string {
	given = strings.TrimSpace(given)
	if given == "" {
		return ByHand
	}
	count := 0
	for end := range given {
		if count == reasonMost {
			return given[:end]
		}
		count++
	}
	return given
}
