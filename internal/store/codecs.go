package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"tracker/internal/history"
)

// Postgres' times and intervals can hold more than Go's. Such a value is read as the
// nearest that Go has: with an error nobody could read the rows beside it.

// farTime stands for 'infinity', and is later than all that was observed.
func farTime() time.Time { return time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC) }

// postgresEpoch is where Postgres' clock begins, in microseconds of ours: the
// first of January 2000.
const postgresEpoch = 946_684_800 * 1_000_000

// timeCodec reads 'infinity' as farTime and '-infinity' as the zero time.
type timeCodec struct{ *pgtype.TimestamptzCodec }

// PlanScan implements pgtype.Codec.
func (c timeCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	plan := c.TimestamptzCodec.PlanScan(m, oid, format, target)
	if _, ok := target.(*time.Time); !ok {
		return plan
	}
	return timePlan{c.TimestamptzCodec.PlanScan(m, oid, format, &pgtype.Timestamptz{}), format == pgtype.BinaryFormatCode}
}

type timePlan struct {
	timestamptz pgtype.ScanPlan
	binary      bool
}

// Scan implements pgtype.ScanPlan. Most of what is read are times as timestamptz_send in
// Postgres' source writes them, which takes no plan that allocates.
func (p timePlan) Scan(src []byte, target any) error {
	const size, far = 8, 1 << 60 // in microseconds: beyond it is what Go's times do not have
	if p.binary && len(src) == size {
		if micros := int64(binary.BigEndian.Uint64(src)); -far < micros && micros < far {
			*target.(*time.Time) = time.UnixMicro(micros + postgresEpoch).UTC()
			return nil
		}
	}
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

// durationCodec reads an interval that is too long for a Duration as the longest one.
type durationCodec struct{ pgtype.IntervalCodec }

// PlanScan implements pgtype.Codec.
func (c durationCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if _, ok := target.(*time.Duration); !ok {
		return c.IntervalCodec.PlanScan(m, oid, format, target)
	}
	return durationPlan{c.IntervalCodec.PlanScan(m, oid, format, &pgtype.Interval{}), format == pgtype.BinaryFormatCode}
}

type durationPlan struct {
	interval pgtype.ScanPlan
	binary   bool
}

// Scan implements pgtype.ScanPlan. Intervals as interval_send in Postgres' source writes
// them take no plan that allocates.
func (p durationPlan) Scan(src []byte, target any) error {
	const size, days, months = 16, 8, 12
	if p.binary && len(src) == size {
		*target.(*time.Duration) = durationOf(pgtype.Interval{
			Microseconds: int64(binary.BigEndian.Uint64(src)), Days: int32(binary.BigEndian.Uint32(src[days:])), Months: int32(binary.BigEndian.Uint32(src[months:])), Valid: true,
		})
		return nil
	}
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

// durationOf converts an interval, with days of 24 hours and months of 30 days.
func durationOf(i pgtype.Interval) time.Duration {
	const day, daysOfMonth = 24 * time.Hour, 30
	days := int64(i.Days) + daysOfMonth*int64(i.Months)
	d := history.Seconds(float64(days)*day.Seconds() + float64(i.Microseconds)/float64(time.Second/time.Microsecond))
	if d.Abs() < math.MaxInt64/2 { // exactly, where nothing can run over
		d = time.Duration(days)*day + time.Duration(i.Microseconds)*time.Microsecond
	}
	return d
}
