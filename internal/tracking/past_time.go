package tracking

import (
	"fmt"
	"time"

	"tracker/internal/config"
	"tracker/internal/store"
)

// clocksApart is how far the clock of whoever gives a time may be ahead of the
// database's, which ours go by.
const clocksApart = time.Minute

// PastTime reads the time of a flag. It cannot be one that is still to come:
// nothing is known of that.
func PastTime(flag, text string, now time.Time) (time.Time, error) {
	at, err := config.ParseTime(text, now)
	switch {
	case err != nil:
		return at, RequestError{fmt.Errorf("%s: %w", flag, err)}
	case at.After(now.Add(clocksApart)):
		more := ""
		if !config.HasDay(text) {
			earlier := at.AddDate(0, 0, -1)
			if earlier.After(now) {
				earlier = at.AddDate(-1, 0, 0)
			}
			more = "; for an earlier one write the date, too, as in  " + earlier.Format("2006-01-02 15:04")
		}
		return at, RequestError{fmt.Errorf("%s: %s is still to come: the database's clock says %s%s",
			flag, at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), more)}
	case at.After(now):
		return now, nil
	}
	return at, nil
}

// LookBack has an answer look back to the time of a flag, as far as usual where that is
// not given or cannot be: from the time that is asked about. One that looks back to none
// (usual is 0) tells of now.
func LookBack(filter *store.AnswerFilter, flag, text string, usual time.Duration, now time.Time) error {
	if usual == 0 {
		return nil
	}
	end := now
	if filter.AsOf != nil {
		end = *filter.AsOf
	}
	filter.Since = new(end.Add(-usual))
	if text == "" {
		return nil
	}
	since, err := PastTime(flag, text, now)
	if err != nil {
		return err
	}
	if since.After(end) {
		return RequestError{fmt.Errorf("%s: %s is after the time that is asked about, %s", flag, since.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339))}
	}
	filter.Since = &since
	return nil
}
