package schedule

import "time"

// Tick returns the first tick of a cron expression, before any shift.
func (s Schedule) Tick(after time.Time) time.Time { return s.tick(after) }
