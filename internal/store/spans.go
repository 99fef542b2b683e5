package store

import (
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"tracker/internal/history"
)

// The types of a database hold more than Go's: a row with a time or an interval
// that Go has no word for must not keep the rows beside it from being read.

// farTime stands for times beyond all that a clock will show.
func farTime() time.Time { return time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC) }

// timeCodec reads 'infinity' as a far time and '-infinity' as none.
type timeCodec struct{ *pgtype.TimestamptzCodec }

// PlanScan implements pgtype.Codec.
func (c timeCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	plan := c.TimestamptzCodec.PlanScan(m, oid, format, target)
	if _, ok := target.(*time.Time); !ok {
		return plan
	}
	return timePlan{c.TimestamptzCodec.PlanScan(m, oid, format, &pgtype.Timestamptz{})}
}

type timePlan struct{ timestamptz pgtype.ScanPlan }

// Scan implements pgtype.ScanPlan.
func (p timePlan) Scan(src []byte, target any) error {
	var read pgtype.Timestamptz
	if err := p.timestamptz.Scan(src, &read); err != nil {
		return err
	}
	at := target.(*time.Time)
	switch {
	case !read.Valid:
		return fmt.Errorf("cannot scan NULL into %T", target)
	case read.InfinityModifier == pgtype.Infinity:
		*at = farTime()
	case read.InfinityModifier == pgtype.NegativeInfinity:
		*at = time.Time{}
	default:
		*at = read.Time
	}
	return nil
}

// durationCodec reads an interval beyond what a Duration holds as the longest one.
type durationCodec struct{ pgtype.IntervalCodec }

// PlanScan implements pgtype.Codec.
func (c durationCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*time.Duration); !ok {
		return c.IntervalCodec.PlanScan(m, oid, format, target)
	}
	return durationPlan{c.IntervalCodec.PlanScan(m, oid, format, &pgtype.Interval{})}
}

type durationPlan struct{ interval pgtype.ScanPlan }

// Scan implements pgtype.ScanPlan.
func (p durationPlan) Scan(src []byte, target any) error {
	var read pgtype.Interval
	if err := p.interval.Scan(src, &read); err != nil {
		return err
	}
	if !read.Valid {
		return fmt.Errorf("cannot scan NULL into %T", target)
	}
	*target.(*time.Duration) = durationOf(read)
	return nil
}

// durationOf gives an interval in days of 24 hours and months of 30 days.
func durationOf(i pgtype.Interval) time.Duration {
	const day, daysOfMonth = 24 * time.Hour, 30
	days := int64(i.Days) + daysOfMonth*int64(i.Months)
	d := history.Seconds(float64(days)*day.Seconds() + float64(i.Microseconds)/float64(time.Second/time.Microsecond))
	if d.Abs() < math.MaxInt64/2 { // exactly, where nothing can run over
		d = time.Duration(days)*day + time.Duration(i.Microseconds)*time.Microsecond
	}
	return d
}
