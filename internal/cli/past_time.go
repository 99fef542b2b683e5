package cli

import (
	"fmt"
	"time"

	"tracker/internal/config"
	"tracker/internal/tracking"
)

// checkTime refuses what is no time before a server is started for it. A flag
// that is not given is none to refuse.
func checkTime(flag, text string) error {
	if text == "" {
		return nil
	}
	if _, err := config.ParseTime(text, time.Now()); err != nil {
		return usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return nil
}

// pastTime reads the time of a flag; zero where it is not given.
func pastTime(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return tracking.PastTime(flag, text, now)
}
