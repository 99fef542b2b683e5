package source

import (
	"fmt"
	"time"
)

const (
	minActiveEvery = time.Second
	minRateEvery   = time.Millisecond
	maxRateBurst   = 1000
	// maxEvery keeps sums of times far from where Postgres' end.
	maxEvery = 366 * 24 * time.Hour
)

// CheckActiveEvery reports what is wrong with how often a job is to be polled
// while its run is active: 1 s to a year.
func CheckActiveEvery(every time.Duration) error {
	return between("active_every", every, minActiveEvery)
}

// CheckRateEvery reports what is wrong with the distance of requests in a rate
// limit: 1 ms to a year.
func CheckRateEvery(every time.Duration) error {
	return between("rate_limit every", every, minRateEvery)
}

// CheckRateBurst reports what is wrong with how many requests may go out at once.
func CheckRateBurst(burst int) error {
	if burst < 1 || burst > maxRateBurst {
		return fmt.Errorf("rate_limit burst %d is out of range; write 1 to %d", burst, maxRateBurst)
	}
	return nil
}

func between(field string, every, least time.Duration) error {
	switch {
	case every < least:
		return fmt.Errorf("%s %s is too short; write at least %s", field, every, least)
	case every > maxEvery:
		return fmt.Errorf("%s %s is longer than a year; write at most %s", field, every, maxEvery)
	default:
		return nil
	}
}
