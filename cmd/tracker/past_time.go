package main

import (
	"fmt"
	"time"

	"tracker/internal/config"
)

// clocksApart is how far the clock of whoever gives a time may be ahead of the
// database's, which ours go by.
const clocksApart = time.Minute

// pastTime reads the time of a flag. It cannot be one that is still to come:
// nothing is known of that.
func pastTime(flag, text string, now time.Time) (time.Time, error) {
	at, err := config.ParseTime(text, now)
	switch {
	case err != nil:
		return at, usageError{fmt.Errorf("%s: %w", flag, err)}
	case at.After(now.Add(clocksApart)):
		return at, usageError{fmt.Errorf("%s: %s is still to come: the database's clock says %s",
			flag, at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	case at.After(now):
		return now, nil
	}
	return at, nil
}
